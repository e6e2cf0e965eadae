import Datasets
import Replication
import Testing

private let residents = Fixture.residents.name

@Suite struct PersonTests {
  @Test(
    "titles, initials and degrees are no part of a name",
    arguments: [
      ("Drs. H. Ahmad Yani, M.Si", ["AHMAD", "YANI"]),
      ("Hj. Andi Sitti Nurhalizah, S.Pd.", ["SITI", "NURHALISA"]),
      ("H.Muh.Yusuf", ["MUHAMAD", "YUSUP"]),
      ("A. Mappasessu", ["MAPASESU"]),
      ("St. Aminah", ["SITI", "AMINA"]),
      ("Aminah ST", ["AMINA"]),
      ("ANDI", ["ANDI"]),
      ("H.", ["H"]),
      ("Sa'diyah binti Alm. La Tahir", ["SADIYA", "LA", "TAHIR"]),
      ("José", ["YOSE"]),
      ("123 -", []),
    ])
  func words(text: String, words: [String]) { #expect(PersonName(text).words == words) }

  @Test(
    "one name in several spellings is one name",
    arguments: [
      ("Moch. Jusuf", "Muhammad Yusuf"), ("Soekarno", "Sukarno"), ("Djamaluddin", "Jamaludin"),
      ("Tjahaja", "Cahaya"), ("Achmad Chairil", "Ahmad Khairil"), ("Syahrir", "Sjahrir"), ("Fitriani", "Vitriani"),
      ("Rizal", "Risal"), ("Abdul Rahman", "ABD. RAHMAN"), ("Siti Aisyah", "Sitti Aisya"), ("Nur Hayati", "Nurhayati"),
      ("Abdurrahman", "Abdul Rahman"),
    ])
  func spellings(left: String, right: String) {
    let score = NameSimilarity.of(PersonName(left), PersonName(right))
    #expect(score >= 80, "\(score)")
  }

  @Test(
    "names of two people are not alike",
    arguments: [
      ("Hasan", "Husen"), ("Nur Aini", "Nur Aisyah"), ("Andi Baso", "Andi Tenri"), ("Muhammad Yusuf", "Muhammad Yunus"),
      ("Siti Aminah", "Siti Maryam"), ("Ahmad Yani", "Muhammad Yani Saputra Jaya"),
    ])
  func strangers(left: String, right: String) {
    let score = NameSimilarity.of(PersonName(left), PersonName(right))
    #expect(score < 80, "\(score)")
  }

  @Test("the same number is a match whatever the names")
  func sameNumber() {
    let match = PersonMatch(.of("Hasan", number: "7312"), .of("Maryam", number: "7312"))
    #expect(match?.kind == .sameNumber)
  }

  @Test("an alike name with birth date and mother is a match, another mother or sex is none")
  func similar() {
    let one = Person.of("Muh. Yusuf", born: "1980-02-01", mother: "Sitti Aminah", sex: "L")
    #expect(PersonMatch(one, .of("Muhammad Jusuf", born: "1980-02-01", mother: "St. Aminah", sex: "L")) != nil)
    #expect(PersonMatch(one, .of("Muhammad Jusuf", born: "1980-02-01", mother: "Maryam", sex: "L")) == nil)
    #expect(PersonMatch(one, .of("Muhammad Jusuf", born: "1980-02-01", mother: "St. Aminah", sex: "P")) == nil)
    #expect(PersonMatch(one, .of("Muhammad Jusuf", born: "1991-07-09", mother: "St. Aminah", sex: "L")) == nil)
  }

  @Test(
    "a birth date with day and month swapped, or one part wrong, still meets", arguments: ["1980-01-02", "1981-02-01"])
  func near(date: String) {
    let one = Person.of("Muh. Yusuf", born: "1980-02-01", mother: "Sitti Aminah")
    let other = Person.of("Muhammad Yusuf", born: date, mother: "Siti Aminah")
    #expect(PersonMatch(one, other) != nil)
    #expect(!Set(one.keys(in: residents)).isDisjoint(with: other.keys(in: residents)))
  }

  @Test("twins with alike names and one mother are no match")
  func twins() {
    let one = Person.of("Hasan", born: "2010-05-05", mother: "Fatimah", sex: "L")
    #expect(PersonMatch(one, .of("Husen", born: "2010-05-05", mother: "Fatimah", sex: "L")) == nil)
  }

  @Test("two valid numbers and no mother: only the very same name is a match")
  func numbers() {
    let one = Person.of("Achmad Nurhayati", number: "1", born: "1980-02-01")
    #expect(PersonMatch(one, .of("Ahmad Nurhayati", number: "2", born: "1980-02-01"))?.kind == .similar)
    #expect(PersonMatch(one, .of("Ahmad Nurhayatin", number: "2", born: "1980-02-01")) == nil)
    #expect(PersonMatch(one, .of("Ahmad Nurhayatin", born: "1980-02-01"))?.kind == .similar)
  }

  @Test("keys are few, and none comes from what is not there")
  func keys() {
    #expect(Person.of("", number: nil).keys(in: residents).isEmpty)
    let long = Person.of(
      "Siti Nur Aisyah Putri Maharani Dewi Lestari", number: "7", born: "1980-02-01", mother: "Fatimah")
    #expect(long.keys(in: residents).count <= 8)
  }

  @Test(
    "hostile names are bounded and do not trap", arguments: [String(repeating: "A ", count: 5000), "\u{0}", "😀", "ﷺ"])
  func hostile(text: String) {
    #expect(PersonName(text).words.count <= 8)
    _ = PersonMatch(.of(text, number: nil), .of(text, number: nil))
  }
}

extension Person {
  fileprivate static func of(
    _ name: String, number: String? = nil, born: String? = nil, mother: String? = nil, sex: String? = nil
  ) -> Person {
    Person(number: number, name: name, birthDate: born.flatMap { CalendarDate($0) }, mother: mother, sex: sex)
  }
}

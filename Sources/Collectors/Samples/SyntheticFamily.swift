import Datasets

/// Makes up one family after another for `SyntheticResidents`.
struct SyntheticFamily: Sendable {
  private struct Person {
    var name: String
    var nik: String
    var isFemale: Bool
    var birth: CalendarDate
    var relation: String
    var marriage: String
    var father = ""
    var fatherNIK = ""
    var mother = ""
    var motherNIK = ""
  }

  private struct Home {
    let region: SampleRegion
    let card: String
    let address: String
    let rw: String
    let rt: String
    let wedding: CalendarDate?
  }

  private var random: SplitMix64
  /// The last serial of each kecamatan and day, so that no NIK and no card number comes twice.
  private var serials: [UInt64: UInt16] = [:]

  init(random: SplitMix64) { self.random = random }

  /// The rows of the next family, 37 cells each.
  mutating func rows(in region: SampleRegion) -> [[String]] {
    let year = random.number(1945...2000)
    let isMarried = random.chance(82)
    let head = person(
      region, years: year...year, isFemale: !isMarried && random.chance(40), relation: "KEPALA KELUARGA")
    var people = [head]
    people[0].marriage = isMarried ? "KAWIN" : random.pick(["BELUM KAWIN", "CERAI HIDUP", "CERAI MATI"])
    if isMarried { addSpouseAndChildren(region, year: year, to: &people) }
    if random.chance(8) {
      var parent = person(
        region, years: (year - 30)...(year - 20), isFemale: random.chance(60), relation: "ORANGTUA")
      parent.marriage = "CERAI MATI"
      people.append(parent)
    }
    let home = Home(
      region: region, card: number(district(region), day: date(years: 2008...2025), dayOffset: 0),
      address: random.pick(SampleNames.streets) + " NO. \(random.number(1...120))",
      rw: padded(random.number(1...6)),
      rt: padded(random.number(1...12)),
      wedding: isMarried ? date(years: (year + 20)...min(year + 28, SyntheticResidents.exportYear - 1)) : nil)
    return people.map { cells($0, home) }
  }

  private mutating func addSpouseAndChildren(_ region: SampleRegion, year: Int, to people: inout [Person]) {
    var wife = person(region, years: (year - 2)...(year + 8), isFemale: true, relation: "ISTRI")
    wife.marriage = "KAWIN"
    people.append(wife)
    for _ in 0..<random.number(0...4) {
      let first = min(year + 20, SyntheticResidents.exportYear - 2)
      let last = min(year + 40, SyntheticResidents.exportYear - 1)
      var child = person(region, years: first...last, isFemale: random.chance(50), relation: "ANAK")
      child.father = people[0].name
      child.fatherNIK = people[0].nik
      child.mother = wife.name
      child.motherNIK = wife.nik
      people.append(child)
    }
  }

  private mutating func person(
    _ region: SampleRegion, years: ClosedRange<Int>, isFemale: Bool, relation: String
  ) -> Person {
    let birth = date(years: years)
    let prefix = random.chance(5) ? random.pick(["731101", "730805", "737105", "640903"]) : district(region)
    let given = isFemale ? SampleNames.female : SampleNames.male
    var name = random.pick(given) + " " + random.pick(random.chance(50) ? given : SampleNames.family)
    if random.chance(12) { name = random.pick(["ANDI ", "H. ", "A. "]) + name }
    return Person(
      name: name, nik: number(prefix, day: birth, dayOffset: isFemale ? 40 : 0), isFemale: isFemale,
      birth: birth,
      relation: relation, marriage: "BELUM KAWIN", father: random.pick(SampleNames.male),
      mother: random.pick(SampleNames.female))
  }

  private mutating func cells(_ person: Person, _ home: Home) -> [String] {
    let age = Int64(SyntheticResidents.exportYear) - person.birth.components.year
    let entered = date(years: 2011...2025)
    let isMarried = person.marriage == "KAWIN"
    return [
      home.card, quirkyNumber(person.nik), person.name, "WNI", random.pick(SampleNames.places),
      text(person.birth),
      person.isFemale ? random.pick(["P", "PEREMPUAN", "Pr"]) : random.pick(["L", "LAKI-LAKI", "LK"]),
      person.fatherNIK.isEmpty && random.chance(10) ? "0" : person.fatherNIK, person.father, person.motherNIK,
      person.mother,
      spelled(person.marriage), person.relation,
      random.chance(97) ? "ISLAM" : random.pick(["KRISTEN", "KATHOLIK", "HINDU"]),
      home.region.districtName.uppercased(), home.region.name.uppercased(), home.address, home.rw, home.rt,
      education(age), occupation(person, age), "", random.pick(SampleNames.bloodGroups),
      random.chance(1) ? "CACAT FISIK" : "TIDAK CACAT", age >= 17 ? "SUDAH" : "", "",
      age >= 17 ? "SEUMUR HIDUP" : "", "",
      age < 30 ? "7312-LT-\(random.number(10_000...99_999))" : "",
      isMarried ? "\(random.number(1...400))/XII/KUA" : "",
      isMarried ? home.wedding.map { text($0) } ?? "" : "", "", "", "", text(date(years: 2018...2025)),
      "OPERATOR",
      text(entered),
    ]
  }

  /// Prefix, day (women's plus 40), month, year and the next serial of that day.
  private mutating func number(_ prefix: String, day: CalendarDate, dayOffset: Int64) -> String {
    var day = day
    while true {
      let (year, month, dayOfMonth) = day.components
      let date = [dayOfMonth + dayOffset, month, year % 100].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined()
      let key = UInt64(prefix + date) ?? 0
      let serial = serials[key, default: 0] + 1
      if serial <= 9_999 {
        serials[key] = serial
        let text = String(serial)
        return prefix + date + String(repeating: "0", count: 4 - text.utf8.count) + text
      }
      day = CalendarDate(daysSinceEpoch: day.daysSinceEpoch + 1)
    }
  }

  private func district(_ region: SampleRegion) -> String {
    String((region.code.district ?? region.code).text.filter { $0 != "." })
  }

  private mutating func date(years: ClosedRange<Int>) -> CalendarDate {
    let first = CalendarDate(year: years.lowerBound, month: 1, day: 1)?.daysSinceEpoch ?? 0
    let last = CalendarDate(year: years.upperBound, month: 12, day: 31)?.daysSinceEpoch ?? first
    return CalendarDate(daysSinceEpoch: first + Int64(random.number(0...Int(max(0, last - first)))))
  }

  /// `DD-MM-YYYY`, in one of ten `DD/MM/YYYY`.
  private mutating func text(_ date: CalendarDate) -> String {
    let (year, month, day) = date.components
    let mark = random.chance(10) ? "/" : "-"
    return [day, month].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: mark) + mark + "\(year)"
  }

  private mutating func padded(_ number: Int) -> String {
    (random.chance(10) ? "'" : "") + (number < 10 ? "00" : "0") + "\(number)"
  }

  private mutating func quirkyNumber(_ number: String) -> String {
    guard random.chance(2) else { return number }
    return random.pick(["\u{200B}" + number, number + "\u{A0}", "'" + number])
  }

  private mutating func spelled(_ marriage: String) -> String {
    guard random.chance(25) else { return marriage }
    switch marriage {
    case "BELUM KAWIN": return "BK"
    case "KAWIN": return "K"
    case "CERAI HIDUP": return "CH"
    default: return "CM"
    }
  }

  private mutating func education(_ age: Int64) -> String {
    switch age {
    case ..<6: "TIDAK / BELUM SEKOLAH"
    case 6..<13: "BELUM TAMAT SD/SEDERAJAT"
    case 13..<16: "TAMAT SD / SEDERAJAT"
    default:
      random.pick([
        "SLTP / SEDERAJAT", "SLTP/SEDERAJAT", "SLTA / SEDERAJAT", "SLTA/SEDERAJAT", "DIPLOMA IV/ STRATA I",
      ])
    }
  }

  private mutating func occupation(_ person: Person, _ age: Int64) -> String {
    if age < 6 { return "BELUM/TIDAK BEKERJA" }
    if age < 19 { return "PELAJAR/MAHASISWA" }
    if person.isFemale, random.chance(55) { return "MENGURUS RUMAH TANGGA" }
    return random.pick(SampleNames.occupations)
  }
}

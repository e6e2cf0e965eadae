import Datasets
import Foundation
import Testing

/// The NIK and NIP cases of vectors.json, through validation as an intake sees them.
@Suite struct CivilNumberVectorTests {
  struct NIKCase: Decodable {
    let nik: String
    let valid: Validity
    let kecamatan: String?
    let sex: String?
    let ddmmyy: String?
  }

  /// `true`, `false`, or `"warn"`: legal, but worth a look.
  enum Validity: Decodable, Equatable {
    case yes
    case no
    case warn

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let flag = try? container.decode(Bool.self) {
        self = flag ? .yes : .no
      } else {
        self = try container.decode(String.self) == "warn" ? .warn : .no
      }
    }
  }

  struct NIPCase: Decodable {
    let nip: String
    let born: String
    let tmt: String
    let sex: String
    let serial: String
  }

  struct Vectors: Decodable {
    let niks: [NIKCase]
    let nips: [NIPCase]

    private enum CodingKeys: String, CodingKey {
      case niks = "nik_synthetic"
      case nips = "nip"
    }
  }

  static func vectors() throws -> Vectors {
    let url = try #require(Bundle.module.url(forResource: "vectors", withExtension: "json"))
    return try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: url))
  }

  @Test func `every NIK of the vectors is taken or refused as it says`() throws {
    let cases = try Self.vectors().niks
    #expect(cases.count == 7)
    for vector in cases {
      let result = PopulationFixture.value("nik", .text(vector.nik))
      if vector.valid == .no {
        #expect(PopulationFixture.code("nik", .text(vector.nik)) == "not_a_nik", "\(vector.nik)")
        #expect(NIKReading(vector.nik) == nil)
      } else {
        #expect(result == .success(.text(vector.nik)), "\(vector.nik)")
      }
      // A JSON number of 16 digits is the same NIK.
      #expect(PopulationFixture.value("nik", .number(vector.nik)) == result)
    }
  }

  @Test func `a NIK tells kecamatan, sex and birth date of its first registration`() throws {
    for vector in try Self.vectors().niks where vector.valid == .yes {
      let reading = try #require(NIKReading(vector.nik))
      #expect(reading.district.text == vector.kecamatan)
      #expect((reading.isFemale ? "P" : "L") == vector.sex)
      #expect(reading.birthDayMonthYear == vector.ddmmyy)
    }
    let reading = try #require(NIKReading("7312044508680002"))
    #expect(reading.agrees(birth: CalendarDate(year: 1968, month: 8, day: 5), sex: "P"))
    #expect(!reading.agrees(birth: CalendarDate(year: 1968, month: 8, day: 6), sex: "P"))
    #expect(!reading.agrees(birth: nil, sex: "L"))
  }

  @Test func `a birth date that differs from the NIK is no error`() {
    let row = IntakeRow(
      line: 1, fields: [("nik", .text("7312040508680001")), ("tanggal_lahir", .text("06-08-1968"))])
    #expect(throws: Never.self) { try PopulationFixture.validator.validate(row).get() }
  }

  @Test func `every NIP of the vectors is taken and read`() throws {
    for vector in try Self.vectors().nips {
      #expect(PopulationFixture.value("nip", .text(vector.nip)) == .success(.text(vector.nip)))
      let reading = try #require(NIPReading(vector.nip))
      #expect(reading.birth.description == vector.born)
      #expect(reading.appointment == vector.tmt)
      #expect((reading.isFemale ? "P" : "L") == vector.sex)
      #expect(reading.serial == Int(vector.serial))
    }
  }

  @Test(arguments: [
    ("199902302020011001", "not_a_nip"), ("19990228202001100", "not_a_nip"),
    ("199902282020011000", "not_a_nip"),
    ("1999022820200110A1", "not_a_nip"),
  ])
  func `a wrong NIP is refused`(text: String, code: String) {
    #expect(PopulationFixture.code("nip", .text(text)) == code)
  }

  @Test func `a PPPK number whose month is none is taken`() {
    #expect(
      PopulationFixture.value("nip", .text("199002282021211001")) == .success(.text("199002282021211001")))
  }

  @Test func `29 February is right in either century`() {
    #expect(PopulationFixture.value("nik", .text("7312042902000001")) == .success(.text("7312042902000001")))
    #expect(PopulationFixture.code("nik", .text("7312042902010001")) == "not_a_nik")
  }
}

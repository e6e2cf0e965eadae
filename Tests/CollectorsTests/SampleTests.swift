import Collectors
import Datasets
import Foundation
import Testing

@Suite struct SampleTests {
  func bytes(_ source: some ByteSource) throws -> [UInt8] {
    var source = source
    var output: [UInt8] = []
    while let chunk = try source.next() { output += chunk }
    return output
  }

  @Test func `the generator has its published sequence`() {
    // The first three outputs for seed 1234567 of the reference implementation.
    var random = SplitMix64(seed: 1_234_567)
    #expect(
      [random.next(), random.next(), random.next()] == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
      ])
  }

  @Test func `every synthetic resident is taken by parser and validation, with a NIK of its own`() throws {
    let count = 2_000
    let sample = try bytes(SyntheticResidents(count: count, seed: 1, regions: Fixture.villages))
    let validator = RowValidator(definition: Fixture.population, regions: Fixture.regions)
    var niks: Set<String> = []
    var families: Set<String> = []
    var rowCount = 0
    for parsed in CSVRowParser(definition: Fixture.population, regions: Fixture.regions).parse(
      sample, chunkBytes: 4_096)
    {
      guard case .row(let row) = parsed else {
        Issue.record("\(parsed.shown)")
        continue
      }
      rowCount += 1
      let valid = try validator.validate(row).get()
      #expect(validator.missingRequired(valid) == nil)
      niks.insert(valid[Fixture.name("nik")]?.text ?? "")
      families.insert(valid[Fixture.name("no_kk")]?.text ?? "")
    }
    #expect(rowCount == count)
    #expect(niks.count == count)
    #expect(families.count > count / 8 && families.count < count / 2)
  }

  @Test func `nothing in a sample lies ahead of the year of its export`() throws {
    for seed in 0..<4 as Range<UInt64> {
      let text = String(
        decoding: try bytes(SyntheticResidents(count: 3_000, seed: seed, regions: Fixture.villages)), as: UTF8.self)
      let years = text.matches(of: /[0-9]{2}[-\/][0-9]{2}[-\/]([0-9]{4})/).compactMap { Int($0.output.1) }
      #expect(years.count > 10_000)
      #expect(years.allSatisfy { $0 < SyntheticResidents.exportYear })
    }
  }

  @Test func `a sample shows the quirks of real exports`() throws {
    let text = String(
      decoding: try bytes(SyntheticResidents(count: 3_000, seed: 2, regions: Fixture.villages)), as: UTF8.self
    )
    for quirk in [
      "\u{200B}73", "\u{A0},", ",'00", "SLTP / SEDERAJAT", "SLTP/SEDERAJAT", ",LK,", ",Pr,", ",BK,", "Tdk Th",
      "/19", ",0,",
    ] {
      #expect(text.contains(quirk), "\(quirk)")
    }
    #expect(
      text.split(separator: "\r\n").allSatisfy {
        $0.split(separator: ",", omittingEmptySubsequences: false).count >= 37
      })
  }

  @Test func `the same seed gives the same sample, another one another`() throws {
    let first = try bytes(SyntheticResidents(count: 300, seed: 7, regions: Fixture.villages))
    #expect(try bytes(SyntheticResidents(count: 300, seed: 7, regions: Fixture.villages)) == first)
    #expect(try bytes(SyntheticResidents(count: 300, seed: 8, regions: Fixture.villages)) != first)
    #expect(try bytes(SyntheticResidents(count: 10, seed: 7, regions: [])).split(separator: 10).count == 1)
  }

  @Test func `a sample is written to a file`() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(
      "residents-\(UUID().uuidString).csv"
    ).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try SyntheticResidents.write(count: 50, seed: 3, regions: Fixture.villages, to: path)
    let written = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    #expect(written == (try bytes(SyntheticResidents(count: 50, seed: 3, regions: Fixture.villages))))
    #expect(written.split(separator: 10).count == 51)
    #expect(throws: SpoolFailure.self) {
      try SyntheticResidents.write(
        count: 1, seed: 3, regions: Fixture.villages, to: path + "/no/such/directory")
    }
  }

  @Test(arguments: [AttlogParser.Layout.export, .push])
  func `every synthetic punch is valid and in the order of time`(layout: AttlogParser.Layout) throws {
    let pins = (1...40).map(String.init)
    let day = try #require(CalendarDate(year: 2026, month: 10, day: 1))
    let log = SyntheticAttlog(layout: layout, seed: 5, pins: pins, firstDay: day, days: 14)
    let validator = RowValidator(definition: Fixture.attendance)
    var times: [String] = []
    for parsed in AttlogParser(layout: layout, device: "SN1").parse(try bytes(log)) {
      guard case .row(let row) = parsed else {
        Issue.record("\(parsed.shown)")
        continue
      }
      let valid = try validator.validate(row).get()
      times.append(valid[Fixture.name("time")]?.text ?? "")
    }
    #expect(times == times.sorted())
    #expect(times.count > 700)
    // 2026-10-01 is a Thursday: ten working days, no weekend.
    #expect(Set(times.map { $0.prefix(10) }).count == 10)
    #expect(!times.contains { $0.hasPrefix("2026-10-03") || $0.hasPrefix("2026-10-04") })
  }

  @Test func `camera samples are NDJSON of every camera in every round`() throws {
    let start = try #require(ZonedInstant("2026-10-04T00:00:00+08:00", defaultOffsetMinutes: nil)).timestamp
    let cameras = ["disdukcapil-1", "rsud-2"]
    let sample = try bytes(SyntheticCameraSamples(seed: 9, cameras: cameras, start: start, rounds: 500))
    let rows = NDJSONRowParser().parse(sample)
    #expect(rows.count == 1_000)
    #expect(
      rows.first?.shown.hasPrefix("1: camera=disdukcapil-1 time=2026-10-04T00:00:00+08:00 verdict=") == true)
    let verdicts = Set(
      rows.compactMap { parsed -> String? in
        guard case .row(let row) = parsed else { return nil }
        return row.fields.first { $0.name == "verdict" }?.value.shown
      })
    #expect(verdicts.contains("ok") && verdicts.count > 1)
  }
}

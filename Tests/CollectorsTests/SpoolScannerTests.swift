import Collectors
import Datasets
import Testing

@Suite struct SpoolScannerTests {
  let start = ContinuousClock.Instant.now

  func file(_ path: String, size: Int64 = 10, modified: Int64 = 1, inode: UInt64 = 1, open: Bool = false)
    -> SpoolFile
  {
    SpoolFile(
      path: path, sizeBytes: size, modifiedNanoseconds: modified, inode: inode, writers: open ? .some : .none)
  }

  @Test func `a file is ready when it stayed the same over two scans and the settling time`() {
    var scanner = SpoolScanner(settle: .seconds(3))
    let whole = file("population/a.csv")
    #expect(scanner.observe([whole], at: start) == [])
    #expect(scanner.observe([whole], at: start + .seconds(2)) == [])
    #expect(scanner.observe([whole], at: start + .seconds(3)) == [whole])
    #expect(scanner.observe([whole], at: start + .seconds(4)) == [whole])
  }

  @Test func `one scan is never enough`() {
    var scanner = SpoolScanner(settle: .zero)
    #expect(scanner.observe([file("a.csv")], at: start) == [])
    #expect(scanner.observe([file("a.csv")], at: start).count == 1)
  }

  @Test func `a half-written file is not taken`() {
    var scanner = SpoolScanner(settle: .seconds(3))
    for second in 0..<10 {
      let growing = file("a.csv", size: Int64(second), modified: Int64(second))
      #expect(scanner.observe([growing], at: start + .seconds(second * 4)) == [])
    }
    let rewritten = file("a.csv", size: 9, modified: 99)
    #expect(scanner.observe([rewritten], at: start + .seconds(60)) == [])
    let replaced = file("a.csv", size: 9, modified: 99, inode: 2)
    #expect(scanner.observe([replaced], at: start + .seconds(70)) == [])
    #expect(scanner.observe([replaced], at: start + .seconds(80)) == [replaced])
  }

  @Test func `a file that somebody has open for writing waits, however long it rests`() {
    var scanner = SpoolScanner(settle: .seconds(3))
    #expect(scanner.observe([file("a.csv", open: true)], at: start) == [])
    #expect(scanner.observe([file("a.csv", open: true)], at: start + .seconds(100)) == [])
    #expect(scanner.observe([file("a.csv")], at: start + .seconds(101)).count == 1)
  }

  @Test func `what ends in the middle of a row rests a minute where nobody can tell who writes to it`() {
    var scanner = SpoolScanner(settle: .seconds(3))
    func untold(_ path: String, endsWhole: Bool) -> SpoolFile {
      SpoolFile(
        path: path, sizeBytes: 10, modifiedNanoseconds: 1, inode: 1, writers: .untold(endsWhole: endsWhole))
    }
    let files = [untold("a.csv", endsWhole: true), untold("b.csv", endsWhole: false)]
    #expect(scanner.observe(files, at: start) == [])
    #expect(scanner.observe(files, at: start + .seconds(3)).map(\.path) == ["a.csv"])
    #expect(scanner.observe(files, at: start + .seconds(59)).map(\.path) == ["a.csv"])
    #expect(scanner.observe(files, at: start + .seconds(60)).map(\.path) == ["a.csv", "b.csv"])
  }

  @Test func `a file that went away starts anew`() {
    var scanner = SpoolScanner(settle: .seconds(3))
    _ = scanner.observe([file("a.csv")], at: start)
    _ = scanner.observe([], at: start + .seconds(5))
    #expect(scanner.observe([file("a.csv")], at: start + .seconds(10)) == [])
  }

  @Test(arguments: [
    ".a.csv", "a.csv.part", "a.csv.tmp", "a.CRDOWNLOAD", "a.csv~", "x/.hidden.csv", "a.csv.filepart",
  ])
  func `names of unfinished files are passed over`(path: String) {
    var scanner = SpoolScanner(settle: .zero)
    _ = scanner.observe([file(path)], at: start)
    #expect(scanner.observe([file(path)], at: start + .seconds(9)) == [])
  }

  @Test func `the oldest comes first`() {
    var scanner = SpoolScanner(settle: .zero)
    let files = [file("b.csv", modified: 3), file("a.csv", modified: 3), file("c.csv", modified: 1)]
    _ = scanner.observe(files, at: start)
    #expect(scanner.observe(files, at: start).map(\.path) == ["c.csv", "a.csv", "b.csv"])
  }

  @Test(arguments: [
    ("population/2026.csv", "population", "default", SpoolAddress.Format.csv),
    ("population/siak/2026.CSV", "population", "siak", .csv),
    ("population-2026-10.csv", "population", "default", .csv),
    ("population.ndjson", "population", "default", .ndjson), ("camera/x.jsonl", "camera", "default", .ndjson),
    ("site/x.json", "site", "default", .json), ("attendance/1_attlog.dat", "attendance", "default", .attlog),
    ("attendance/kantor/CKJF1234_ATTLOG.DAT", "attendance", "kantor", .attlog),
    ("1_attlog.dat", "attendance", "default", .attlog),
    ("attendance/x.csv", "attendance", "default", .csv),
  ])
  func `place and name say the dataset, the source and the format`(
    path: String, dataset: String, source: String, format: SpoolAddress.Format
  ) throws {
    let address = try #require(SpoolAddress(path: path))
    #expect(address.dataset.text == dataset)
    #expect(address.source == source)
    #expect(address.format == format)
  }

  @Test func `what names no dataset has no address, and an unknown extension no format`() {
    for path in ["README", "Population/a.csv", "a/b/c/d.csv", "", "-x.csv", "2026.csv"] {
      #expect(SpoolAddress(path: path) == nil, "\(path)")
    }
    #expect(SpoolAddress(path: "population/a.xlsx")?.format == nil)
    #expect(SpoolAddress(path: "population/a")?.format == nil)
    #expect(SpoolAddress(path: "population/1_attlog.dat")?.format == nil)
  }
}

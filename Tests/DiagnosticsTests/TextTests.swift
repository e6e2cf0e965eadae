import API
import Datasets
import Diagnostics
import Testing

@Suite struct TextTests {
  @Test func `columns are aligned by characters, numbers to the right, without blanks at line ends`() {
    let table = TextTable(
      [.init("Node"), .init("Tunggakan", .right), .init("Catatan")],
      rows: [["disdukcapil", "1.234", "baik"], ["kec-é", "7", ""], ["x"]])
    #expect(
      table.text(hasColours: false)
        == lines(
          "Node         Tunggakan  Catatan",
          "disdukcapil      1.234  baik",
          "kec-é                7",
          "x"))
  }

  @Test func `colours surround the text and not the blanks`() {
    let table = TextTable([.init("A"), .init("B")], rows: [[.init("x", .bad), "y"]])
    #expect(
      table.text(hasColours: true)
        == lines("\u{1B}[1mA\u{1B}[0m  \u{1B}[1mB\u{1B}[0m", "\u{1B}[31mx\u{1B}[0m  y"))
  }

  @Test func `a cell cannot steer the terminal`() {
    let cell = TextTable.Cell("SITI\u{1B}[2J\u{9B}31m\u{202E}X\nY\tZ")
    #expect(cell.text == "SITI\u{FFFD}[2J\u{FFFD}31m\u{FFFD}X Y Z")
  }

  @Test(arguments: [
    ("2026-10-04T08:59:58+08:00", "baru saja", "just now"),
    ("2026-10-04T08:59:00+08:00", "1 menit lalu", "1 minute ago"),
    ("2026-10-04T00:57:00Z", "3 menit lalu", "3 minutes ago"),
    ("2026-10-04T08:59:18+08:00", "42 detik lalu", "42 seconds ago"),
    ("2026-10-04T07:00:00.5+08:00", "1 jam lalu", "1 hour ago"),
    ("2026-09-01T09:00:00+08:00", "33 hari lalu", "33 days ago"),
    ("2026-10-04T09:10:00+08:00", "10 menit lagi", "in 10 minutes"),
    // What was granted for three days is told so a moment later.
    ("2026-10-07T08:59:58+08:00", "3 hari lagi", "in 3 days"),
    ("2026-10-04T09:59:59+08:00", "1 jam lagi", "in 1 hour"),
    ("2026-10-04T10:20:00+08:00", "1 jam lagi", "in 1 hour"),
    ("kemarin", "kemarin", "kemarin"),
  ])
  func `a time is shown as its age`(time: String, indonesian: String, english: String) {
    #expect(Age(now: noon, language: .indonesian).text(of: time) == indonesian)
    #expect(Age(now: noon, language: .english).text(of: time) == english)
  }

  @Test func `no time is a dash, and the farthest times do not trap`() {
    #expect(Age(now: noon, language: .indonesian).text(of: String?.none) == "-")
    let age = Age(now: Timestamp(milliseconds: .max), language: .indonesian)
    #expect(age.text(of: Timestamp(milliseconds: .min)).hasSuffix("hari lalu"))
  }

  @Test func `numbers have the separators of the language`() {
    let indonesian = Quantity(language: .indonesian)
    let english = Quantity(language: .english)
    #expect(
      [0, 12, 999, 1000, 1_234_567].map { indonesian.count($0) } == ["0", "12", "999", "1.000", "1.234.567"])
    #expect(indonesian.count(Int64.min) == "-9.223.372.036.854.775.808")
    #expect(english.count(1_234_567) == "1,234,567")
    #expect(
      [UInt64(0), 999, 1000, 1_550_000, 2_000_000_000].map { indonesian.bytes($0) } == [
        "0 B", "999 B", "1,0 kB", "1,5 MB", "2,0 GB",
      ])
    #expect(english.bytes(UInt64.max) == "18,446,744.0 TB")
    #expect(indonesian.bytes(-1) == "0 B")
  }

  @Test(arguments: [
    ([:], Language.indonesian), (["LANG": "C.UTF-8"], .indonesian), (["LANG": "id_ID.UTF-8"], .indonesian),
    (["LANG": "en_US.UTF-8"], .english), (["LANG": "en_US.UTF-8", "LC_ALL": "id_ID"], .indonesian),
    (["LANG": "id_ID", "LC_ALL": "en_GB.UTF-8"], .english), (["LC_ALL": "", "LANG": "en"], .english),
  ])
  func `the locale gives the language`(environment: [String: String], language: Language) {
    #expect(Language(environment: environment) == language)
  }

  @Test func `the progress of an import has share, rows, rate and time left`() {
    var progress = ImportProgress(bytesTotal: 4000)
    progress.bytesDone = 1000
    progress.rows = 12_345
    #expect(
      progress.line(elapsed: .seconds(30), language: .indonesian)
        == "25 %  12.345 baris  411 baris/detik  sisa 1 menit")
    var piped = ImportProgress(bytesTotal: nil)
    piped.rows = 5
    #expect(piped.line(elapsed: .zero, language: .english) == "5 rows  5,000 rows/s")
  }
}

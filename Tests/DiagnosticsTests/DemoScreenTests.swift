import API
import Datasets
import Foundation
import Testing

@testable import Diagnostics

@Suite struct DemoScreenTests {
  @Test func `on a terminal progress is one line that changes and goes away`() throws {
    let screen = Screen()
    let shown = DemoScreen(console: console(screen, isTerminal: true), language: .indonesian, isJSON: false)
    try shown.progress("a", done: 1, total: 2)
    try shown.progress("b")
    try shown.line("selesai")
    let result = screen.result(code: 0)
    #expect(result.error == "\r\u{1B}[K  [############------------] a\r\u{1B}[K  b\r\u{1B}[K")
    #expect(result.output == "selesai\n")
  }

  @Test func `elsewhere progress is a plain line now and then`() throws {
    let screen = Screen()
    let shown = DemoScreen(console: console(screen, isTerminal: false), language: .indonesian, isJSON: false)
    for index in 0..<100 { try shown.progress("\(index)/100") }
    try shown.heading("1. Mulai")
    let result = screen.result(code: 0)
    #expect(result.error == "  0/100\n")
    #expect(result.output == "\n1. Mulai\n")
  }

  @Test func `standard output belongs to the JSON document`() throws {
    let screen = Screen()
    let shown = DemoScreen(console: console(screen, isTerminal: false), language: .english, isJSON: true)
    try shown.heading("1. Start")
    try shown.table(TextTable(pairs: [("a", "b")]))
    let result = screen.result(code: 0)
    #expect(result.output.isEmpty)
    #expect(result.error == "\n1. Start\n  a  b\n")
  }

  @Test(arguments: [
    (0, "------------------------"), (10, "########################"), (99, "########################"),
  ])
  func `a bar stays in its width`(_ done: Int, _ bar: String) {
    #expect(DemoScreen.bar(done, of: 10) == "[\(bar)]")
    #expect(DemoScreen.bar(done, of: 0) == "[------------------------]")
  }

  @Test func `a failure names step, expectation, finding and place`() {
    let failure = DemoFailure(
      BilingualText(id: "38 kantor", en: "38 offices"), found: "37", logPath: "/d/x/agent.log")
    let english = failure.commandFailure(step: "Starting", directory: "/d", language: .english)
    #expect(english.code == .problem)
    #expect(
      english.line
        == "the demo failed in the step \"Starting\": expected 38 offices; found: 37; "
        + "see the log in /d/x/agent.log (all files are kept in /d)")
    #expect(
      failure.commandFailure(step: "Mulai", directory: "/d", language: .indonesian).line.contains(
        "diharapkan 38 kantor"))
  }

  @Test func `the report is a JSON document with numbers`() throws {
    var report = DemoReport(
      seed: 1, residents: 50_000, offices: 38, page: "http://127.0.0.1:1/", directory: "/d")
    report.add(step: "centre", .milliseconds(1500))
    report.add("memory_bytes", BilingualText(id: "Memori", en: "Memory"), 12, "12 B")
    let document = try APICoding.decoder.decode(JSONValue.self, from: try APICoding.encoder.encode(report))
    guard case .object(let members) = document else { throw CancellationError() }
    #expect(members["residents"] == .integer(50_000))
    #expect(members["measures"] == .object(["memory_bytes": .integer(12)]))
    #expect(members["steps"] == .array([.object(["name": .string("centre"), "seconds": .number(1.5)])]))
    #expect(report.table(.english).text(hasColours: false) == "Memory  12 B\n")
  }

  @Test func `names are masked`() {
    #expect(DemoText.masked("ANDI TENRI ABENG") == "A*** T*** A***")
    #expect(DemoText.value(.string("SITTI"), of: "nama", .indonesian) == "S***")
    #expect(DemoText.value(.string("JL. PEMUDA"), of: "alamat", .indonesian) == "JL. PEMUDA")
    #expect(DemoText.id("0123456789abcdef") == "01234567…")
  }

  @Test(arguments: [
    (["demo", "--residents", "10"], "--residents is 10"), (["demo", "--port", "70000"], "--port is 70000"),
    (["demo", "--agent", "/nonexistent/agent"], "/nonexistent/agent"),
  ])
  func `wrong options are usage errors`(_ arguments: [String], _ word: String) async {
    let screen = Screen()
    let code = await ControlProgram.run(
      arguments + ["--language", "en"], console: console(screen, isTerminal: false))
    #expect(code == 64)
    #expect(screen.result(code: code).error.contains(word))
  }

  private func console(_ screen: Screen, isTerminal: Bool) -> Console {
    Console(
      environment: ["NO_COLOR": "1"], outputIsTerminal: isTerminal, errorIsTerminal: isTerminal,
      now: { noon },
      write: { screen.write($0, $1) })
  }
}

@Suite struct DemoMetricsTests {
  private let text = """
    # HELP simpul_a_total Things.
    # TYPE simpul_a_total counter
    simpul_a_total 12
    simpul_b{state="x"} 3
    simpul_c nonsense
    simpul_d 1.5e3 1700000000
    """

  @Test(arguments: [
    ("simpul_a_total", 12.0), ("simpul_b", nil), ("simpul_c", nil), ("simpul_d", 1500.0), ("simpul", nil),
  ])
  func `a metric without labels is found by its whole name`(_ name: String, _ value: Double?) {
    #expect(DemoMetrics.value(name, in: text) == value)
  }
}

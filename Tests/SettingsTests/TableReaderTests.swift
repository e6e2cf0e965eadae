import Datasets
import Testing

@testable import Settings

@Suite struct TableReaderTests {
  /// Reads `text` with `body` and gives the problems.
  private func problems(
    _ text: String, mode: TableReader.Mode = .strict, _ body: (TableReader) -> Void
  ) -> [String] {
    problemLines {
      let list = ProblemList()
      let reader = TableReader(try TOMLDocument(text, name: "a.toml"), mode: mode, problems: list)
      body(reader)
      reader.finish()
      try list.check()
    }
  }

  private func readCameras(_ root: TableReader) {
    _ = root.string("node")
    let buffer = root.section("buffer")
    for key in ["quota", "reserve"] { _ = buffer.string(key) }
    for camera in root.section("collectors").tables("camera") {
      for key in ["id", "url"] { _ = camera.string(key) }
    }
  }

  @Test(
    "an unknown key is named with its file, line and the nearest known key",
    arguments: [
      ("[buffer]\nquotta = \"1GB\"", "a.toml:2: buffer.quotta: unknown key; did you mean buffer.quota?"),
      ("nodes = \"x\"", "a.toml:1: nodes: unknown key; did you mean node?"),
      ("\n[bufer]\nquota = \"1GB\"", "a.toml:2: bufer: unknown key; did you mean buffer?"),
      ("quota = \"1GB\"", "a.toml:1: quota: unknown key; did you mean buffer.quota?"),
      (
        "[[collectors.camera]]\nid = \"a\"\n[[collectors.camera]]\nurll = \"b\"",
        "a.toml:4: collectors.camera[2].urll: unknown key; did you mean collectors.camera[2].url?"
      ),
      ("[buffer]\nx = 1", "a.toml:2: buffer.x: unknown key; known keys here: quota, reserve"),
      ("\"a\\nb\" = 1", "a.toml:1: \"a\\nb\": unknown key; known keys here: buffer, collectors, node"),
    ])
  func unknown(text: String, line: String) { #expect(problems(text, readCameras) == [line]) }

  @Test func `in lenient mode unknown keys are ignored`() {
    #expect(problems("x = 1\n[buffer]\nquotta = 1\n[y.z]", mode: .lenient, readCameras).isEmpty)
  }

  @Test func `in lenient mode a wrong type is still a problem`() {
    #expect(
      problems("node = 1", mode: .lenient, readCameras) == [
        "a.toml:1: node: must be a string, found an integer"
      ])
  }

  @Test(
    "a wrong type names what is expected and what was found",
    arguments: [
      ("v = 1", "v: must be a string, found an integer"),
      ("v = 2026-01-02", "v: must be a string, found a date"),
      ("v = []", "v: must be a string, found an array"),
      ("i = \"1\"", "i: must be an integer, found a string"),
      ("i = 1.0", "i: must be an integer, found a decimal number"),
      ("i = 11", "i: must be from 1 to 10, found 11"),
      ("d = true", "d: must be a decimal number, found a boolean"),
      ("d = nan", "d: must be a finite number"),
      ("d = -inf", "d: must be a finite number"),
      ("b = 1", "b: must be true or false, found an integer"),
      ("l = \"x\"", "l: must be an array of strings, found a string"),
      ("l = [\"x\", 1]", "l[2]: must be a string, found an integer"),
      ("t = 1", "t: must be a table, found an integer"),
      ("a = {}", "a: must be an array of tables, found a table"),
      ("a = [1]", "a[1]: must be a table, found an integer"),
      ("c = \"reed\"", "c: must be one of red, green; did you mean red?"),
      ("c = \"mauve\"", "c: must be one of red, green"),
    ])
  func wrongType(text: String, expected: String) {
    let found = problems(text) { root in
      _ = root.string("v")
      _ = root.integer("i", in: 1...10)
      _ = root.decimal("d")
      _ = root.boolean("b")
      _ = root.strings("l")
      _ = root.table("t")
      _ = root.tables("a")
      _ = root.choice("c", among: [("red", 1), ("green", 2)])
    }
    #expect(found == ["a.toml:1: \(expected)"])
  }

  @Test func `all problems of a file are found at once`() {
    let found = problems("node = 1\nx = 2\n[buffer]\nquota = 3\ny = 4\n", readCameras)
    #expect(
      Set(found) == [
        "a.toml:1: node: must be a string, found an integer",
        "a.toml:2: x: unknown key; known keys here: buffer, collectors, node",
        "a.toml:4: buffer.quota: must be a string, found an integer",
        "a.toml:5: buffer.y: unknown key; known keys here: quota, reserve",
      ])
  }

  @Test func `a whole number is a decimal too, and good values arrive`() {
    let found = problems("d = 2\ni = 10\nb = false\nl = []") { root in
      #expect(root.decimal("d") == 2)
      #expect(root.integer("i", in: 1...10) == 10)
      #expect(root.boolean("b") == false)
      #expect(root.strings("l") == [])
      #expect(root.string("absent") == nil)
      #expect(root.tables("none").isEmpty)
    }
    #expect(found.isEmpty)
  }

  @Test func `a problem is one line whatever its parts hold`() {
    let problem = SettingsProblem(
      .invalid, file: "a\nb\u{1b}[31m", key: "k", line: 3, reason: BilingualText(id: "u\tv", en: "x\ty"),
      remedy: BilingualText(id: "w", en: "z"))
    #expect(problem.text(.english) == "a b [31m:3: k: x y; z")
    #expect(problem.description == "a b [31m:3: k: u v; w (x y; z)")
    #expect(SettingsProblems([]) == nil)
    let both = SettingsProblems(problem, [problem])
    #expect(both.description.split(separator: "\n").count == 2)
    #expect(both.text(.indonesian) == "a b [31m:3: k: u v; w\na b [31m:3: k: u v; w")
  }
}

import Testing

@testable import Settings

@Suite struct DocumentReadingTests {
  private func document(_ text: String) throws(SettingsProblems) -> TOMLDocument {
    try TOMLDocument(text, name: "a.toml")
  }

  @Test(
    "a syntax error names its line",
    arguments: [
      ("a = 1\nb = \n", 2), ("a = 1\na = 2\n", 2), ("\n\n[x\n", 3), ("a = 'x\n", 1), ("a = \"\"\"x\n\n", 3),
      ("a = 1 b = 2", 1),
      ("x = [1, 2\n", 2), ("x = {a = 1\n}", 1), ("= 1", 1), ("[[a]]\n[a]\n", 2), ("a = 2026-13-40", 1),
      ("a = 01", 1),
      ("a = \"\\q\"", 1), ("a = tru", 1), ("[]", 1), ("a.b = 1\na.b.c = 2", 2),
      ("a = 99999999999999999999", 1), ("x", 1),
    ])
  func syntax(text: String, line: Int) throws {
    let problems = #expect(throws: SettingsProblems.self) { try document(text) }
    let problem = try #require(problems?.first)
    #expect(problem.code == .syntax)
    #expect(problem.line == line)
    #expect(problem.description.hasPrefix("a.toml:\(line): "))
    #expect(!problem.description.contains("\n"))
    #expect(problem.isInBothLanguages, "\(problem)")
  }

  @Test func `a NUL byte, a NUL escape and a megabyte are refused`() {
    #expect(
      problemLines { _ = try document("a = 1\0\nb = 2") } == [
        "a.toml: contains a NUL byte; write it anew as plain text"
      ])
    #expect(
      problemLines { _ = try document("a = 1\nb = \"x\\u0000y\"") } == [
        "a.toml:2: a string contains U+0000; correct the TOML there (https://toml.io)"
      ])
    #expect(
      problemLines { _ = try document("a = \"\"\"x\\U00000000y\"\"\"") } == [
        "a.toml:1: a string contains U+0000; correct the TOML there (https://toml.io)"
      ])
    let large = "# " + String(repeating: "x", count: 1 << 20)
    #expect(problemLines { _ = try document(large) }.first?.contains("larger than 1 MiB") == true)
  }

  @Test(
    "nesting that would exhaust the stack never reaches the parser",
    arguments: [
      "a = " + String(repeating: "[", count: 400_000),
      "a = " + String(repeating: "[", count: 400_000) + String(repeating: "]", count: 400_000),
      "a = " + String(repeating: "{a=", count: 250_000),
      String(repeating: "a.", count: 400_000) + "a = 1",
      "[" + String(repeating: "a.", count: 400_000) + "a]",
      "[[" + String(repeating: "a.", count: 400_000) + "a]]",
      "x = { " + String(repeating: "a.", count: 400_000) + "a = 1 }",
      "x = {" + String(repeating: "a.", count: 20) + "a = {" + String(repeating: "b.", count: 20) + "b = 1}}",
      // Blanks that only the parser takes as such must not hide a table from the scan.
      "x =\u{a0}{ " + String(repeating: "a.", count: 300_000) + "a = 1 }",
      "x = 1\n\u{2003}" + String(repeating: "a.", count: 300_000) + "a = 1",
      "x = 1 " + String(repeating: "[", count: 300_000),
      "\u{feff}" + String(repeating: "a.", count: 300_000) + "a = 1",
    ])
  func nesting(text: String) {
    #expect(problemLines { _ = try document(text) }.count == 1)
  }

  @Test func `what is not nested too deeply is read`() throws {
    let deep = "a = " + String(repeating: "[", count: 20) + String(repeating: "]", count: 20)
    _ = try document(deep)
    _ = try document(String(repeating: "a.", count: 30) + "a = 1")
  }

  @Test func `too many keys are refused`() {
    let text = (0...TOMLOutline.entriesMax).map { "k\($0)=1\n" }.joined()
    #expect(problemLines { _ = try document(text) }.first?.contains("too many keys") == true)
  }

  @Test func `keys keep the order of the file, however they are written`() throws {
    let text = """
      z = 1
      a = { y = 1, b = 2, "q.r" = 3 }
      [t.m]
      x = 1
      [t.c]
      [[l]]
      k = 1
      b = 1
      [l.s]
      [[l]]
      a.z = 1
      a.b = 2
      """
    let root = try document(text).root
    #expect(root.keys == ["z", "a", "t", "l"])
    guard case .table(let inline)? = root["a"], case .table(let table)? = root["t"],
      case .array(let list)? = root["l"],
      case .table(let first) = try #require(list.first), case .table(let second) = try #require(list.last),
      case .table(let dotted)? = second["a"]
    else {
      Issue.record("wrong types")
      return
    }
    #expect(inline.keys == ["y", "b", "q.r"])
    #expect(table.keys == ["m", "c"])
    #expect(first.keys == ["k", "b", "s"])
    #expect(dotted.keys == ["z", "b"])
  }

  @Test func `every TOML type arrives`() throws {
    let text = """
      s = "\\u00e9\\n\\"'#"
      m = '''a
      ''b''''
      i = -0x1F
      """.replacing("-0x1F", with: "0x1F") + """

        d = 1e3
        b = true
        date = 2026-01-02
        time = 07:30:00
        both = 2026-01-02 07:30:00+08:00
        list = [1, "a", [2.5], { k = 1 },] # end
        "quoted \\t key" = 1
        """
    let root = try document(text).root
    #expect(root["s"] == .string("é\n\"'#"))
    #expect(root["m"] == .string("a\n''b'"))
    #expect(root["i"] == .integer(31))
    #expect(root["d"] == .decimal(1000))
    #expect(root["b"] == .boolean(true))
    #expect(root["date"] == .time(.date))
    #expect(root["time"] == .time(.timeOfDay))
    #expect(root["both"] == .time(.dateAndTime))
    #expect(root["quoted \t key"] == .integer(1))
    var table = SettingValue.Table()
    table.set("k", .integer(1))
    #expect(root["list"] == .array([.integer(1), .string("a"), .array([.decimal(2.5)]), .table(table)]))
  }

  @Test func `a byte order mark and lines that end in CR LF are no obstacle`() throws {
    let document = try document("\u{feff}a = 1\r\n# x\r\n[t]\r\nb = \"\"\"x\r\ny\"\"\"\r\nc = 1\r\n")
    #expect(document.root.keys == ["a", "t"])
    #expect(document.outline.line(of: SettingPath.root.appending(["t", "c"])) == 6)
  }

  @Test func `the places of keys are known in tables, arrays of tables and inline tables`() throws {
    let outline = try document(
      """
      a.b = 1

      [[x.list]]
      k = 1
      [[x.list]]
      k = [
        { n = 1 },
        { n = 2 },
      ]
      """
    ).outline
    let list = SettingPath.root.appending(["x", "list"])
    #expect(outline.line(of: SettingPath.root.appending("a")) == 1)
    #expect(outline.line(of: list) == 3)
    #expect(outline.line(of: list.appending(index: 1)) == 5)
    #expect(outline.line(of: list.appending(index: 1).appending("k").appending(index: 1).appending("n")) == 8)
    // What is not there has the line of what is around it.
    #expect(outline.line(of: list.appending(index: 0).appending("absent")) == 3)
    #expect(outline.line(of: SettingPath.root.appending("absent")) == nil)
  }

  @Test func `text written as TOML is read back as it was`() throws {
    let odd = "a\"b\\c\nd\te\r\u{1}\u{7f}é\u{1F600}' = # ["
    var text = TOMLText()
    text.set("s", odd)
    text.set("odd key \"", [odd, ""])
    text.set("n", Int64.min)
    text.table("t", "a.b")
    text.set("d", 1e20)
    text.set("e", 5e-05)
    text.set("f", 0.0)
    text.set("p", ["id": odd, "en": "x"])
    let root = try document(text.text).root
    #expect(root["s"] == .string(odd))
    #expect(root["odd key \""] == .array([.string(odd), .string("")]))
    #expect(root["n"] == .integer(.min))
    guard case .table(let outer)? = root["t"], case .table(let inner)? = outer["a.b"] else {
      Issue.record("no table")
      return
    }
    #expect(inner["d"] == .decimal(1e20))
    #expect(inner["e"] == .decimal(5e-05))
    #expect(inner["f"] == .decimal(0))
  }

  @Test("damaged files are refused or read, never a crash", arguments: 0..<8)
  func damaged(seed: UInt64) {
    var generator = SeededGenerator(state: seed)
    let pieces = [
      "[", "]", "[[", "]]", "{", "}", "=", ",", ".", "\"", "'", "\"\"\"", "'''", "\\", "\\u", "#", "\n",
      "\r\n", "\r", " ", "\t",
      "a", "b", "0", "1e", "-", "+", "_", ":", "T", "Z", "nan", "inf", "0x", "true", "2026-01-02", "é",
      "\u{a0}", "\u{feff}",
      "\u{2028}", "a = 1\n", "[t]\n", "[[l]]\n", "l.k = {x = [1]}\n", "\u{1F600}", "\u{1}",
    ]
    let good = Array(
      "node = \"x\"\n[buffer]\nquota = \"2GB\"\nlist = [1, {a = 'b'}]\n[[c.d]]\nt = 2026-01-02T03:04:05Z\n"
        .utf8)
    for _ in 0..<500 {
      var text = (0..<Int.random(in: 0...24, using: &generator))
        .map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
      _ = try? TOMLDocument(text, name: "fuzz")
      var bytes = good
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let index = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes[index] = UInt8.random(in: 1...255, using: &generator)
        case 1: bytes.remove(at: index)
        default: bytes.insert(contentsOf: pieces.randomElement(using: &generator)?.utf8 ?? "".utf8, at: index)
        }
      }
      text = String(decoding: bytes, as: UTF8.self)
      _ = try? AgentSettings.parse(text)
    }
  }

  @Test("statements that contradict each other are refused or read, never a crash", arguments: 0..<8)
  func contradicting(seed: UInt64) {
    var generator = SeededGenerator(state: seed)
    let keys = ["a", "b", "a.b", "a.b.c", "b.a", "\"\"", "'a'", "\"\\u0061\"", "b.\"a.b\"", "c"]
    let values = [
      "1", "-0", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "0xFFFFFFFFFFFFFFFF",
      "0b11",
      "1e999", "-1e-999", "1_000.5", "inf", "-nan", "true", "2026-02-29", "0000-00-00", "25:00:00",
      "23:59:60.5",
      "2026-01-01T00:00:00.123456789012345678+99:99", "2026-01-01 00:00:00-23:59", "'x'", "\"\\ud7ff\"",
      "\"\\U0010ffff\"",
      "\"\"\"a \\  \n  b\"\"\"\"\"", "\'\'\'\n\'\'\'", "[]", "[1, [2], {a = 1}]", "{}", "{a = 1, b.c = 2}",
      "{a.b = 1, a.c = {}}",
      "[{a = 1}, {a = 2}]", "{a = 1, a = 2}",
    ]
    for _ in 0..<500 {
      var text = ""
      for _ in 0..<Int.random(in: 1...7, using: &generator) {
        let key = keys.randomElement(using: &generator) ?? "a"
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: text += "[\(key)]\n"
        case 1: text += "[[\(key)]]\n"
        default: text += "\(key) = \(values.randomElement(using: &generator) ?? "1")\n"
        }
      }
      _ = try? TOMLDocument(text, name: "fuzz")
    }
  }
}

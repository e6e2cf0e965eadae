import Collectors
import Datasets
import Testing

@Suite struct JSONRowParserTests {
  func json(_ text: String) -> [String] { JSONRowParser().parse(text).map(\.shown) }
  func ndjson(_ text: String) -> [String] { NDJSONRowParser().parse(text).map(\.shown) }

  @Test func `one object is one row`() {
    #expect(json(" {\"a\": \"x\", \"b\" : 1}\n") == ["1: a=x b=#1"])
    #expect(json("{}") == ["1: "])
  }

  @Test func `array elements are counted from 1`() {
    #expect(json("[{\"a\":1},\n\n{\"a\":2} , {\"a\":3}]") == ["1: a=#1", "2: a=#2", "3: a=#3"])
    #expect(json("[]") == [])
  }

  @Test func `a bad element costs itself only`() {
    #expect(
      json("[{\"a\":1}, 5, {\"a\":}, \"x\", [1], null, {\"a\":2}]") == [
        "1: a=#1", "2! not_an_object", "3! broken_json", "4! not_an_object", "5! not_an_object",
        "6! not_an_object", "7: a=#2",
      ])
  }

  @Test(arguments: [
    ("[{\"a\":1}", ["1: a=#1", "2! broken_json"]), ("[{\"a\":1},]", ["1: a=#1", "2! broken_json"]),
    ("[{\"a\":1} {\"a\":2}]", ["1: a=#1", "2! broken_json"]), ("{\"a\":1} x", ["1: a=#1", "2! broken_json"]),
    ("", ["1! not_an_object"]), ("[", ["1! broken_json"]), ("[,]", ["1! broken_json"]),
    ("5", ["1! not_an_object"]),
    ("{\"a\":1", ["1! broken_json"]), ("]", ["1! broken_json"]),
  ])
  func `a broken document is a problem where it breaks`(text: String, rows: [String]) {
    #expect(json(text) == rows)
  }

  @Test func `numbers are kept as they were written`() {
    let text = "{\"nik\":7312040508680001,\"b\":0.10,\"c\":-1.5e+3,\"d\":1E400}"
    #expect(json(text) == ["1: nik=#7312040508680001 b=#0.10 c=#-1.5e+3 d=#1E400"])
  }

  @Test(arguments: ["01", "1.", ".5", "+1", "-", "1e", "0x1", "NaN", "Infinity", "1.2.3", "00"])
  func `numbers outside of the grammar are refused`(number: String) {
    #expect(ndjson("{\"a\":\(number)}") == ["1! broken_json"])
  }

  @Test func `every kind of value is read`() {
    let text = "{\"a\":null,\"b\":true,\"c\":false,\"d\":[1,\"x\",[null]],\"e\":{\"f\":[{}]},\"g\":\"\"}"
    #expect(json(text) == ["1: a=null b=true c=false d=[#1,x,[null]] e={} g="])
  }

  @Test func `escapes are undone`() {
    #expect(
      json("{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\uD83D\\uDE00\"}") == [
        "1: a=\"\\/\u{8}\u{C}\n\r\tAé😀"
      ])
    #expect(json("{\"\\u006eama\":\"x\"}") == ["1: nama=x"])
  }

  @Test(arguments: [
    "\"\\ud800\"", "\"\\ud800x\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"\\u12\"", "\"\\u12G4\"", "\"\\x\"",
    "\"a\nb\"", "\"a",
    "\"a\tb\"", "tru", "nul", "'a'",
  ])
  func `wrong strings and words are refused`(value: String) {
    #expect(json("{\"a\":\(value)}").last?.hasSuffix("! broken_json") == true)
  }

  @Test func `text that is not UTF-8 is refused`() {
    let bytes = Array("{\"a\":\"".utf8) + [0xC3, 0x28] + Array("\"}".utf8)
    #expect(JSONRowParser().parse(bytes).map(\.shown) == ["1! broken_json"])
  }

  @Test func `a name given twice is refused by name, also when it is escaped`() {
    #expect(ndjson("{\"a\":1,\"a\":2}") == ["1! duplicate_field"])
    #expect(ndjson("{\"a\":1,\"\\u0061\":2}") == ["1! duplicate_field"])
    guard case .problem(let row)? = NDJSONRowParser().parse("{\"nama\":1,\"nama\":2}").first else {
      Issue.record("two equal names were taken")
      return
    }
    #expect(row.problem.field == "nama")
  }

  @Test func `depth and members are bounded`() {
    #expect(ndjson("{\"a\":" + String(repeating: "[", count: 100_000) + "}") == ["1! too_deep"])
    #expect(ndjson("{\"a\":[[[[[1]]]]]}") == ["1: a=[[[[[#1]]]]]"])
    let many = (0...ParsingLimits.membersMax).map { "\"x\($0)\":1" }.joined(separator: ",")
    #expect(ndjson("{\(many)}") == ["1! too_deep"])
    #expect(
      ndjson("{\"a\":[" + [String](repeating: "1", count: 1_001).joined(separator: ",") + "]}") == [
        "1! too_deep"
      ])
  }

  @Test func `an object over the limit costs itself only`() {
    let long = String(repeating: "x", count: ParsingLimits.rowBytesMax)
    #expect(json("[{\"a\":\"\(long)\"},{\"a\":1}]") == ["1! row_too_large", "2: a=#1"])
    #expect(ndjson("{\"a\":\"\(long)\"}\n{\"a\":1}\n") == ["1! row_too_large", "2: a=#1"])
  }

  @Test func `lines of NDJSON keep their numbers over blank and broken ones`() {
    let text = "\u{FEFF}{\"a\":1}\r\n\r\n  \n{\"a\":}\n{\"a\":3} x\n{\"a\":4}"
    #expect(ndjson(text) == ["1: a=#1", "4! broken_json", "5! broken_json", "6: a=#4"])
  }
}

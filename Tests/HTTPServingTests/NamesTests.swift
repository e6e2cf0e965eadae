import Datasets
import HTTPServing
import Testing

@Suite struct NamesTests {
  @Test func `a conflict's id is read back`() throws {
    let text = "population/00000000000000070000000000000001/alamat"
    let id = try #require(ConflictID(text))
    #expect(id.description == text)
    #expect(id.field.text == "alamat")
  }

  @Test(arguments: ["", "population", "population/12/alamat", "a/00000000000000070000000000000001/b/c", "//"])
  func `what is no conflict's id is none`(text: String) {
    #expect(ConflictID(text) == nil)
  }

  @Test func `an event's id keeps its values apart`() {
    let key = ["CQZ,1", "50%", "2026-10-04T07:30:00+08:00", ""]
    let id = OccurrenceID(key: key)
    #expect(id.description == "CQZ%2C1,50%25,2026-10-04T07:30:00+08:00,")
    #expect(OccurrenceID(id.description, keyCount: 4)?.key == key)
    #expect(OccurrenceID(id.description, keyCount: 3) == nil)
    #expect(OccurrenceID("%zz", keyCount: 1) == nil)
  }

  @Test func `a cursor is opaque, URL-safe and read back`() {
    for parts in [[], ["a"], ["ÿÿÿ>>>", "", "x/y+z"], ["\n\"\\"]] {
      let text = PageCursor(parts).text
      #expect(
        text.utf8.allSatisfy {
          "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8.contains($0)
        })
      #expect(PageCursor(text)?.parts == parts)
    }
    for text in ["!", "AAAA", "W10=x", String(repeating: "A", count: 20_000)] {
      #expect(PageCursor(text) == nil)
    }
  }

  @Test(arguments: [
    ("en", Language.english), ("id-ID,id;q=0.9,en;q=0.8", .indonesian), ("en-GB;q=0.5, id;q=0.4", .english),
    ("de, en;q=0.1", .english), ("id;q=0, en;q=0.2", .english),
  ])
  func `the wished language is the best of the two`(header: String, language: Language) {
    #expect(Language(accepting: header) == language)
  }

  @Test(arguments: ["", "de", "*", "id;q=0", ";;;,,,q=1"])
  func `a wish for neither is none`(header: String) {
    #expect(Language(accepting: header) == nil)
  }

  @Test func `an event is one block of lines`() {
    #expect(ServerEvent("node", data: #"{"a":1}"#).text == "event: node\ndata: {\"a\":1}\n\n")
    #expect(ServerEvent("x", data: "a\nb\r\nc").text == "event: x\ndata: a\ndata: b\ndata: c\n\n")
  }
}

import API
import Datasets
import Diagnostics
import Testing

@Suite struct PieceCutterTests {
  /// Cuts `text`, given in chunks of `chunk` bytes.
  private func cut(
    _ text: String, _ format: RowFormat, usual: Int, max: Int = 1000, chunk: Int = 7
  ) throws -> [PieceCutter.Piece] {
    var cutter = PieceCutter(format: format, pieceBytesUsual: usual, pieceBytesMax: max)
    var pieces: [PieceCutter.Piece] = []
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: chunk) {
      pieces += try cutter.push(Array(bytes[start..<min(start + chunk, bytes.count)]))
    }
    if let last = try cutter.finish() { pieces.append(last) }
    return pieces
  }

  private func text(_ piece: PieceCutter.Piece) -> String { String(decoding: piece.body, as: UTF8.self) }

  @Test func `a file that fits goes as it is`() throws {
    let pieces = try cut("tanpa judul", .csv, usual: 100)
    #expect(pieces.map(text) == ["tanpa judul"])
    #expect(pieces.first?.lineOffset == 0)
    #expect(pieces.first?.lastLine == 1)
    #expect(try cut("", .csv, usual: 100).isEmpty)
  }

  @Test(arguments: [1, 3, 7, 1000]) func `every piece of a table has the headings, and lines are told`(
    chunk: Int
  ) throws {
    let rows = (2...7).map { "\($0),nama\($0)\n" }
    let pieces = try cut("id,nama\n" + rows.joined(), .csv, usual: 26, chunk: chunk)
    #expect(
      pieces.map(text)
        == ["2,nama2\n3,nama3\n", "4,nama4\n5,nama5\n", "6,nama6\n7,nama7\n"].map { "id,nama\n" + $0 })
    // Line 2 of each body is line 2, 4 and 6 of the file.
    #expect(pieces.map(\.lineOffset) == [0, 2, 4])
    #expect(pieces.map(\.lastLine) == [3, 5, 7])
    #expect(pieces.map(\.fileByteCount) == [24, 16, 16])
  }

  @Test(arguments: [1, 5, 1000]) func `a line end within quotation marks is no cut but a line`(chunk: Int)
    throws
  {
    let file = "id;nama\r\n1;\"A\nB \"\"C\"\"\n\"\r\n2;\"D\"\r\n3;E\"F\r\n4;G\r\n"
    let pieces = try cut(file, .csv, usual: 30, chunk: chunk)
    let bodies = pieces.map { text($0).replacing("id;nama\r\n", with: "") }
    #expect(bodies.joined() == String(file.dropFirst(8)))
    #expect(bodies.first?.hasPrefix("1;\"A\nB \"\"C\"\"\n\"\r\n") == true)
    for (piece, body) in zip(pieces, bodies) {
      let first = body.prefix(1)
      let line = ["1": 2, "2": 5, "3": 6, "4": 7][first] ?? 0
      #expect(piece.lineOffset + 2 == line)
    }
    #expect(pieces.last?.lastLine == 7)
  }

  @Test func `titles above the headings, a mark and sep= are repeated too`() throws {
    let top = "\u{FEFF}sep=;\nDATA PENDUDUK;;\n\nNIK;Nama;RT\n"
    let pieces = try cut(top + "1;A;1\n2;B;\n3;C;3\n", .csv, usual: top.utf8.count + 12)
    #expect(pieces.map(text) == [top + "1;A;1\n2;B;\n", top + "3;C;3\n"])
    #expect(pieces.map(\.lineOffset) == [0, 2])
    #expect(pieces.map(\.lastLine) == [6, 7])
  }

  @Test(arguments: ["\n", "\r\n", "\r"]) func `NDJSON is cut at any line end`(end: String) throws {
    let rows = (1...5).map { #"{"a":"\#($0)"}"# + end }
    let pieces = try cut(rows.joined() + #"{"a":"6"}"#, .ndjson, usual: 22, chunk: 4)
    #expect(pieces.map(text).joined() == rows.joined() + #"{"a":"6"}"#)
    #expect(pieces.count >= 3)
    #expect(pieces.allSatisfy { text($0).hasPrefix("{") && $0.body.count <= 22 })
    #expect(pieces.last?.lastLine == 6)
    for piece in pieces {
      #expect(text(piece).hasPrefix(#"{"a":"\#(piece.lineOffset + 1)"#))
    }
  }

  @Test func `a row that is larger than usual grows its piece, up to the limit`() throws {
    let long = String(repeating: "x", count: 60)
    let pieces = try cut("a\nb\n" + long + "\nc\n", .ndjson, usual: 20)
    #expect(pieces.map(text).joined() == "a\nb\n" + long + "\nc\n")
    #expect(throws: PieceCutter.Problem.rowTooLarge(line: 3)) {
      try cut("a\nb\n" + long, .ndjson, usual: 20, max: 40)
    }
  }

  @Test func `a table without a line in it has no headings`() {
    #expect(throws: PieceCutter.Problem.noHeading) {
      try cut(String(repeating: "x", count: 90), .csv, usual: 50)
    }
  }

  @Test func `a mark that is never closed ends at its line after 64 KiB`() throws {
    let filler = String(repeating: "2,abcdefghijklmnop\n", count: 6000)
    let pieces = try cut("id,nama\n1,\"X\n" + filler, .csv, usual: 80_000, max: 100_000, chunk: 4096)
    #expect(pieces.map { text($0).replacing("id,nama\n", with: "") }.joined() == "1,\"X\n" + filler)
    #expect(pieces.last?.lastLine == 6002)
  }

  @Test func `answers add up, with the lines of the file`() {
    var summary = ImportSummary()
    let row = IntakeReply.Rejected(line: 3, field: "nik", reason: "R", code: nil)
    summary.add(
      IntakeReply(
        accepted: 2, duplicates: 1, rejected: [row], rejectedTotal: 1, stream: .init(first: 5, last: 6)),
      for: .init(body: [], lineOffset: 0, lastLine: 4, fileByteCount: 0))
    summary.add(
      IntakeReply(accepted: 0, duplicates: 0, rejected: [row], rejectedTotal: 7, stream: nil),
      for: .init(body: [], lineOffset: 3, lastLine: 9, fileByteCount: 0))
    #expect(summary.rejected.map(\.line) == [3, 6])
    #expect(summary.rejectedTotal == 8)
    #expect(summary.stream == .init(first: 5, last: 6))
    #expect(
      summary.rows(.indonesian).text(hasColours: false)
        == lines("Baris  Bidang  Alasan", "    3  nik     R", "    6  nik     R"))
  }
}

package import API
package import Datasets

/// What became of all pieces of an import together.
package struct ImportSummary: Sendable, Equatable {
  package private(set) var accepted = 0
  package private(set) var duplicates = 0
  package private(set) var rejectedTotal = 0
  /// At most `IntakeReply.rejectedMax`, with the file's lines.
  package private(set) var rejected: [IntakeReply.Rejected] = []
  package private(set) var stream: IntakeReply.StreamRange?
  /// The file's last line that the daemon has answered for.
  package private(set) var lastLine = 0

  package init() {}

  package mutating func add(_ reply: IntakeReply, for piece: PieceCutter.Piece) {
    accepted = Self.sum(accepted, reply.accepted)
    duplicates = Self.sum(duplicates, reply.duplicates)
    rejectedTotal = Self.sum(rejectedTotal, reply.rejectedTotal)
    for var row in reply.rejected.prefix(max(0, IntakeReply.rejectedMax - rejected.count)) {
      row.line = Self.sum(row.line, piece.lineOffset)
      rejected.append(row)
    }
    if let range = reply.stream {
      stream = IntakeReply.StreamRange(first: stream?.first ?? range.first, last: range.last)
    }
    lastLine = piece.lastLine
  }

  /// In the form of one answer to all rows.
  package var reply: JSONValue {
    let rows = rejected.map { row -> JSONValue in
      var members: [String: JSONValue] = ["line": .integer(Int64(row.line)), "reason": .string(row.reason)]
      members["field"] = row.field.map { .string($0) } ?? .null
      if let code = row.code { members["code"] = .string(code) }
      return .object(members)
    }
    let range = stream.map { range -> JSONValue in
      .object([
        "first": .integer(Int64(clamping: range.first)), "last": .integer(Int64(clamping: range.last)),
      ])
    }
    return .object([
      "accepted": .integer(Int64(accepted)), "duplicates": .integer(Int64(duplicates)),
      "rejected": .array(rows),
      "rejected_total": .integer(Int64(rejectedTotal)), "stream": range ?? .null,
    ])
  }

  package func counts(_ language: Language) -> TextTable {
    let quantity = Quantity(language: language)
    var pairs: [(String, TextTable.Cell)] = [
      (language("Diterima", "Accepted"), .init(quantity.count(accepted), .good)),
      (language("Sudah ada", "Already there"), .init(quantity.count(duplicates))),
      (
        language("Ditolak", "Rejected"),
        .init(quantity.count(rejectedTotal), rejectedTotal > 0 ? .bad : .plain)
      ),
    ]
    if let stream {
      pairs.append(
        (
          language("Urutan", "Sequence"),
          .init("\(quantity.count(stream.first)) - \(quantity.count(stream.last))")
        ))
    }
    return TextTable(pairs: pairs)
  }

  /// The rejected rows, by line.
  package func rows(_ language: Language) -> TextTable {
    let columns: [TextTable.Column] = [
      .init(language("Baris", "Line"), .right), .init(language("Bidang", "Field")),
      .init(language("Alasan", "Reason")),
    ]
    let rows = rejected.map { row -> [TextTable.Cell] in
      [.init(String(row.line)), .init(row.field ?? "-"), .init(row.reason)]
    }
    return TextTable(columns, rows: rows)
  }

  private static func sum(_ left: Int, _ right: Int) -> Int {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? .max : sum
  }
}

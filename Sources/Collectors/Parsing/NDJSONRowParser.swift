import Datasets

/// Reads one JSON object per line; blank lines are skipped.
package struct NDJSONRowParser: RowParser {
  private var lines = LineSplitter(lineBytesMax: ParsingLimits.rowBytesMax)

  package init() {}

  package mutating func push(_ chunk: [UInt8]) -> [ParsedRow] {
    var output: [ParsedRow] = []
    lines.push(chunk) { Self.read($0, into: &output) }
    return output
  }

  package mutating func finish() -> [ParsedRow] {
    var output: [ParsedRow] = []
    lines.finish { Self.read($0, into: &output) }
    return output
  }

  private static func read(_ line: LineSplitter.Line, into output: inout [ParsedRow]) {
    if line.isTooLong {
      output.append(.problem(RejectedRow(line: line.number, problem: .rowTooLarge)))
      return
    }
    var bytes = line.bytes[...]
    if line.number == 1, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
    if bytes.allSatisfy({ $0 == 0x20 || $0 == 9 }) { return }
    output.append(ParsedRow(JSONObjectReader.fields(of: bytes), line: line.number))
  }
}

extension ParsedRow {
  /// The fields of a row, or the problem with it.
  init(_ result: Result<[(name: String, value: RawValue)], FieldProblem>, line: Int) {
    switch result {
    case .success(let fields): self = .row(IntakeRow(line: line, fields: fields))
    case .failure(let problem): self = .problem(RejectedRow(line: line, problem: problem))
    }
  }
}

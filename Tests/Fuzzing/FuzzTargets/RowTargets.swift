import Collectors
import Datasets

extension FuzzTarget {
  /// Files and request bodies with rows.
  static let rows: [FuzzTarget] = [
    parser("csv") { CSVRowParser(definition: residents, regions: nil) },
    parser("ndjson") { NDJSONRowParser() },
    parser("json") { JSONRowParser() },
    parser("attlog-push") { AttlogParser(layout: .push, device: "SN") },
    parser("attlog-export") { AttlogParser(layout: .export, fileName: "1_attlog.dat") },
    FuzzTarget("json-object") { bytes throws(FuzzFinding) in
      if case .success = JSONObjectReader.fields(of: bytes) { true } else { false }
    },
  ]

  /// The rows, and so what is accepted, validated or refused, are the same wherever the bytes are cut.
  private static func parser(_ name: String, _ make: @escaping @Sendable () -> any RowParser) -> FuzzTarget {
    FuzzTarget(name) { bytes throws(FuzzFinding) in
      let whole = parse(bytes, make(), chunkBytes: max(1, bytes.count))
      for chunkBytes in [1, 7] where parse(bytes, make(), chunkBytes: chunkBytes) != whole {
        throw FuzzFinding("\(name): other rows in chunks of \(chunkBytes) bytes")
      }
      var isAccepted = false
      for case .row(let row) in whole {
        isAccepted = true
        // What a row becomes must not trap either.
        _ = RowValidator(definition: residents).validate(row)
      }
      return isAccepted
    }
  }

  private static func parse(_ bytes: [UInt8], _ parser: any RowParser, chunkBytes: Int) -> [ParsedRow] {
    var parser = parser
    var rows: [ParsedRow] = []
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + chunkBytes)
      rows += parser.push(Array(bytes[start..<end]))
      start = end
    }
    return rows + parser.finish()
  }
}

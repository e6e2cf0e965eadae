import Collectors
import Datasets
import Replication

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
    // What a save brings back, and a row of an export (ADR 0008, 0032).
    FuzzTarget("record-version") { bytes throws(FuzzFinding) in
      guard let version = RecordVersion(String(decoding: bytes, as: UTF8.self)) else { return false }
      guard RecordVersion(version.text) == version else {
        throw FuzzFinding("record-version: written again it is another")
      }
      return true
    },
    FuzzTarget("exported-version") { bytes throws(FuzzFinding) in
      let keys = FleetKey(version: 1, secret: [UInt8](repeating: 7, count: 32)).map { [$0] } ?? []
      guard let exported = ExportedVersion(String(decoding: bytes, as: UTF8.self), fleetKeys: keys) else {
        return false
      }
      _ = exported.wrote("x", in: "nama")
      return true
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

/// How rows are written in a file.
package enum RowFormat: String, Sendable, CaseIterable {
  case csv
  case ndjson

  package var contentType: String {
    switch self {
    case .csv: "text/csv"
    case .ndjson: "application/x-ndjson"
    }
  }

  /// By the file's extension; nil where that says nothing.
  package init?(fileName: String) {
    guard let dot = fileName.lastIndex(of: ".") else { return nil }
    switch fileName[fileName.index(after: dot)...].lowercased() {
    case "csv", "tsv": self = .csv
    case "ndjson", "jsonl": self = .ndjson
    default: return nil
    }
  }
}

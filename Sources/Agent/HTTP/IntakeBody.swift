import Collectors
import Datasets
import Hummingbird
import Sessions

/// What the bodies of a POST of records may be, by their `Content-Type`.
enum IntakeBody: Equatable {
  /// An object, or an array of them.
  case json
  case ndjson
  case csv

  /// - Parameter contentType: as in the header; parameters such as `charset` do not matter, because the
  ///   parsers tell
  ///   UTF-8 from Windows-1252 themselves.
  /// - Returns: nil for everything else: HTTP 415.
  init?(contentType: String?) {
    let type = (contentType ?? "").prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
    switch type {
    case "application/json": self = .json
    case "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines":
      self = .ndjson
    case "text/csv", "application/csv": self = .csv
    default: return nil
    }
  }

  func parser(_ dataset: Catalogue.Dataset) -> any RowParser {
    switch self {
    case .json: JSONRowParser()
    case .ndjson: NDJSONRowParser()
    case .csv: CSVRowParser(definition: dataset.definition, regions: dataset.regions)
    }
  }
}

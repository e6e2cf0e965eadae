package import Datasets

/// What a dropped file's place and name say: which dataset, from which source, and how to read it.
///
///     DIR/population/siak/2026-10.csv    dataset/[source/]file, .csv .txt .tsv .ndjson .jsonl .json
///     DIR/attendance/1_attlog.dat        dataset/[source/]*attlog*.dat or .txt
///     DIR/population-2026-10.csv         dataset. or dataset- begins the name
package struct SpoolAddress: Sendable, Equatable {
  package enum Format: Sendable, Equatable {
    case csv
    case ndjson
    case json
    case attlog
  }

  /// Where taken files go, beside the datasets' directories.
  package static let doneDirectory = "done"
  package static let failedDirectory = "failed"
  /// What the downloads of attendance terminals are rows of.
  package static let attlogDataset = "attendance"
  /// The source of files that lie in no source directory (merge.md, import memory).
  package static let defaultSource = "default"

  package let dataset: DatasetName
  /// Names the import memory; a monthly export and a village's list must not share one.
  package let source: String
  /// Nil when the extension is not known.
  package let format: Format?

  /// - Parameter path: relative to the spool, parts joined by `/`.
  /// - Returns: nil when the place names no dataset.
  package init?(path: String) {
    let parts = Self.parts(of: path)
    guard let name = parts.last, !name.isEmpty else { return nil }
    switch parts.count {
    case 1:
      guard let dataset = Self.dataset(inFileName: name) else { return nil }
      self.dataset = dataset
      source = Self.defaultSource
    case 2, 3:
      guard let dataset = DatasetName(parts[0]) else { return nil }
      self.dataset = dataset
      source = parts.count == 3 ? parts[1] : Self.defaultSource
    default: return nil
    }
    format = Self.format(of: name, dataset: dataset)
  }

  /// The parts of a path. Split by bytes: to `Character` a slash before a combining accent is no slash, to
  /// the kernel it is.
  static func parts(of path: String) -> [String] {
    path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
  }

  /// Whether a file is, or may be, on its way still: what editors, browsers and `rsync` call it meanwhile.
  package static func isUnfinished(_ name: String) -> Bool {
    let lowered = name.lowercased()
    return name.hasPrefix(".") || name.hasSuffix("~")
      || [".part", ".partial", ".tmp", ".crdownload", ".filepart", ".swp"].contains { lowered.hasSuffix($0) }
  }

  private static func dataset(inFileName name: String) -> DatasetName? {
    guard let mark = name.firstIndex(where: { $0 == "." || $0 == "-" }),
      let dataset = DatasetName(String(name[..<mark]))
    else { return isAttlog(name) ? DatasetName(attlogDataset) : nil }
    // `1_attlog.dat` may lie in the spool itself: that name is what a terminal gives, with nobody to move it.
    return isAttlog(name) ? DatasetName(attlogDataset) : dataset
  }

  private static func isAttlog(_ name: String) -> Bool {
    let lowered = name.lowercased()
    return lowered.contains("attlog") && (lowered.hasSuffix(".dat") || lowered.hasSuffix(".txt"))
  }

  private static func format(of name: String, dataset: DatasetName) -> Format? {
    if dataset.text == attlogDataset, isAttlog(name) { return .attlog }
    guard let mark = name.lastIndex(of: ".") else { return nil }
    switch name[name.index(after: mark)...].lowercased() {
    case "csv", "txt", "tsv": return .csv
    case "ndjson", "jsonl": return .ndjson
    case "json": return .json
    default: return nil
    }
  }
}

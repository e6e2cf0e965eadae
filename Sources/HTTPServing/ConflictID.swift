package import Datasets

/// What names a conflict: `population/9f2c…/alamat`. One percent-encoded segment in a path.
package struct ConflictID: Hashable, Sendable, CustomStringConvertible {
  package let dataset: DatasetName
  package let record: RecordID
  package let field: FieldName

  package init(dataset: DatasetName, record: RecordID, field: FieldName) {
    self.dataset = dataset
    self.record = record
    self.field = field
  }

  /// - Returns: nil when `text` is no such name.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3, let dataset = DatasetName(parts[0]), let record = RecordID(parts[1]),
      let field = FieldName(parts[2])
    else { return nil }
    self.init(dataset: dataset, record: record, field: field)
  }

  package var description: String { "\(dataset)/\(record)/\(field)" }
}

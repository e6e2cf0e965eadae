package import Datasets
package import Wire

/// How large the centre lets a record's state grow: well below what a reader takes, or one office's changes could
/// stop the feed of all others.
package enum RecordBounds {
  /// Values of one field that nobody has decided between.
  package static let siblingsMax = 256
  /// The state as it is stored and sent.
  package static let stateBytesMax = 512 << 10
  /// Below it a state cannot name more authors than `Limits.authorsMax`, each of which takes this many bytes or more.
  fileprivate static let authorBytesMin = 8
}

extension RecordState {
  /// Holds a state that a change led to against the bounds.
  ///
  /// - Parameters:
  ///   - touched: the fields that the change wrote.
  ///   - bytes: the state as it would be stored.
  /// - Throws: `QuarantineReason`; the change is not to be stored then.
  package func checkBounds(
    touched: [FieldName], bytes: Int, definition: DatasetDefinition
  ) throws(QuarantineReason) {
    for name in touched where self[name].siblings.count > RecordBounds.siblingsMax {
      throw .tooManySiblings(name, definition)
    }
    guard bytes <= RecordBounds.stateBytesMax, !hasTooManyAuthors(bytes: bytes) else { throw .recordTooLarge }
  }

  private func hasTooManyAuthors(bytes: Int) -> Bool {
    guard bytes > Limits.authorsMax * RecordBounds.authorBytesMin else { return false }
    return context.entries.count > Limits.authorsMax
  }
}

extension QuarantineReason {
  fileprivate static func tooManySiblings(
    _ field: FieldName, _ definition: DatasetDefinition
  ) -> QuarantineReason {
    let title = definition.field(field)?.title ?? BilingualText(id: field.text, en: field.text)
    return QuarantineReason(
      .recordTooLarge,
      id: "Kolom \(title.indonesian) sudah memuat \(RecordBounds.siblingsMax) isian yang belum diputuskan; "
        + "putuskan konfliknya, lalu proses ulang perubahan ini.",
      en:
        "\(title.english) holds \(RecordBounds.siblingsMax) values already that nobody has decided between; "
        + "resolve the conflict, then requeue this change.")
  }

  fileprivate static var recordTooLarge: QuarantineReason {
    QuarantineReason(
      .recordTooLarge,
      id: "Data ini sudah memuat terlalu banyak isian yang belum diputuskan (lebih dari "
        + "\(RecordBounds.stateBytesMax >> 10) KiB); putuskan konfliknya, lalu proses ulang perubahan ini.",
      en: "The record holds too much that nobody has decided between (more than "
        + "\(RecordBounds.stateBytesMax >> 10) KiB); resolve its conflicts, then requeue this change.")
  }
}

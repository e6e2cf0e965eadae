package import Datasets
package import Wire

/// What an editor was shown of a record: the contexts of its fields. Opaque to users, who bring it back with a save.
///
/// An ETag in HTTP (docs/adr/0008-versions.md).
package struct RecordVersion: Sendable, Equatable {
  package let record: RecordID
  /// The contexts of the fields that the reader was shown, sorted by name.
  package let contexts: [(field: FieldName, context: Context)]
  /// The change that wrote the scope value on the screen.
  package let scopeSeen: Dot?

  package init(of state: RecordState, record: RecordID, definition: DatasetDefinition) {
    self.record = record
    contexts = state.fields.map { ($0.name, $0.state.context) }
    scopeSeen = definition.scope.flatMap { field in
      state[field].best(by: definition.rule(for: field))?.dot
    }
  }

  package func context(of field: FieldName) -> Context {
    contexts.first { $0.field == field }?.context ?? .empty
  }

  package static func == (left: RecordVersion, right: RecordVersion) -> Bool {
    left.bytes == right.bytes
  }
}

extension RecordVersion {
  package var bytes: [UInt8] {
    var table = ContextTable()
    let indexes = contexts.map { table.index(of: $0.context) }
    var writer = ByteWriter(capacity: 128)
    writer.byte(1)
    writer.recordID(record)
    writer.contextTable(table)
    writer.varint(contexts.count)
    for (entry, index) in zip(contexts, indexes) {
      writer.text(entry.field.text)
      writer.varint(index)
    }
    writer.optional(scopeSeen) { $0.dot($1) }
    return writer.bytes
  }

  package init(bytes: [UInt8]) throws(WireError) {
    var reader = ByteReader(bytes)
    let form = try reader.byte("version form")
    guard form == 1 else { throw .unknownKind(what: "version form", value: UInt64(form)) }
    record = try reader.recordID()
    let table = try reader.contextTable()
    contexts = try reader.list("contexts", limit: Limits.fieldsMax) {
      reader throws(WireError) -> (field: FieldName, context: Context) in
      let field = try reader.fieldName()
      return (field, try table.context(at: try reader.varint("context")))
    }
    scopeSeen = try reader.optional("scope seen") { reader throws(WireError) in try reader.dot() }
    try reader.expectEnd()
  }

  /// URL-safe base 64 without padding (RFC 4648 section 5): the form in ETags and JSON.
  package var text: String { Base64URL.text(of: bytes) }

  /// - Returns: nil when `text` is no version of ours.
  package init?(_ text: String) {
    guard text.utf8.count <= 64 << 10, let bytes = Base64URL.bytes(of: text),
      let version = try? RecordVersion(bytes: bytes)
    else { return nil }
    self = version
  }
}

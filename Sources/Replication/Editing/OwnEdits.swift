package import Datasets
package import Wire

/// What a node itself has written of one record, field by field, kept also after the record left its scope.
///
/// The law of own edits (protocol.md, Identity 5): `saw` always includes the node's own previous change of a field, or
/// "the highest counter known covers all earlier ones" would not hold.
package struct OwnEdits: Sendable, Equatable {
  private var contexts: [FieldName: Context]
  /// The node's own last delete or merge, unless it brought the record back itself. It is remembered also when the
  /// centre has taken the record away since: otherwise the next file would bring the person back unseen.
  package private(set) var absence: Dot?

  package static let none = OwnEdits()

  package init() { contexts = [:] }

  package var isEmpty: Bool { contexts.isEmpty }

  /// The node's own changes of `field` that any next one must have seen.
  package subscript(field: FieldName) -> Context { contexts[field] ?? .empty }

  /// Notes that the node made `change` under `dot`.
  package mutating func record(_ change: Change, dot: Dot) {
    for edit in change.edits {
      contexts[edit.field, default: .empty].insert(dot)
      if edit.field == .lifecycle { absence = edit.value == Lifecycle.present.value ? nil : dot }
    }
    if change.affirmation != nil { contexts[.lifecycle, default: .empty].insert(dot) }
  }
}

extension OwnEdits {
  package func bytes(registry: inout FieldRegistry) -> [UInt8] {
    let fields = contexts.keys.sorted()
    var table = ContextTable()
    let indexes = fields.map { table.index(of: contexts[$0] ?? .empty) }
    var writer = ByteWriter(capacity: 64)
    writer.contextTable(table)
    writer.varint(fields.count)
    for (field, index) in zip(fields, indexes) {
      writer.varint(registry.number(of: field))
      writer.varint(index)
    }
    writer.optional(absence) { $0.dot($1) }
    return writer.bytes
  }

  package init(bytes: [UInt8], registry: FieldRegistry) throws(WireError) {
    var reader = ByteReader(bytes)
    let table = try reader.contextTable()
    let count = try reader.count("fields", limit: Limits.fieldsMax)
    contexts = [:]
    for _ in 0..<count {
      let field = try registry.name(at: try reader.varint("field number"))
      contexts[field] = try table.context(at: try reader.varint("context"))
    }
    absence = try reader.optional("absence") { reader throws(WireError) in try reader.dot() }
    try reader.expectEnd()
  }
}

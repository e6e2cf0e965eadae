package import Datasets
package import Wire

/// What a node itself has written of one record, field by field, kept also after the record left its scope.
///
/// The law of own edits (protocol.md, Identity 5): `saw` always includes the node's own previous change of a field, or
/// "the highest counter known covers all earlier ones" would not hold.
package struct OwnEdits: Sendable, Equatable {
  /// Sorted by name.
  private var contexts: [(field: FieldName, context: Context)]
  /// The node's own last delete or merge, unless it brought the record back itself. It is remembered also when the
  /// centre has taken the record away since: otherwise the next file would bring the person back unseen.
  package private(set) var absence: Dot?

  package static let none = OwnEdits()

  package init() { contexts = [] }

  package static func == (left: OwnEdits, right: OwnEdits) -> Bool {
    left.absence == right.absence && left.contexts.elementsEqual(right.contexts) { $0 == $1 }
  }

  package var isEmpty: Bool { contexts.isEmpty }

  /// The node's own changes of `field` that any next one must have seen.
  package subscript(field: FieldName) -> Context {
    let index = place(of: field)
    return index < contexts.count && contexts[index].field == field ? contexts[index].context : .empty
  }

  /// Notes that the node made `change` under `dot`.
  package mutating func record(_ change: Change, dot: Dot) {
    // One context for all that a change is the first to write.
    let first = Context(dot)
    for edit in change.edits {
      insert(dot, of: edit.field, first: first)
      if edit.field == .lifecycle { absence = edit.value == Lifecycle.present.value ? nil : dot }
    }
    if change.affirmation != nil { insert(dot, of: .lifecycle, first: first) }
  }

  /// The feed delivers the record: a delete that it covers and that stands there no more was undone by somebody else.
  package mutating func see(_ delivered: RecordState) {
    guard let dot = absence, delivered[.lifecycle].context.covers(dot),
      !delivered[.lifecycle].siblings.contains(where: { $0.dot == dot })
    else { return }
    absence = nil
  }

  private mutating func insert(_ dot: Dot, of field: FieldName, first: Context) {
    let index = place(of: field)
    if index < contexts.count, contexts[index].field == field {
      contexts[index].context.insert(dot)
    } else {
      contexts.insert((field, first), at: index)
    }
  }

  /// Where `field` stands, or would stand.
  private func place(of field: FieldName) -> Int {
    var (low, high) = (0, contexts.count)
    while low < high {
      let middle = low + (high - low) / 2
      if contexts[middle].field < field { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension OwnEdits {
  package func bytes(registry: inout FieldRegistry) -> [UInt8] {
    var table = ContextTable()
    let indexes = contexts.map { table.index(of: $0.context) }
    var writer = ByteWriter(capacity: 64 + contexts.count * 2)
    writer.contextTable(table)
    writer.varint(contexts.count)
    for (entry, index) in zip(contexts, indexes) {
      writer.varint(registry.number(of: entry.field))
      writer.varint(index)
    }
    writer.optional(absence) { $0.dot($1) }
    return writer.bytes
  }

  package init(bytes: [UInt8], registry: FieldRegistry) throws(WireError) {
    var reader = ByteReader(bytes)
    let table = try reader.contextTable()
    let count = try reader.count("fields", limit: Limits.fieldsMax)
    contexts = []
    contexts.reserveCapacity(count)
    for _ in 0..<count {
      let field = try registry.name(at: try reader.varint("field number"))
      // As they are written.
      guard contexts.last.map({ $0.field < field }) ?? true else { throw .malformed(what: "own edits") }
      contexts.append((field, try table.context(at: try reader.varint("context"))))
    }
    absence = try reader.optional("absence") { reader throws(WireError) in try reader.dot() }
    try reader.expectEnd()
  }
}

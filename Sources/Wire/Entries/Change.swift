package import Datasets

/// One edit of one record: what is in an entry of a record stream.
package struct Change: Sendable, Equatable {
  /// What else is known of an edit. Unknown bits from newer nodes are kept.
  package struct Traits: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The first change of a record by this node: it must carry what the dataset requires.
    package static let creation = Traits(rawValue: 1)
    /// Made without a version: it saw whatever the store held at that moment, not what a person looked at.
    package static let blind = Traits(rawValue: 2)
    /// A deliberate step back of a monotone field.
    package static let correction = Traits(rawValue: 4)
    /// Chosen between siblings by a person.
    package static let resolution = Traits(rawValue: 8)
  }

  /// A field's new value and what its editor saw.
  package struct Edit: Sendable, Equatable {
    package let field: FieldName
    package let value: Value
    package let saw: Context

    package init(field: FieldName, value: Value, saw: Context) {
      self.field = field
      self.value = value
      self.saw = saw
    }
  }

  package var record: RecordID
  package var traits: Traits
  package var edits: [Edit]
  /// What was seen of `lifecycle` by a change that affirms `present`; nil when it affirms nothing (merge.md).
  package var affirmation: Context?
  /// The change that wrote the scope value that the editor was shown: write rules are judged by it.
  package var scopeSeen: Dot?
  /// A person's reason, for resolutions, deletes and corrections.
  package var reason: String?
  /// The import source or collector that it came from.
  package var source: String?

  package init(
    record: RecordID, traits: Traits = [], edits: [Edit], affirmation: Context? = nil,
    scopeSeen: Dot? = nil, reason: String? = nil, source: String? = nil
  ) {
    self.record = record
    self.traits = traits
    self.edits = edits
    self.affirmation = affirmation
    self.scopeSeen = scopeSeen
    self.reason = reason
    self.source = source
  }
}

extension Change {
  /// The bytes of the change without its seal.
  package var bytes: [UInt8] {
    var table = ContextTable()
    let contexts = edits.map { table.index(of: $0.saw) }
    let affirmed = affirmation.map { table.index(of: $0) }
    var writer = ByteWriter(capacity: 64 + edits.count * 24)
    writer.recordID(record)
    writer.byte(traits.rawValue)
    writer.contextTable(table)
    writer.optional(affirmed) { $0.varint($1) }
    writer.optional(scopeSeen) { $0.dot($1) }
    writer.optional(reason) { $0.text($1) }
    writer.optional(source) { $0.text($1) }
    writer.varint(edits.count)
    for (edit, context) in zip(edits, contexts) {
      writer.text(edit.field.text)
      writer.varint(context)
      writer.value(edit.value)
    }
    return writer.bytes
  }

  /// Reads what `bytes` wrote, up to the end of `reader`.
  package init(from reader: inout ByteReader) throws(WireError) {
    record = try reader.recordID()
    traits = Traits(rawValue: try reader.byte("traits"))
    let table = try reader.contextTable()
    affirmation = try reader.optional("affirmation") { reader throws(WireError) in
      try table.context(at: try reader.varint("context"))
    }
    scopeSeen = try reader.optional("scope seen") { reader throws(WireError) in try reader.dot() }
    reason = try reader.optional("reason") { reader throws(WireError) in
      try reader.text("reason", limit: Limits.reasonBytesMax)
    }
    source = try reader.optional("source") { reader throws(WireError) in
      try reader.text("source", limit: 128)
    }
    edits = try reader.list("edits", limit: Limits.fieldsMax) { reader throws(WireError) in
      let field = try reader.fieldName()
      let saw = try table.context(at: try reader.varint("context"))
      return Edit(field: field, value: try reader.value(), saw: saw)
    }
    try reader.expectEnd()
    guard Set(edits.map(\.field)).count == edits.count else { throw .malformed(what: "edits") }
  }
}

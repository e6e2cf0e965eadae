package import API
package import Datasets
package import Replication
package import Wire

/// Whether identifying numbers are handed out as they are.
package enum Disclosure: Sendable, Equatable {
  case masked
  /// To somebody who may, and has said why.
  case revealed
}

/// Turns records, conflicts and history into the API's form, with identifiers masked unless they are
/// disclosed.
package struct RecordRendering: Sendable {
  private static let hidden = JSONValue.string("***")

  private let disclosure: Disclosure
  private let fields: [FieldName: FieldDefinition]

  /// - Parameter definition: nil for a dataset that nobody has defined: everything in it may be personal
  ///   data.
  package init(_ definition: DatasetDefinition?, disclosure: Disclosure) {
    self.disclosure = disclosure
    fields = Dictionary(
      (definition?.fields ?? []).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Whether values of `field` are shown as they are.
  package func isShown(_ field: FieldName) -> Bool {
    if disclosure == .revealed || field.isReserved { return true }
    // An undeclared field may hold anything.
    return fields[field].map { $0.personal != .identifier } ?? false
  }

  package func value(_ value: Value, of field: FieldName) -> JSONValue {
    if value == .null || isShown(field) { return JSONValue(value) }
    switch (fields[field]?.type, value) {
    case (.nik?, .text(let text)), (.kk?, .text(let text)), (.nip?, .text(let text)):
      return .string(CivilNumber.masked(text))
    default: return Self.hidden
    }
  }

  /// - Parameters:
  ///   - fields: what is shown; what was cleared is left out.
  ///   - conflicts: fields whose siblings differ, with their state.
  package func record(
    _ id: RecordID, version: RecordVersion, fields: [(name: FieldName, value: Value)],
    conflicts: [(name: FieldName, state: ConflictState)], lifecycle: Lifecycle, aliasOf: RecordID? = nil
  ) -> RecordReply {
    var members = members(fields)
    if let aliasOf { members[FieldName.aliasOf.text] = .string(aliasOf.description) }
    let states = conflicts.map { ($0.name.text, $0.state.rawValue) }
    return RecordReply(
      id: id.description, version: version.text, fields: members,
      conflicts: states.isEmpty ? nil : Dictionary(states, uniquingKeysWith: { first, _ in first }),
      lifecycle: lifecycle == .present ? nil : lifecycle.rawValue)
  }

  /// An event or sample.
  package func occurrence(_ id: OccurrenceID, fields: [(name: FieldName, value: Value)]) -> RecordReply {
    RecordReply(id: id.description, version: nil, fields: members(fields))
  }

  /// - Parameters:
  ///   - policy: the merge policy's word.
  ///   - base: what all siblings replaced, when it is known.
  package func conflict(
    _ id: ConflictID, policy: String, state: ConflictState, shown: Value?, base: Value?,
    version: RecordVersion,
    siblings: [Sibling]
  ) -> ConflictReply {
    ConflictReply(
      id: id.description, dataset: id.dataset.text, record: id.record.description, field: id.field.text,
      policy: policy, state: state.rawValue, shown: value(shown ?? .null, of: id.field),
      base: value(base ?? .null, of: id.field), version: version.text,
      siblings: siblings.map {
        ConflictReply.Sibling(
          dot: $0.dot.description, node: $0.dot.author.node.text, value: value($0.value, of: id.field),
          time: InstantText.of($0.time), suspect: $0.isSuspect)
      })
  }

  /// - Parameter disposition: `applied`, `replaced`, `quarantined` or `pending`.
  package func change(
    _ change: Change, dot: Dot, at time: Timestamp, isSuspect: Bool, disposition: String
  ) -> HistoryReply.Entry {
    HistoryReply.Entry(
      dot: dot.description, node: dot.author.node.text, time: InstantText.of(time), suspect: isSuspect,
      fields: members(of: change), traits: change.traits.words, reason: change.reason, source: change.source,
      disposition: disposition)
  }

  /// What an entry writes; a gap writes nothing.
  package func members(of entry: Entry) -> [String: JSONValue]? {
    switch entry {
    case .change(_, let change): members(of: change)
    case .occurrence(_, let occurrence): members(occurrence.fields.map { ($0.name, $0.value) })
    case .gap: nil
    }
  }

  private func members(of change: Change) -> [String: JSONValue] {
    members(change.edits.map { ($0.field, $0.value) })
  }

  private func members(_ fields: [(name: FieldName, value: Value)]) -> [String: JSONValue] {
    Dictionary(
      fields.map { ($0.name.text, value($0.value, of: $0.name)) }, uniquingKeysWith: { first, _ in first })
  }
}

extension Change.Traits {
  /// The API's words.
  package var words: [String] {
    let known: [(Change.Traits, String)] = [
      (.creation, "creation"), (.blind, "blind"), (.correction, "correction"), (.resolution, "resolution"),
    ]
    return known.filter { contains($0.0) }.map(\.1)
  }
}

extension DatasetsReply.Dataset {
  package init(_ definition: DatasetDefinition) {
    self.init(
      id: definition.name.text, kind: definition.kind.rawValue, version: definition.version,
      title: definition.title.members, lane: definition.lane.word,
      fields: definition.fields.map {
        DatasetsReply.Field(
          name: $0.name.text, type: $0.type.word, title: $0.title.members, required: $0.isRequired,
          policy: $0.policy.word, personal: $0.personal.rawValue)
      })
  }
}

extension BilingualText {
  /// By language code.
  package var members: [String: String] { ["id": indonesian, "en": english] }
}

extension DatasetDefinition.Lane {
  /// The word in definitions.
  package var word: String {
    switch self {
    case .incident: "incident"
    case .record: "record"
    case .event: "event"
    case .sample: "sample"
    }
  }
}

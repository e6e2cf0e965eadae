package import API
package import Datasets
package import Replication
package import Wire

/// Whether identifying numbers are handed out as they are.
package enum Disclosure: Sendable {
  /// A NIK keeps its first six digits and, for staff, its serial number.
  case masked(for: Role)
  /// To somebody who may, and has said why; what is shown is added to these looks.
  case revealed(Looks)
}

/// Turns records, conflicts and history into the API's form, with identifiers masked unless they are
/// disclosed.
package struct RecordRendering: Sendable {
  private static let hidden = JSONValue.string("***")

  /// Nil where identifiers are masked.
  private let looks: Looks?
  private let dataset: DatasetName?
  private let fields: [FieldName: FieldDefinition]
  /// The natural key of events and samples: what names them is not looked through for numbers.
  private let key: Set<FieldName>
  private let hidesSerial: Bool

  /// - Parameter definition: nil for a dataset that nobody has defined: everything in it may be personal
  ///   data.
  package init(_ definition: DatasetDefinition?, disclosure: Disclosure) {
    switch disclosure {
    case .revealed(let looks):
      self.looks = looks
      hidesSerial = false
    case .masked(let role):
      looks = nil
      hidesSerial = role < .operator && definition?.hasBirthDate ?? false
    }
    dataset = definition?.name
    key = Set(definition?.key ?? [])
    fields = Dictionary(
      (definition?.fields ?? []).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Whether values of `field` are shown as they are.
  package func isShown(_ field: FieldName) -> Bool { looks != nil || !isIdentifier(field) }

  private func isIdentifier(_ field: FieldName) -> Bool {
    if field.isReserved { return false }
    // An undeclared field may hold anything.
    return fields[field].map { $0.personal == .identifier } ?? true
  }

  /// - Parameter record: whose it is, for the audit log; nil for an event's.
  package func value(_ value: Value, of field: FieldName, in record: RecordID?) -> JSONValue {
    note([(field, value)], record)
    return shown(value, of: field)
  }

  /// To be called for all that is shown of one record.
  private func note(_ fields: [(name: FieldName, value: Value)], _ record: RecordID?) {
    guard let looks else { return }
    let isLook = fields.contains { name, value in
      value != .null && (isIdentifier(name) || (!key.contains(name) && IdentityNumbers.areIn(value.text)))
    }
    if isLook { looks.add(dataset, record) }
  }

  private func shown(_ value: Value, of field: FieldName) -> JSONValue {
    if value == .null || looks != nil { return JSONValue(value) }
    guard isIdentifier(field) else { return key.contains(field) ? JSONValue(value) : JSONValue(Self.cleared(value)) }
    switch (fields[field]?.type, value) {
    case (.nik?, .text(let text)): return .string(CivilNumber.masked(text, hidesSerial: hidesSerial))
    case (.kk?, .text(let text)), (.nip?, .text(let text)): return .string(CivilNumber.masked(text))
    default: return Self.hidden
    }
  }

  /// What a search may find of a value; nil for what is masked, which is found by the whole of it alone.
  package func searchText(_ value: Value, of field: FieldName) -> String? {
    guard isShown(field) else { return nil }
    return looks == nil && !key.contains(field) ? Self.cleared(value).text : value.text
  }

  /// Without the numbers that somebody typed where they do not belong: a NIK in an address.
  private static func cleared(_ value: Value) -> Value {
    switch value {
    case .text(let text): .text(IdentityNumbers.masked(text))
    case .list(let elements): .list(elements.map(IdentityNumbers.masked))
    default: value
    }
  }

  /// - Parameters:
  ///   - fields: what is shown; what was cleared is left out.
  ///   - conflicts: fields whose siblings differ, with their state.
  package func record(
    _ id: RecordID, version: RecordVersion, fields: [(name: FieldName, value: Value)],
    conflicts: [(name: FieldName, state: ConflictState)], lifecycle: Lifecycle, aliasOf: RecordID? = nil
  ) -> RecordReply {
    var members = members(fields, of: id)
    if let aliasOf { members[FieldName.aliasOf.text] = .string(aliasOf.description) }
    let states = conflicts.map { ($0.name.text, $0.state.rawValue) }
    return RecordReply(
      id: id.description, version: version.text, fields: members,
      conflicts: states.isEmpty ? nil : Dictionary(states, uniquingKeysWith: { first, _ in first }),
      lifecycle: lifecycle == .present ? nil : lifecycle.rawValue)
  }

  /// An event or sample, named by its natural key.
  ///
  /// A masked part of the key is masked in the name too: that names nothing any more, but tells nothing either.
  package func occurrence(key: [FieldName], fields: [(name: FieldName, value: Value)]) -> RecordReply {
    let texts = key.map { name -> String in
      let value = fields.first { $0.name == name }?.value ?? .null
      if case .string(let text) = shown(value, of: name) { return text }
      return value.text
    }
    return RecordReply(id: OccurrenceID(key: texts).description, version: nil, fields: members(fields, of: nil))
  }

  /// - Parameters:
  ///   - policy: the merge policy's word.
  ///   - base: what all siblings replaced, when it is known.
  package func conflict(
    _ id: ConflictID, policy: String, state: ConflictState, shown: Value?, base: Value?,
    version: RecordVersion,
    siblings: [Sibling]
  ) -> ConflictReply {
    let values = [shown, base].compactMap { $0 } + siblings.map(\.value)
    note(values.map { (id.field, $0) }, id.record)
    return ConflictReply(
      id: id.description, dataset: id.dataset.text, record: id.record.description, field: id.field.text,
      policy: policy, state: state.rawValue, shown: self.shown(shown ?? .null, of: id.field),
      base: self.shown(base ?? .null, of: id.field), version: version.text,
      siblings: siblings.map {
        ConflictReply.Sibling(
          dot: $0.dot.description, node: $0.dot.author.node.text, value: self.shown($0.value, of: id.field),
          time: InstantText.of($0.time), suspect: $0.isSuspect)
      })
  }

  /// - Parameter disposition: `applied`, `replaced`, `quarantined` or `pending`.
  package func change(
    _ change: Change, dot: Dot, at time: Timestamp, isSuspect: Bool, disposition: String
  ) -> HistoryReply.Entry {
    HistoryReply.Entry(
      dot: dot.description, node: dot.author.node.text, time: InstantText.of(time), suspect: isSuspect,
      fields: members(of: change), traits: change.traits.words,
      // Typed by people, and the names of their files: never needed whole.
      reason: change.reason.map(IdentityNumbers.masked), source: change.source.map(IdentityNumbers.masked),
      disposition: disposition)
  }

  /// What an entry writes; a gap writes nothing.
  package func members(of entry: Entry) -> [String: JSONValue]? {
    switch entry {
    case .change(_, let change): members(of: change)
    case .occurrence(_, let occurrence): members(occurrence.fields.map { ($0.name, $0.value) }, of: nil)
    case .gap: nil
    }
  }

  private func members(of change: Change) -> [String: JSONValue] {
    members(change.edits.map { ($0.field, $0.value) }, of: change.record)
  }

  /// - Parameter record: whose they are; nil for an event's.
  package func members(_ fields: [(name: FieldName, value: Value)], of record: RecordID?) -> [String: JSONValue] {
    note(fields, record)
    return Dictionary(
      fields.map { (looks == nil ? IdentityNumbers.masked($0.name.text) : $0.name.text, shown($0.value, of: $0.name)) },
      uniquingKeysWith: { first, _ in first })
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
  /// - Parameter regions: those known by name; nil where there are none.
  package init(_ definition: DatasetDefinition, regions: RegionTable?) {
    self.init(
      id: definition.name.text, kind: definition.kind.rawValue, version: definition.version,
      title: definition.title.members, lane: definition.lane.word,
      fields: definition.fields.map {
        DatasetsReply.Field(
          name: $0.name.text, type: $0.type.word, title: $0.title.members, required: $0.isRequired,
          policy: $0.policy.word, personal: $0.personal.rawValue, codes: Self.codes(of: $0, regions))
      })
  }

  private static func codes(of field: FieldDefinition, _ regions: RegionTable?) -> [String: [String: String]]? {
    let titles: [(String, BilingualText)]
    switch field.type {
    case .code(let table): titles = table.codes.map { ($0.code, $0.title) }
    case .region: titles = (regions?.titles ?? []).map { ($0.code.text, BilingualText.verbatim($0.title)) }
    default: return nil
    }
    return titles.isEmpty
      ? nil : Dictionary(titles.map { ($0.0, $0.1.members) }, uniquingKeysWith: { first, _ in first })
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

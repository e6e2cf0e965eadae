/// What a dataset is: read from one TOML file, handed by the centre to the nodes, never compiled in.
package struct DatasetDefinition: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    /// Append-only fact, deduplicated by natural key.
    case event
    /// Time series; may be thinned under pressure.
    case sample
    /// Mutable, edited in several offices, merged field by field.
    case record
  }

  /// The lane a dataset's changes travel in; an earlier one never waits behind a later one.
  package enum Lane: Int, Sendable, CaseIterable, Comparable {
    case incident
    case record
    case event
    case sample

    package static func < (left: Lane, right: Lane) -> Bool { left.rawValue < right.rawValue }
  }

  package var name: DatasetName
  package var kind: Kind
  /// Rises with every additive change; a lower one never replaces a higher one.
  package var version: Int
  package var title: BilingualText
  package var lane: Lane
  /// The fields whose values identify a record (kind record).
  package var identity: [FieldName]
  /// The fields of the natural key (kinds event and sample).
  package var key: [FieldName]
  /// The region field that decides who reads and writes a record.
  package var scope: FieldName?
  /// By which fields duplicates are looked for (kind record); nil: not at all.
  package var person: PersonFields?
  package var read: [AccessRule]
  package var write: [AccessRule]
  /// In the order of the file, which is the order of columns and of display.
  package var fields: [FieldDefinition]

  package init(
    name: DatasetName, kind: Kind, version: Int, title: BilingualText, lane: Lane,
    identity: [FieldName] = [], key: [FieldName] = [], scope: FieldName? = nil,
    person: PersonFields? = nil, read: [AccessRule] = [], write: [AccessRule] = [], fields: [FieldDefinition]
  ) {
    self.name = name
    self.kind = kind
    self.version = version
    self.title = title
    self.lane = lane
    self.identity = identity
    self.key = key
    self.scope = scope
    self.person = person
    self.read = read
    self.write = write
    self.fields = fields
  }

  package func field(_ name: FieldName) -> FieldDefinition? {
    fields.first { $0.name == name }
  }

  /// Whether its records say when somebody was born.
  package var hasBirthDate: Bool {
    person?.birthDate != nil || identity.contains { field($0)?.type == .date }
  }
}

/// A text for people, Indonesian first.
package struct BilingualText: Sendable, Equatable, Hashable {
  package let indonesian: String
  package let english: String

  package init(id indonesian: String, en english: String) {
    self.indonesian = indonesian
    self.english = english
  }

  /// What needs no translation or has none: figures, names, the words of the system.
  package static func verbatim(_ words: String) -> BilingualText { BilingualText(id: words, en: words) }

  package func callAsFunction(_ language: Language) -> String {
    language == .indonesian ? indonesian : english
  }
}

package enum Language: String, Sendable, CaseIterable {
  case indonesian = "id"
  case english = "en"

  /// The one of two texts that is in this language.
  package func callAsFunction(_ indonesian: String, _ english: String) -> String {
    self == .english ? english : indonesian
  }
}

import Datasets
import Storage

/// What of a definition the stored data depends on, as stored text: tables take no definition that breaks it.
///
/// Whoever installs has held the files against the stored texts before, with words for people (`StoredFleet`).
/// One line per fact, so that a person can read it too: `kind event`, `key device pin`, `field pin text 32`.
struct DefinitionShape: Equatable {
  struct Field: Equatable {
    let name: String
    let type: String
    let isRequired: Bool
  }

  let kind: String
  let version: Int
  let key: String
  let identity: String
  let scope: String
  let fields: [Field]

  init(_ definition: DatasetDefinition) {
    kind = definition.kind.rawValue
    version = definition.version
    key = definition.key.map(\.text).joined(separator: " ")
    identity = definition.identity.map(\.text).joined(separator: " ")
    scope = definition.scope?.text ?? ""
    fields = definition.fields.map {
      Field(name: $0.name.text, type: $0.type.word, isRequired: $0.isRequired)
    }
  }

  var text: String {
    let head = ["kind \(kind)", "version \(version)", "key \(key)", "identity \(identity)", "scope \(scope)"]
    let lines = fields.map { "field \($0.name) \($0.type)\($0.isRequired ? " required" : "")" }
    return (head + lines).joined(separator: "\n")
  }

  /// - Returns: nil when the text is none of ours.
  init?(text: String) {
    var facts: [String: String] = [:]
    var fields: [Field] = []
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard words.count == 2 else { return nil }
      if words[0] == "field" {
        let parts = words[1].split(separator: " ").map(String.init)
        guard parts.count >= 2 else { return nil }
        fields.append(Field(name: parts[0], type: parts[1], isRequired: parts.count > 2))
      } else {
        facts[words[0]] = words[1]
      }
    }
    guard let kind = facts["kind"], let version = facts["version"].flatMap({ Int($0) }) else { return nil }
    self.kind = kind
    self.version = version
    key = facts["key"] ?? ""
    identity = facts["identity"] ?? ""
    scope = facts["scope"] ?? ""
    self.fields = fields
  }

  /// Why data stored under `older` does not fit; none when this only adds.
  func incompatibilities(with older: DefinitionShape) -> [String] {
    var found: [String] = []
    if kind != older.kind { found.append("its kind changed from \(older.kind) to \(kind)") }
    if version < older.version {
      found.append("version \(version) is lower than the installed \(older.version)")
    }
    if key != older.key { found.append("its key changed from \"\(older.key)\" to \"\(key)\"") }
    if identity != older.identity { found.append("its identity changed") }
    if scope != older.scope { found.append("its scope field changed") }
    for old in older.fields {
      guard let new = fields.first(where: { $0.name == old.name }) else {
        found.append("the field \(old.name) was removed")
        continue
      }
      if new.type != old.type {
        found.append("the field \(old.name) changed from \(old.type) to \(new.type)")
      }
      if new.isRequired, !old.isRequired { found.append("the field \(old.name) became required") }
    }
    for new in fields where new.isRequired && !older.fields.contains(where: { $0.name == new.name }) {
      found.append("the new field \(new.name) is required")
    }
    return found
  }
}

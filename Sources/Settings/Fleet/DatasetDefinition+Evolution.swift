package import Datasets

extension DatasetDefinition {
  /// Why this definition cannot take the place of `older`; none when it only adds.
  ///
  /// Streams keep changes of all versions, so what was valid must stay valid: fields stay, with their types,
  /// and nothing becomes required. Titles, rules, policies and headers may change and codes may be added, with
  /// a higher version.
  package func incompatibilities(with older: DatasetDefinition) -> [String] {
    guard self != older else { return [] }
    var found: [String] = []
    if name != older.name { found.append("the name changed from \(older.name) to \(name)") }
    if kind != older.kind { found.append("the kind changed from \(older.kind.rawValue) to \(kind.rawValue)") }
    if version < older.version {
      found.append("version \(version) is lower than \(older.version)")
    } else if version == older.version {
      found.append("version \(version) is already taken by another content: raise it")
    }
    if identity != older.identity { found.append("the identity changed") }
    if key != older.key { found.append("the key changed") }
    if scope != older.scope { found.append("the scope changed") }
    for old in older.fields {
      guard let new = field(old.name) else {
        found.append("the field \(old.name) was removed")
        continue
      }
      if let change = new.type.incompatibility(with: old.type) {
        found.append("the field \(old.name) \(change)")
      }
      if new.isRequired, !old.isRequired { found.append("the field \(old.name) became required") }
    }
    for new in fields where new.isRequired && older.field(new.name) == nil {
      found.append("the new field \(new.name) is required")
    }
    return found
  }
}

extension FieldType {
  /// What a value of the older type would not survive; nil when all do.
  fileprivate func incompatibility(with older: FieldType) -> String? {
    switch (older, self) {
    case (.text(let old), .text(let new)): new < old ? "takes fewer characters" : nil
    case (.list(let oldLength, let oldCount), .list(let length, let count)):
      length < oldLength || count < oldCount ? "takes fewer or shorter texts" : nil
    case (.integer(let oldMinimum, let oldMaximum), .integer(let minimum, let maximum)):
      Self.isNarrower(minimum, maximum, than: oldMinimum, oldMaximum) ? "has a narrower range" : nil
    case (.decimal(let oldMinimum, let oldMaximum), .decimal(let minimum, let maximum)):
      Self.isNarrower(minimum, maximum, than: oldMinimum, oldMaximum) ? "has a narrower range" : nil
    case (.code(let old), .code(let new)):
      Set(old.codes.map(\.code)).subtracting(new.codes.map(\.code)).min().map { "lost the code \($0)" }
    default: older.word == word ? nil : "changed its type from \(older.word) to \(word)"
    }
  }

  private static func isNarrower<Number: Comparable>(
    _ minimum: Number?, _ maximum: Number?, than oldMinimum: Number?, _ oldMaximum: Number?
  ) -> Bool {
    let isLowerCut = minimum.map { new in oldMinimum.map { $0 < new } ?? true } ?? false
    let isUpperCut = maximum.map { new in oldMaximum.map { $0 > new } ?? true } ?? false
    return isLowerCut || isUpperCut
  }
}

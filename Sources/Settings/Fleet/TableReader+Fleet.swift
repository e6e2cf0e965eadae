import Datasets

// Values that the fleet's files have in common.
extension TableReader {
  /// `{ id = "…", en = "…" }`, which must be there with both.
  func title(_ key: String = "title") -> BilingualText? {
    guard has(key) else {
      missing(key, remedy: "write \(key) = { id = \"…\", en = \"…\" }")
      return nil
    }
    guard let table = table(key) else { return nil }
    let indonesian = table.requiredString("id")
    let english = table.requiredString("en")
    guard let indonesian, let english else { return nil }
    return BilingualText(id: indonesian, en: english)
  }

  func fieldNames(_ key: String) -> [FieldName]? {
    guard
      let names = values(
        key, form: "a field's name: lower-case letters, digits, underscores", { FieldName($0) })
    else { return nil }
    if Set(names).count < names.count { report(key, "names a field twice") }
    return names
  }

  func nodeNames(_ key: String) -> [NodeName]? {
    guard
      let names = values(
        key, form: "a node's name: lower-case letters, digits, inner hyphens", { NodeName($0) })
    else { return nil }
    if Set(names).count < names.count { report(key, "names a node twice") }
    return names
  }

  /// Names of roles: formed like those of nodes; `*` where every node may be meant.
  func roles(orEveryNode: Bool) -> [String]? {
    guard has("roles") else {
      missing("roles")
      return nil
    }
    let form = "a role's name: lower-case letters, digits, inner hyphens" + (orEveryNode ? ", or \"*\"" : "")
    return values("roles", form: form) { role in
      NodeName(role) != nil || (orEveryNode && role == "*") ? role : nil
    }
  }

  func region(_ key: String) -> RegionCode? {
    guard has(key) else {
      missing(key)
      return nil
    }
    return value(key, form: "a region's code such as \"73.12.04\"") { text in
      // Only the dotted form: files are compared by eye.
      RegionCode(text).flatMap { $0.text == text ? $0 : nil }
    }
  }

  /// Spellings and the like: none when absent, no empty one.
  func spellings(_ key: String) -> [String] {
    values(key, form: "a text that is not empty") { text in
      text.contains { !$0.isWhitespace } ? text : nil
    } ?? []
  }
}

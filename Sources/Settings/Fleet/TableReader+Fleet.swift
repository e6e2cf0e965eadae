import Datasets

// Values that the fleet's files have in common.
extension TableReader {
  /// `{ id = "…", en = "…" }`, which must be there with both.
  func title(_ key: String = "title") -> BilingualText? {
    guard has(key) else {
      missing(
        key,
        remedy: .init(
          id: "tulis \(key) = { id = \"…\", en = \"…\" }", en: "write \(key) = { id = \"…\", en = \"…\" }"))
      return nil
    }
    guard let table = table(key) else { return nil }
    let indonesian = table.requiredString("id")
    let english = table.requiredString("en")
    guard let indonesian, let english else { return nil }
    return BilingualText(id: indonesian, en: english)
  }

  func fieldNames(_ key: String) -> [FieldName]? {
    let form = BilingualText(
      id: "nama kolom: huruf kecil, angka, garis bawah", en: "a field's name: lower-case letters, digits, underscores")
    guard let names = values(key, form: form, { FieldName($0) }) else { return nil }
    if Set(names).count < names.count {
      report(key, .init(id: "menyebut satu kolom dua kali", en: "names a field twice"))
    }
    return names
  }

  func nodeNames(_ key: String) -> [NodeName]? {
    let form = BilingualText(
      id: "nama node: huruf kecil, angka, tanda hubung di tengah",
      en: "a node's name: lower-case letters, digits, inner hyphens")
    guard let names = values(key, form: form, { NodeName($0) }) else { return nil }
    if Set(names).count < names.count {
      report(key, .init(id: "menyebut satu node dua kali", en: "names a node twice"))
    }
    return names
  }

  /// Names of roles: formed like those of nodes; `*` where every node may be meant.
  func roles(orEveryNode: Bool) -> [String]? {
    guard has("roles") else {
      missing("roles")
      return nil
    }
    let form = BilingualText(
      id: "nama peran: huruf kecil, angka, tanda hubung di tengah" + (orEveryNode ? ", atau \"*\"" : ""),
      en: "a role's name: lower-case letters, digits, inner hyphens" + (orEveryNode ? ", or \"*\"" : ""))
    return values("roles", form: form) { role in
      NodeName(role) != nil || (orEveryNode && role == "*") ? role : nil
    }
  }

  func region(_ key: String) -> RegionCode? {
    guard has(key) else {
      missing(key)
      return nil
    }
    let form = BilingualText(
      id: "kode wilayah seperti \"73.12.04\"", en: "a region's code such as \"73.12.04\"")
    return value(key, form: form) { text in
      // Only the dotted form: files are compared by eye.
      RegionCode(text).flatMap { $0.text == text ? $0 : nil }
    }
  }

  /// Spellings and the like: none when absent, no empty one.
  func spellings(_ key: String) -> [String] {
    let form = BilingualText(id: "teks yang tidak kosong", en: "a text that is not empty")
    return values(key, form: form) { text in
      text.contains { !$0.isWhitespace } ? text : nil
    } ?? []
  }
}

package import Datasets

/// What is wrong with a definition that takes the place of an older one, and what to do.
package struct Incompatibility: Sendable, Equatable {
  /// Whether it must not take its place: stored data would not fit. Else people should only know.
  package let isForbidden: Bool
  /// The key in the definition's file.
  package let key: String
  package let reason: BilingualText
  package let remedy: BilingualText
}

extension DatasetDefinition {
  /// What is wrong with this definition in the place of `older`; none when it only adds.
  ///
  /// Streams keep changes of all versions, so what was valid must stay valid: fields stay, with their types,
  /// and nothing becomes required. Titles, rules, policies and headers may change, with a higher version; one that
  /// was not raised is no reason to leave a right in force that somebody took away. Code tables are files of their own, of
  /// many datasets: codes and spellings may be added to them as they are.
  package func incompatibilities(with older: DatasetDefinition) -> [Incompatibility] {
    guard self != older else { return [] }
    var found: [Incompatibility] = []
    func add(
      _ key: String, _ id: String, _ en: String, _ remedy: BilingualText = Self.addInstead, isForbidden: Bool = true
    ) {
      found.append(
        Incompatibility(
          isForbidden: isForbidden, key: key, reason: BilingualText(id: id, en: en), remedy: remedy))
    }
    if name != older.name { add("id", "nama berubah dari \(older.name)", "the name changed from \(older.name)") }
    if kind != older.kind {
      add("kind", "berubah dari \(older.kind.rawValue)", "changed from \(older.kind.rawValue)")
    }
    if version < older.version {
      add(
        "version", "\(version), padahal yang sudah dipasang \(older.version)",
        "\(version) is lower than the installed \(older.version)", Self.raise(above: older.version))
    } else if version == older.version, withoutCodes != older.withoutCodes {
      add(
        "version", "masih \(version), padahal isi berkas ini lain dari yang sudah dipasang dengan versi itu",
        "is still \(version), but the file differs from what is installed under it", Self.raise(above: version),
        isForbidden: false)
    }
    for (key, isSame) in [("identity", identity == older.identity), ("key", self.key == older.key)] where !isSame {
      add(key, "berubah", "changed")
    }
    if scope != older.scope { add("scope", "berubah", "changed") }
    for old in older.fields {
      let key = "fields.\(old.name)"
      guard let new = field(old.name) else {
        add(key, "kolom ini hilang", "this field is gone")
        continue
      }
      if let change = new.type.incompatibility(with: old.type) { add(key, change.indonesian, change.english) }
      if new.isRequired, !old.isRequired { add(key, "menjadi wajib", "became required") }
    }
    for new in fields where new.isRequired && older.field(new.name) == nil {
      add("fields.\(new.name)", "kolom baru tidak boleh wajib", "a new field must not be required")
    }
    return found
  }

  private static let addInstead = BilingualText(
    id: "data yang tersimpan mungkin memakai yang lama: kembalikan, atau buat kolom atau dataset baru di sampingnya",
    en: "stored data may have it: put it back, or declare a new field or dataset beside it")

  private static func raise(above version: Int) -> BilingualText {
    BilingualText(id: "tulis version = \(version + 1)", en: "write version = \(version + 1)")
  }

  /// What is written in the definition's own file.
  private var withoutCodes: DatasetDefinition {
    var own = self
    for index in own.fields.indices {
      guard case .code(let table) = own.fields[index].type else { continue }
      own.fields[index].type = .code(CodeTable(name: table.name, codes: []))
    }
    return own
  }
}

extension FieldType {
  /// What a value of the older type would not survive; nil when all do.
  fileprivate func incompatibility(with older: FieldType) -> BilingualText? {
    let narrower = BilingualText(id: "jangkauannya menyempit", en: "has a narrower range")
    switch (older, self) {
    case (.text(let old), .text(let new)):
      guard new < old else { return nil }
      return BilingualText(id: "memuat lebih sedikit karakter", en: "takes fewer characters")
    case (.list(let oldLength, let oldCount), .list(let length, let count)):
      guard length < oldLength || count < oldCount else { return nil }
      return BilingualText(id: "memuat teks yang lebih sedikit atau lebih pendek", en: "takes fewer or shorter texts")
    case (.integer(let oldMinimum, let oldMaximum), .integer(let minimum, let maximum)):
      return Self.isNarrower(minimum, maximum, than: oldMinimum, oldMaximum) ? narrower : nil
    case (.decimal(let oldMinimum, let oldMaximum), .decimal(let minimum, let maximum)):
      return Self.isNarrower(minimum, maximum, than: oldMinimum, oldMaximum) ? narrower : nil
    case (.code(let old), .code(let new)):
      let lost = Set(old.codes.map(\.code)).subtracting(new.codes.map(\.code)).min()
      return lost.map { BilingualText(id: "kode \($0) hilang", en: "lost the code \($0)") }
    default:
      guard older.word != word else { return nil }
      return BilingualText(
        id: "tipenya berubah dari \(older.word) menjadi \(word)",
        en: "changed its type from \(older.word) to \(word)")
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

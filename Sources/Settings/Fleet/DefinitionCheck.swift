import Datasets

/// Whether the parts of a definition fit each other; where not, says so at the place in its file.
struct DefinitionCheck {
  /// With twice as many undeclared ones as a dataset takes (ADR 0020) they still fit a record's 512.
  private static let fieldsMax = 380

  let definition: DatasetDefinition
  let root: TableReader

  func run() {
    if ReservedNames.datasets.contains(definition.name.text) {
      root.report(
        "id", .init(id: "nama ini dipakai oleh Simpul sendiri", en: "is a name that Simpul itself uses"),
        remedy: .init(id: "ganti nama dataset itu dan berkasnya", en: "rename the dataset and its file"))
    }
    checkKeys()
    checkScope()
    checkPerson()
    for (key, rules) in [("read", definition.read), ("write", definition.write)] { checkRules(key, rules) }
    if definition.write.isEmpty {
      root.missing(
        "write",
        remedy: .init(
          id: "tulis aturan [[write]]: tanpa itu tidak ada kantor yang boleh mengisi dataset ini",
          en: "write a [[write]] rule: without one no node may fill the dataset"))
    }
    for field in definition.fields { check(field) }
    checkHeaders()
    if definition.fields.count > Self.fieldsMax {
      let (most, count) = (Self.fieldsMax, definition.fields.count)
      root.report(
        "fields", .init(id: "harus paling banyak \(most), ini \(count)", en: "must be at most \(most), found \(count)"))
    }
  }

  // MARK: - Identity, key, scope

  private func checkKeys() {
    let isRecord = definition.kind == .record
    let wanted = isRecord ? "identity" : "key"
    let other = isRecord ? "key" : "identity"
    let names = isRecord ? definition.identity : definition.key
    if root.has(other) {
      let kind = definition.kind.rawValue
      root.report(
        other, .init(id: "bukan untuk kind \(kind)", en: "is not for kind \(kind)"),
        remedy: .init(id: "tulis \(wanted) sebagai gantinya", en: "write \(wanted) instead"))
    }
    guard root.has(wanted) else {
      return root.missing(
        wanted,
        remedy: .init(
          id: "sebutkan kolom yang membedakan satu data dari yang lain",
          en: "name the fields that tell one from another"))
    }
    if names.isEmpty, case .array([])? = root.raw(wanted) { root.report(wanted, .mustNotBeEmpty) }
    for (index, name) in names.enumerated() {
      let place = SettingPath.root.appending(wanted).appending(index: index)
      guard let field = field(name, at: place) else { continue }
      switch field.type {
      case .list, .decimal, .boolean:
        let type = field.type.word
        root.report(
          at: place,
          .init(
            id: "kolom bertipe \(type) tidak dapat menjadi pengenal",
            en: "a field of type \(type) cannot identify anything"))
      default: break
      }
      // Without one of its parts a natural key tells nothing apart; a record may lack its NIK.
      if !isRecord, !field.isRequired {
        root.report(
          at: place,
          .init(
            id: "\(name) wajib diisi, karena bagian dari key",
            en: "\(name) must be required, as a part of the key"),
          remedy: .init(
            id: "tulis required = true di [fields.\(name)]", en: "write required = true in [fields.\(name)]"))
      }
    }
  }

  private func checkScope() {
    guard let scope = definition.scope else {
      if definition.kind == .record, !root.has("scope") {
        root.missing(
          "scope",
          remedy: .init(
            id: "sebutkan kolom bertipe region yang menentukan siapa membaca dan menulis sebuah data",
            en: "name the field of type region that decides who reads and writes a record"))
      }
      return
    }
    let place = SettingPath.root.appending("scope")
    if definition.kind != .record { root.report(at: place, .onlyForRecords, remedy: .removeIt) }
    guard let field = field(scope, at: place), field.type != .region else { return }
    let type = field.type.word
    root.report(
      at: place,
      .init(id: "\(scope) harus bertipe region, bukan \(type)", en: "\(scope) must be of type region, is \(type)"))
  }

  private func checkPerson() {
    guard let person = definition.person else { return }
    if definition.kind != .record { root.report("person", .onlyForRecords, remedy: .removeIt) }
    for (key, name) in person.named {
      let place = SettingPath.root.appending(["person", key])
      guard let field = field(name, at: place) else { continue }
      let fits =
        switch (key, field.type) {
        case ("birth_date", .date), ("number", .nik), ("number", .nip), ("number", .text): true
        case ("name", .text), ("mother", .text), ("sex", .code), ("sex", .text): true
        default: false
        }
      guard !fits else { continue }
      let type = field.type.word
      root.report(
        at: place,
        .init(
          id: "\(name) bertipe \(type), yang tidak cocok di sini",
          en: "\(name) is of type \(type), which does not fit here"))
    }
  }

  private func checkRules(_ key: String, _ rules: [AccessRule]) {
    for (index, rule) in rules.enumerated() {
      let place = SettingPath.root.appending(key).appending(index: index)
      if rule.ownRegionOnly, definition.scope == nil {
        root.report(
          at: place.appending("region"),
          .init(id: "memerlukan scope: dataset ini tidak punya", en: "needs a scope: the dataset has none"))
      }
      // A reader of some fields could not prove that its copy is whole: digests of occurrences are over all of them.
      if key == "read", rule.fields != nil, definition.kind != .record {
        root.report(
          at: place.appending("fields"), .onlyForRecords,
          remedy: .init(
            id: "hapus saja, atau buat dataset kedua tanpa kolom yang lain",
            en: "remove it, or declare a second dataset without the other fields"))
      }
      for (index, name) in (rule.fields ?? []).enumerated() {
        _ = field(name, at: place.appending("fields").appending(index: index))
      }
    }
  }

  /// The field called `name`; a problem at `place` when there is none.
  private func field(_ name: FieldName, at place: SettingPath) -> FieldDefinition? {
    if let field = definition.field(name) { return field }
    let near = EditDistance.nearest(to: name.text, among: definition.fields.map(\.name.text))
    root.report(
      at: place, .init(id: "tidak ada kolom \(name)", en: "there is no field \(name)"),
      remedy: near.map(BilingualText.didYouMean))
    return nil
  }

  // MARK: - Fields

  private func check(_ field: FieldDefinition) {
    let place = SettingPath.root.appending(["fields", field.name.text])
    if field.name.isReserved || ReservedNames.fields(definition.kind).contains(field.name.text) {
      root.report(
        at: place, .init(id: "nama ini dipakai oleh Simpul sendiri", en: "is a name that Simpul itself uses"),
        remedy: .init(id: "ganti nama kolom itu", en: "rename the field"))
    }
    checkPolicy(of: field, at: place)
    let hasDistrict = !field.districtHeaders.isEmpty
    let hasVillage = !field.villageHeaders.isEmpty
    if hasDistrict || hasVillage, field.type != .region {
      let key = hasDistrict ? "headers_kecamatan" : "headers_desa"
      root.report(at: place.appending(key), .onlyForFields(of: "region"))
    } else if hasDistrict != hasVillage {
      let key = hasDistrict ? "headers_desa" : "headers_kecamatan"
      root.report(
        .missing, at: place.appending(key),
        .init(
          id: "belum ada: hanya kedua nama bersama-sama yang menghasilkan kode",
          en: "is missing: only both names together give a code"))
    }
  }

  private func checkPolicy(of field: FieldDefinition, at place: SettingPath) {
    switch field.policy {
    case .authority where definition.kind == .record && field.authority.isEmpty:
      root.report(
        .missing, at: place.appending("authority"),
        .init(id: "belum ada: policy authority memerlukannya", en: "is missing: the policy authority needs one"),
        remedy: .init(
          id: "tulis authority = [\"NODE\"], yang paling berwenang lebih dulu",
          en: "write authority = [\"NODE\"], best first"))
    case .authority, .review: break
    case .latest, .union, .monotone:
      if !field.authority.isEmpty {
        root.report(
          at: place.appending("authority"),
          .init(
            id: "hanya untuk policy review dan authority", en: "is only for the policies review and authority"))
      }
    }
    if case .union = field.policy {
      if case .list = field.type {
      } else {
        root.report(
          at: place.appending("policy"),
          .init(id: "union hanya untuk kolom bertipe list", en: "union is only for fields of type list"))
      }
    }
    if case .monotone(let order) = field.policy { checkOrder(order, of: field, at: place.appending("order")) }
  }

  private func checkOrder(_ order: [String], of field: FieldDefinition, at place: SettingPath) {
    if order.count < 2 {
      root.report(
        at: place,
        .init(
          id: "harus menyebut sedikitnya dua kode, yang terjauh paling akhir",
          en: "must name at least two codes, furthest last"))
    }
    if Set(order).count < order.count {
      root.report(at: place, .init(id: "menyebut satu kode dua kali", en: "names a code twice"))
    }
    guard case .code(let table) = field.type else {
      root.report(
        at: place.parent.appending("policy"),
        .init(id: "monotone hanya untuk kolom bertipe code", en: "monotone is only for fields of type code"))
      return
    }
    let codes = table.codes.map(\.code)
    for (index, code) in order.enumerated() where !codes.contains(code) {
      let near = EditDistance.nearest(to: code, among: codes)
      root.report(
        at: place.appending(index: index),
        .init(id: "\"\(code)\" bukan kode dari \(table.name)", en: "\"\(code)\" is no code of \(table.name)"),
        remedy: near.map(BilingualText.didYouMean))
    }
  }

  // MARK: - Headers

  /// A column that could be two fields would fill one of them by chance.
  private func checkHeaders() {
    var owners: [String: String] = [:]
    for field in definition.fields { owners[Self.folded(field.name.text)] = field.name.text }
    for field in definition.fields {
      for (key, headers) in [
        ("headers", field.headers), ("headers_kecamatan", field.districtHeaders),
        ("headers_desa", field.villageHeaders),
      ] {
        for (index, header) in headers.enumerated() {
          // The two names of a region stand for different things in one field.
          let owner = key == "headers" ? field.name.text : "\(field.name.text).\(key)"
          let holder = owners[Self.folded(header)]
          if let holder, holder != owner {
            let place = SettingPath.root.appending(["fields", field.name.text, key]).appending(index: index)
            root.report(
              at: place,
              .init(
                id: "\"\(header)\" sudah dipakai untuk \(holder)", en: "\"\(header)\" already stands for \(holder)"),
              remedy: .removeOne)
          } else {
            owners[Self.folded(header)] = owner
          }
        }
      }
    }
  }

  /// Headers are compared without case, trimmed, with runs of blanks as one.
  private static func folded(_ header: String) -> String {
    header.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}

extension BilingualText {
  fileprivate static let onlyForRecords = BilingualText(id: "hanya untuk kind record", en: "is only for kind record")

  fileprivate static func onlyForFields(of type: String) -> BilingualText {
    BilingualText(id: "hanya untuk kolom bertipe \(type)", en: "is only for fields of type \(type)")
  }
}

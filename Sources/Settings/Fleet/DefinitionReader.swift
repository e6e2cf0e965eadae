import Datasets

/// Reads a dataset's definition from its file or from the text that the centre hands to the nodes.
struct DefinitionReader {
  let root: TableReader
  /// The tables that coded fields may name.
  let codeTables: [String: CodeTable]
  /// Where code tables are looked for, in the words of a remedy.
  let codeTablesPlace: String

  /// - Returns: nil when something is so wrong that there is no definition; the problems say what.
  func read() -> DatasetDefinition? {
    let name = name()
    let kind = required("kind", DatasetDefinition.Kind.self)
    let version = version()
    let title = root.title()
    let lane = lane()
    let identity = root.fieldNames("identity") ?? []
    let key = root.fieldNames("key") ?? []
    let scope = root.value("scope", form: Self.fieldNameForm) { FieldName($0) }
    let person = root.has("person") ? person() : nil
    let read = root.tables("read").compactMap(rule)
    let write = root.tables("write").compactMap(rule)
    let fields = fields(of: kind)
    guard let name, let kind, let version, let title, let lane, let fields else { return nil }
    let definition = DatasetDefinition(
      name: name, kind: kind, version: version, title: title, lane: lane, identity: identity, key: key,
      scope: scope, person: person, read: read, write: write, fields: fields)
    DefinitionCheck(definition: definition, root: root).run()
    return definition
  }

  private static let fieldNameForm = BilingualText(id: "nama kolom", en: "a field's name")

  private func name() -> DatasetName? {
    guard root.requiredString("id") != nil else { return nil }
    let form = BilingualText(
      id: "nama dataset: huruf kecil, angka, garis bawah",
      en: "a dataset's name: lower-case letters, digits, underscores")
    return root.value("id", form: form) { DatasetName($0) }
  }

  private func required<Choice: RawRepresentable & CaseIterable>(
    _ key: String, _ type: Choice.Type
  ) -> Choice? where Choice.RawValue == String {
    guard root.has(key) else {
      root.missing(key, remedy: .writeOne(of: Choice.allCases.map(\.rawValue)))
      return nil
    }
    return root.choice(key)
  }

  private func version() -> Int? {
    guard root.has("version") else {
      root.missing(
        "version",
        remedy: .init(
          id: "tulis version = 1, dan naikkan pada setiap perubahan",
          en: "write version = 1, and raise it with every change"))
      return nil
    }
    return root.integer("version", in: 1...1_000_000).map(Int.init)
  }

  private func lane() -> DatasetDefinition.Lane? {
    let choices = DatasetDefinition.Lane.allCases.map { (word: $0.word, choice: $0) }
    guard root.has("lane") else {
      root.missing("lane", remedy: .writeOne(of: choices.map(\.word)))
      return nil
    }
    return root.choice("lane", among: choices)
  }

  private func rule(_ table: TableReader) -> AccessRule? {
    let roles = table.roles(orEveryNode: true)
    let region = table.choice("region", among: [(word: "own", choice: true)])
    let fields = table.fieldNames("fields")
    guard let roles else { return nil }
    if roles.isEmpty, case .array([])? = table.raw("roles") {
      table.report(
        "roles", .mustNotBeEmpty,
        remedy: .init(
          id: "hapus aturan itu, atau tulis \"*\" untuk semua kantor",
          en: "remove the rule, or write \"*\" for every node"))
    }
    return AccessRule(roles: roles, ownRegionOnly: region ?? false, fields: fields)
  }

  private func person() -> PersonFields? {
    guard let table = root.table("person") else { return nil }
    func field(_ key: String) -> FieldName? { table.value(key, form: Self.fieldNameForm) { FieldName($0) } }
    let number = field("number")
    let birthDate = field("birth_date")
    let mother = field("mother")
    let sex = field("sex")
    guard table.has("name") else {
      table.missing(
        "name",
        remedy: .init(
          id: "tulis name = \"KOLOM\": tanpa nama, orang yang tercatat dua kali tidak dapat ditemukan",
          en: "write name = \"FIELD\": without names nobody could be found twice"))
      return nil
    }
    return field("name").map {
      PersonFields(number: number, name: $0, birthDate: birthDate, mother: mother, sex: sex)
    }
  }

  private static let fieldsRemedy = BilingualText(
    id: "tulis satu [fields.NAMA] untuk tiap kolom", en: "write a [fields.NAME] for every field")

  private func fields(of kind: DatasetDefinition.Kind?) -> [FieldDefinition]? {
    guard let tables = root.table("fields") else {
      if !root.has("fields") { root.missing("fields", remedy: Self.fieldsRemedy) }
      return nil
    }
    var fields: [FieldDefinition] = []
    for key in tables.keys {
      guard let table = tables.table(key) else { continue }
      guard let name = FieldName(key) else {
        tables.report(
          key, .init(id: "bukan nama kolom", en: "is no field's name"),
          remedy: .init(
            id: "pakai huruf kecil, angka, dan garis bawah, paling banyak 48",
            en: "use lower-case letters, digits and underscores, at most 48"))
        continue
      }
      let reader = FieldReader(
        table: table, kind: kind, codeTables: codeTables, codeTablesPlace: codeTablesPlace)
      if let field = reader.read(name) { fields.append(field) }
    }
    // A field that could not be read would only make its users look wrong as well.
    return fields.count == tables.keys.count ? fields : nil
  }
}

extension DatasetDefinition.Lane {
  /// The word in definitions.
  var word: String {
    switch self {
    case .incident: "incident"
    case .record: "record"
    case .event: "event"
    case .sample: "sample"
    }
  }
}

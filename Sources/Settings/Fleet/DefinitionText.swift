import Datasets

/// Writes the text of a `DefinitionDocument`: always the same for equal definitions.
enum DefinitionText {
  static func write(_ definition: DatasetDefinition, regions: RegionTable?) -> String {
    var text = TOMLText()
    text.set("id", definition.name.text)
    text.set("kind", definition.kind.rawValue)
    text.set("version", Int64(definition.version))
    text.set("title", definition.title)
    text.set("lane", definition.lane.word)
    if definition.kind == .record {
      text.set("identity", definition.identity.map(\.text))
    } else {
      text.set("key", definition.key.map(\.text))
    }
    if let scope = definition.scope { text.set("scope", scope.text) }
    if let person = definition.person {
      text.table("person")
      for (key, field) in person.named { text.set(key, field.text) }
    }
    for rule in definition.read { write(rule, as: "read", to: &text) }
    for rule in definition.write { write(rule, as: "write", to: &text) }
    for field in definition.fields { write(field, of: definition.kind, to: &text) }
    for table in codeTables(of: definition) { write(table, to: &text) }
    for region in regions?.regions ?? [] {
      text.element("region")
      text.set("code", region.code.text)
      text.set("name", region.name)
      if !region.aliases.isEmpty { text.set("aliases", region.aliases) }
    }
    return text.text
  }

  private static func write(_ rule: AccessRule, as key: String, to text: inout TOMLText) {
    text.element(key)
    text.set("roles", rule.roles)
    if rule.ownRegionOnly { text.set("region", "own") }
    if let fields = rule.fields { text.set("fields", fields.map(\.text)) }
  }

  private static func write(
    _ field: FieldDefinition, of kind: DatasetDefinition.Kind, to text: inout TOMLText
  ) {
    text.table("fields", field.name.text)
    text.set("title", field.title)
    text.set("type", field.type.word)
    write(field.type, to: &text)
    if field.isUntilToday { text.set("maximum", "today") }
    if field.isRequired { text.set("required", true) }
    if kind == .record {
      text.set("policy", field.policy.word)
      if case .monotone(let order) = field.policy { text.set("order", order) }
    }
    if !field.authority.isEmpty { text.set("authority", field.authority.map(\.text)) }
    text.set("personal", field.personal.rawValue)
    for (key, headers) in [
      ("headers", field.headers), ("headers_kecamatan", field.districtHeaders),
      ("headers_desa", field.villageHeaders),
    ] where !headers.isEmpty {
      text.set(key, headers)
    }
  }

  /// What belongs to a type beside its word.
  private static func write(_ type: FieldType, to text: inout TOMLText) {
    switch type {
    case .text(let lengthMax): text.set("max", Int64(lengthMax))
    case .list(let lengthMax, let countMax):
      text.set("max", Int64(lengthMax))
      text.set("count_max", Int64(countMax))
    case .integer(let minimum, let maximum):
      if let minimum { text.set("minimum", minimum) }
      if let maximum { text.set("maximum", maximum) }
    case .decimal(let minimum, let maximum):
      if let minimum { text.set("minimum", minimum) }
      if let maximum { text.set("maximum", maximum) }
    case .code(let table): text.set("codes", table.name)
    case .boolean, .date, .instant, .nik, .kk, .nip, .region, .phone: break
    }
  }

  private static func write(_ table: CodeTable, to text: inout TOMLText) {
    text.element("code_table")
    text.set("name", table.name)
    for code in table.codes {
      text.element("code_table", "code")
      text.set("code", code.code)
      text.set("title", code.title)
      if !code.aliases.isEmpty { text.set("aliases", code.aliases) }
    }
  }

  /// Each table once, by name.
  private static func codeTables(of definition: DatasetDefinition) -> [CodeTable] {
    var tables: [String: CodeTable] = [:]
    for field in definition.fields {
      if case .code(let table) = field.type { tables[table.name] = table }
    }
    return tables.values.sorted { $0.name < $1.name }
  }
}

extension TOMLText {
  mutating func set(_ key: String, _ title: BilingualText) {
    set(key, ["id": title.indonesian, "en": title.english])
  }
}

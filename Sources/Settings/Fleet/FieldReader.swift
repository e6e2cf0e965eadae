import Datasets

/// Reads one `[fields.NAME]`.
struct FieldReader {
  let table: TableReader
  /// Nil when the definition does not say it properly.
  let kind: DatasetDefinition.Kind?
  let codeTables: [String: CodeTable]
  let codeTablesPlace: String

  /// Characters of a text at most, whatever a definition says: far below what a change may hold.
  static let lengthMax: Int64 = 16_384

  func read(_ name: FieldName) -> FieldDefinition? {
    let title = table.title()
    let type = type()
    let personal = personal()
    let isRequired = table.boolean("required") ?? false
    let policy = policy()
    let authority = table.nodeNames("authority") ?? []
    let headers = table.spellings("headers")
    let districtHeaders = table.spellings("headers_kecamatan")
    let villageHeaders = table.spellings("headers_desa")
    let isUntilToday = type == .date && table.has("maximum") && untilToday()
    guard let title, let type, let personal, let policy else { return nil }
    return FieldDefinition(
      name: name, title: title, type: type, isRequired: isRequired, policy: policy, authority: authority,
      personal: personal, headers: headers, districtHeaders: districtHeaders, villageHeaders: villageHeaders,
      isUntilToday: isUntilToday)
  }

  private func personal() -> FieldDefinition.PersonalData? {
    guard table.has("personal") else {
      table.missing(
        "personal",
        remedy: .init(
          id: "tulis none, general, specific atau identifier", en: "write none, general, specific or identifier"))
      return nil
    }
    return table.choice("personal")
  }

  // MARK: - Types

  private static let words = [
    "text", "integer", "decimal", "boolean", "date", "instant", "code", "list", "nik", "kk", "nip", "region",
    "phone",
  ]

  private func type() -> FieldType? {
    guard table.has("type") else {
      table.missing("type", remedy: .writeOne(of: Self.words))
      return nil
    }
    guard let word = table.choice("type", among: Self.words.map { ($0, $0) }) else {
      // Asked for, so that what belongs to the right type is not called unknown as well.
      for key in ["max", "count_max", "minimum", "maximum", "codes"] { _ = table.raw(key) }
      return nil
    }
    switch word {
    case "text": return length("max").map { .text(lengthMax: $0) }
    case "integer": return integerRange()
    case "decimal": return decimalRange()
    case "boolean": return .boolean
    case "date": return .date
    case "instant": return .instant
    case "code": return codeTable().map { .code($0) }
    case "list":
      let countMax = table.has("count_max") ? table.integer("count_max", in: 1...1_000).map(Int.init) : 100
      guard let length = length("max"), let countMax else { return nil }
      return .list(lengthMax: length, countMax: countMax)
    case "nik": return .nik
    case "kk": return .kk
    case "nip": return .nip
    case "region": return .region
    case "phone": return .phone
    default: return nil
    }
  }

  private func length(_ key: String) -> Int? {
    guard table.has(key) else {
      table.missing(
        key,
        remedy: .init(
          id: "tulis \(key) = jumlah karakter yang paling banyak diizinkan",
          en: "write \(key) = the most characters that it may have"))
      return nil
    }
    return table.integer(key, in: 1...Self.lengthMax).map(Int.init)
  }

  private static let belowMinimum = BilingualText(
    id: "tidak boleh di bawah minimum", en: "must not be below minimum")

  private func integerRange() -> FieldType {
    let minimum = table.integer("minimum")
    let maximum = table.integer("maximum")
    if let minimum, let maximum, minimum > maximum { table.report("maximum", Self.belowMinimum) }
    return .integer(minimum: minimum, maximum: maximum)
  }

  private func decimalRange() -> FieldType {
    let minimum = table.decimal("minimum")
    let maximum = table.decimal("maximum")
    if let minimum, let maximum, minimum > maximum { table.report("maximum", Self.belowMinimum) }
    return .decimal(minimum: minimum, maximum: maximum)
  }

  /// A date knows one bound: the day on which it is taken in.
  private func untilToday() -> Bool { table.choice("maximum", among: [("today", true)]) ?? false }

  private func codeTable() -> CodeTable? {
    let remedy = BilingualText(
      id: "sebutkan sebuah tabel dari \(codeTablesPlace)", en: "name a table of \(codeTablesPlace)")
    guard let name = table.requiredString("codes", remedy: remedy) else { return nil }
    guard let found = codeTables[name] else {
      let near = EditDistance.nearest(to: name, among: codeTables.keys)
      table.report(
        "codes",
        .init(id: "tidak menyebut tabel dari \(codeTablesPlace)", en: "names no table of \(codeTablesPlace)"),
        remedy: near.map(BilingualText.didYouMean))
      return nil
    }
    return found
  }

  // MARK: - Policies

  private static let onlyForMonotone = BilingualText(
    id: "hanya untuk policy monotone", en: "is only for the policy monotone")

  private func policy() -> MergePolicy? {
    let choices: [(word: String, choice: MergePolicy)] = [
      ("review", .review), ("latest", .latest), ("authority", .authority), ("union", .union),
      ("monotone", .monotone(order: [])),
    ]
    let order = table.strings("order")
    guard kind == .record || table.has("policy") else {
      if kind == nil { return .latest }
      return withoutPolicy(order)
    }
    guard table.has("policy") else {
      table.missing("policy", remedy: .writeOne(of: choices.map(\.word)))
      return nil
    }
    guard let policy = table.choice("policy", among: choices) else { return nil }
    if kind != nil, kind != .record {
      table.report(
        "policy",
        .init(
          id: "hanya untuk record: event dan sample tidak pernah digabungkan",
          en: "is only for records: events and samples are never merged"),
        remedy: .removeIt)
    }
    guard case .monotone = policy else {
      if order != nil { table.report("order", Self.onlyForMonotone, remedy: .removeIt) }
      return policy
    }
    guard table.has("order") else {
      table.missing(
        "order",
        remedy: .init(
          id: "tulis order = [\"…\", \"…\"], yang terjauh paling akhir",
          en: "write order = [\"…\", \"…\"], furthest last"))
      return nil
    }
    return order.map { .monotone(order: $0) }
  }

  /// Events and samples are never merged; the definition still has some policy.
  private func withoutPolicy(_ order: [String]?) -> MergePolicy {
    if order != nil { table.report("order", Self.onlyForMonotone, remedy: .removeIt) }
    return .latest
  }
}

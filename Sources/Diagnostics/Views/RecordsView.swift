package import API
package import Datasets

/// Records under the titles of their dataset's fields.
package struct RecordsView: Sendable {
  /// How many fields a list shows unless it is told which.
  private static let columnsMax = 6

  private let fields: [DatasetsReply.Field]
  private let language: Language

  /// - Parameter fields: in the order of the definition.
  package init(fields: [DatasetsReply.Field], language: Language) {
    self.fields = fields
    self.language = language
  }

  /// - Parameter columns: field names; nil for the first ones that have a value in any of the records.
  package func table(_ records: [RecordReply], columns: [String]?) -> TextTable {
    let names = columns ?? Array(order(records).prefix(Self.columnsMax))
    let headings = [TextTable.Column("Id")] + names.map { TextTable.Column(title(of: $0)) }
    let rows = records.map { record -> [TextTable.Cell] in
      [id(record)]
        + names.map { cell($0, of: record) }
    }
    return TextTable(headings, rows: rows)
  }

  /// With the word for one that is out of sight elsewhere: the mark says it without colours too.
  private func id(_ record: RecordReply) -> TextTable.Cell {
    guard let lifecycle = record.lifecycle else { return .init(record.id) }
    return .init("\(record.id) (\(StateWords.lifecycle(lifecycle, language)))", .faint)
  }

  /// One record, all its fields that have a value.
  package func detail(_ record: RecordReply) -> TextTable {
    var pairs: [(String, TextTable.Cell)] = [("Id", .init(record.id, .heading))]
    if let version = record.version { pairs.append((language("Versi", "Version"), .init(version))) }
    if let lifecycle = record.lifecycle {
      pairs.append((language("Keadaan", "State"), .init(StateWords.lifecycle(lifecycle, language), .warning)))
    }
    for name in order([record]) { pairs.append((title(of: name), cell(name, of: record, isTitled: true))) }
    return TextTable(pairs: pairs)
  }

  /// What to say of a record that somebody wrote again after it was deleted or merged; nil for any other.
  package func remark(on record: RecordReply) -> String? {
    guard let lifecycle = record.lifecycle, record.conflicts?["lifecycle"] == "open" else { return nil }
    var state = StateWords.lifecycle(lifecycle, language)
    if lifecycle == "alias", case .string(let person)? = record.fields["alias_of"] {
      state = language("digabung ke \(person)", "merged into \(person)")
    }
    return language(
      "Data ini \(state), lalu dicatat atau diubah lagi oleh yang tidak melihat itu: tetap tampil sampai diputuskan "
        + "(simpulctl conflicts list)\(lifecycle == "alias" ? "; di pusat juga simpulctl duplicates undo" : "").",
      "This record was \(state), and recorded or changed again by somebody who had not seen that: it stays in sight until "
        + "that is decided (simpulctl conflicts list)"
        + "\(lifecycle == "alias" ? "; at the centre also simpulctl duplicates undo" : "").")
  }

  package func history(_ entries: [HistoryReply.Entry], age: Age) -> TextTable {
    let columns: [TextTable.Column] = [
      .init(language("Waktu", "Time")), .init("Node"), .init(language("Perubahan", "Change")),
      .init(language("Sifat", "Traits")), .init(language("Alasan", "Reason")), .init("Dot"),
    ]
    let rows = entries.map { entry -> [TextTable.Cell] in
      let changes = entry.fields.sorted { $0.key < $1.key }
        .map { "\(StateWords.field($0.key, language))=\(StateWords.value($0.value, of: $0.key, language))" }.joined(
          separator: " ")
      var traits = entry.traits.map { trait($0) }
      if entry.suspect { traits.append(language("jam diragukan", "suspect clock")) }
      if entry.disposition != "applied" { traits.append(disposition(entry.disposition)) }
      return [
        .init(age.full(entry.time), entry.suspect ? .warning : .plain), .init(entry.node), .init(changes),
        .init(traits.isEmpty ? "-" : traits.joined(separator: ", ")), .init(entry.reason ?? "-"),
        .init(entry.dot),
      ]
    }
    return TextTable(columns, rows: rows)
  }

  /// Names of fields with a value somewhere: declared ones in their order, then the others by name.
  package func order(_ records: [RecordReply]) -> [String] {
    var present: Set<String> = []
    for record in records {
      for (name, value) in record.fields where value != .null { present.insert(name) }
      for name in (record.conflicts ?? [:]).keys { present.insert(name) }
    }
    let declared = fields.map(\.name).filter { present.contains($0) }
    return declared + present.subtracting(declared).sorted()
  }

  func title(of name: String) -> String {
    let titles = fields.first { $0.name == name }?.title
    return titles?[language.rawValue] ?? titles?["id"] ?? StateWords.field(name, language)
  }

  /// - Parameter isTitled: whether a code's meaning stands behind it.
  func cell(_ name: String, of record: RecordReply, isTitled: Bool = false) -> TextTable.Cell {
    // It stands beside the fields, and only where it is not `present`.
    let value = name == "lifecycle" ? .string(record.lifecycle ?? "present") : record.fields[name]
    var text = StateWords.value(value, of: name, language)
    if isTitled, let meaning = meaning(of: text, in: name) { text += " (\(meaning))" }
    // The mark says it without colours too.
    guard record.conflicts?[name] == "open" else { return .init(text) }
    return .init("\(text) (\(language("konflik", "conflict")))", .warning)
  }

  private func meaning(of code: String, in name: String) -> String? {
    let titles = fields.first { $0.name == name }?.codes?[code]
    return (titles?[language.rawValue] ?? titles?["id"]).flatMap { $0 == code ? nil : $0 }
  }

  private func trait(_ word: String) -> String {
    switch word {
    case "creation": language("pencatatan baru", "creation")
    case "blind": language("tanpa melihat data", "blind")
    case "correction": language("koreksi", "correction")
    case "resolution": language("keputusan", "resolution")
    default: word
    }
  }

  private func disposition(_ word: String) -> String {
    switch word {
    case "pending": language("belum dijawab pusat", "pending")
    case "quarantined": language("ditahan pusat", "quarantined")
    default: word
    }
  }
}

package import API
package import Datasets

/// Who may be registered twice: as a table, and two records side by side.
package struct DuplicateView: Sendable {
  private let fields: [DatasetsReply.Field]
  private let language: Language
  private let age: Age

  /// - Parameter fields: of the dataset, in the order of the definition.
  package init(fields: [DatasetsReply.Field], now: Timestamp, language: Language) {
    self.fields = fields
    self.language = language
    age = Age(now: now, language: language)
  }

  package func table(_ duplicates: [DuplicateReply]) -> TextTable {
    let columns: [TextTable.Column] = [
      .init("Id"), .init(language("Sebab", "Why")), .init(language("Mirip", "Alike")),
      .init(language("Keadaan", "State")), .init(language("Berbeda", "Differs")), .init(language("Sejak", "Since")),
    ]
    let rows = duplicates.map { duplicate -> [TextTable.Cell] in
      [
        .init(duplicate.id), .init(kind(duplicate.kind)), .init("\(duplicate.score)"),
        StateWords.cell(duplicate.state, language),
        .init(duplicate.differs.isEmpty ? "-" : duplicate.differs.joined(separator: ", ")),
        .init(age.text(of: duplicate.found)),
      ]
    }
    return TextTable(columns, rows: rows)
  }

  package func summary(_ duplicate: DuplicateReply) -> TextTable {
    var pairs: [(String, TextTable.Cell)] = [
      ("Id", .init(duplicate.id, .heading)), (language("Sebab", "Why"), .init(kind(duplicate.kind))),
      (language("Keadaan", "State"), StateWords.cell(duplicate.state, language)),
    ]
    if let nodes = duplicate.nodes {
      pairs.append((language("Kantor", "Offices"), .init(nodes.joined(separator: ", "))))
    }
    if let decision = duplicate.decision { pairs.append((language("Alasan", "Reason"), .init(decision))) }
    return TextTable(pairs: pairs)
  }

  /// What each record shows, a row per field; what differs is marked.
  package func sides(_ duplicate: DuplicateReply) -> TextTable {
    let columns = [TextTable.Column(language("Kolom", "Field"))] + duplicate.records.map { TextTable.Column($0.id) }
    let view = RecordsView(fields: fields, language: language)
    let rows = view.order(duplicate.records).map { name -> [TextTable.Cell] in
      let differs = duplicate.differs.contains(name)
      let title = view.title(of: name)
      return [TextTable.Cell(differs ? "\(title) *" : title, differs ? .warning : .plain)]
        + duplicate.records.map { record in
          TextTable.Cell(view.cell(name, of: record, isTitled: true).text, differs ? .warning : .plain)
        }
    }
    return TextTable(columns, rows: rows)
  }

  /// The commands that decide it.
  package func remedy(_ duplicate: DuplicateReply) -> String {
    let reason = language("alasan", "reason")
    if duplicate.state == "merged" { return "simpulctl duplicates undo '\(duplicate.id)' --reason '\(reason)'" }
    let record = duplicate.keep ?? duplicate.records.first?.id ?? "ID"
    let decision =
      duplicate.records.count == 1
      ? "simpulctl duplicates split \(duplicate.dataset) \(record) --node \(duplicate.nodes?.last ?? "NODE")"
      : "simpulctl duplicates merge '\(duplicate.id)' --keep \(record)\(take(from: duplicate, besides: record))"
    // Who were merged and are in question are two people once that is undone.
    let other = isInQuestion(duplicate) ? "undo" : "distinct"
    return
      "\(decision) --reason '\(reason)'\n\(language("atau", "or")) simpulctl duplicates \(other) '\(duplicate.id)' "
      + "--reason '\(reason)'"
  }

  /// Whether one was merged into the other, and somebody wrote it again since.
  private func isInQuestion(_ duplicate: DuplicateReply) -> Bool {
    duplicate.records.contains { record in
      record.lifecycle == "alias"
        && duplicate.records.contains { $0.id != record.id && record.fields["alias_of"] == .string($0.id) }
    }
  }

  /// What only the other one says, so that nobody has to miss a telephone to learn of it.
  private func take(from duplicate: DuplicateReply, besides kept: String) -> String {
    guard let own = duplicate.records.first(where: { $0.id == kept }),
      let other = duplicate.records.first(where: { $0.id != kept })
    else { return "" }
    let declared = Set(fields.map(\.name))
    let lacking = other.fields.filter { name, value in
      value != .null && declared.contains(name) && own.fields[name] ?? .null == .null && own.conflicts?[name] != "open"
    }
    return lacking.isEmpty ? "" : " --take " + lacking.keys.sorted().joined(separator: ",")
  }

  private func kind(_ word: String) -> String {
    switch word {
    case "same_number": language("nomor sama", "same number")
    case "other_name": language("dua nama dalam satu data", "two names in one record")
    case "similar": language("orang yang mirip", "alike people")
    default: word
    }
  }
}

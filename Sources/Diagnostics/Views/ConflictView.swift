package import API
package import Datasets

/// Conflicts as a table, and one with all that each office wrote.
package struct ConflictView: Sendable {
  private let language: Language
  private let age: Age

  package init(now: Timestamp, language: Language) {
    self.language = language
    age = Age(now: now, language: language)
  }

  package func table(_ conflicts: [ConflictReply]) -> TextTable {
    let columns: [TextTable.Column] = [
      .init("Id"), .init(language("Keadaan", "State")), .init(language("Ditampilkan", "Shown")),
      .init(language("Kantor", "Offices")), .init(language("Terakhir", "Latest")),
    ]
    let rows = conflicts.map { conflict -> [TextTable.Cell] in
      let nodes = Set(conflict.siblings.map(\.node)).sorted().joined(separator: ", ")
      let latest = conflict.siblings.map(\.time).max { instant($0) < instant($1) }
      return [
        .init(conflict.id), StateWords.cell(conflict.state, language), .init(value(conflict.shown, of: conflict)),
        .init(nodes),
        .init(age.text(of: latest)),
      ]
    }
    return TextTable(columns, rows: rows)
  }

  package func summary(_ conflict: ConflictReply) -> TextTable {
    TextTable(pairs: [
      (language("Konflik", "Conflict"), .init(conflict.id, .heading)),
      ("Dataset", .init(conflict.dataset)),
      (language("Data", "Record"), .init(conflict.record)),
      (language("Kolom", "Field"), .init(StateWords.field(conflict.field, language))),
      (language("Aturan", "Policy"), .init(StateWords.policy(conflict.policy, language))),
      (language("Keadaan", "State"), StateWords.cell(conflict.state, language)),
      (language("Semula", "Base"), .init(value(conflict.base, of: conflict))),
      (language("Ditampilkan", "Shown"), .init(value(conflict.shown, of: conflict))),
      (language("Versi", "Version"), .init(conflict.version)),
    ])
  }

  package func siblings(_ conflict: ConflictReply) -> TextTable {
    let columns: [TextTable.Column] = [
      .init(language("Kantor", "Office")), .init(language("Nilai", "Value")),
      .init(language("Waktu", "Time")),
      .init(language("Jam", "Clock")), .init("Dot"),
    ]
    let rows = conflict.siblings.map { sibling -> [TextTable.Cell] in
      [
        .init(sibling.node), .init(value(sibling.value, of: conflict)), .init(age.full(sibling.time)),
        sibling.suspect
          ? .init(language("diragukan", "suspect"), .warning) : .init(language("baik", "sure")),
        .init(sibling.dot),
      ]
    }
    return TextTable(columns, rows: rows)
  }

  /// The command that decides it as one office has it.
  package func remedy(_ conflict: ConflictReply) -> String {
    let node = conflict.siblings.first?.node ?? "NODE"
    let reason = language("alasan", "reason")
    return
      "simpulctl conflicts resolve '\(conflict.id)' --take \(node) --seen '\(conflict.version)' --reason '\(reason)'"
  }

  private func value(_ value: JSONValue, of conflict: ConflictReply) -> String {
    StateWords.value(value, of: conflict.field, language)
  }

  private func instant(_ text: String) -> Timestamp {
    ZonedInstant(text, defaultOffsetMinutes: nil)?.timestamp ?? Timestamp(milliseconds: .min)
  }
}

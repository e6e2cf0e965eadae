import API
import Datasets

/// Attendance terminals as a table.
struct TerminalsView: Sendable {
  private let language: Language
  private let age: Age
  private let quantity: Quantity

  init(now: Timestamp, language: Language) {
    self.language = language
    age = Age(now: now, language: language)
    quantity = Quantity(language: language)
  }

  func table(_ terminals: [TerminalReply]) -> TextTable {
    let columns: [TextTable.Column] = [
      .init(language("Nomor seri", "Serial number")), .init(language("Diakui", "Adopted")),
      .init(language("Terdengar", "Heard")), .init(language("Absensi", "Punches")),
      .init(language("Diterima", "Accepted"), .right), .init(language("Ganda", "Duplicates"), .right),
      .init(language("Menunggu", "Waiting"), .right), .init(language("Tak terbaca", "Unreadable"), .right),
      .init(language("Di mesin", "In it"), .right),
    ]
    let rows = terminals.map { terminal -> [TextTable.Cell] in
      [
        .init(terminal.serial), adoption(terminal.adoption), .init(age.text(of: terminal.heardAt)),
        .init(age.text(of: terminal.punchesAt)), .init(quantity.count(terminal.accepted)),
        .init(quantity.count(terminal.duplicates)), shelf(terminal, "unknown_terminal"), shelf(terminal, "unreadable"),
        .init(quantity.optional(terminal.punches)),
      ]
    }
    return TextTable(columns, rows: rows)
  }

  private func shelf(_ terminal: TerminalReply, _ reason: String) -> TextTable.Cell {
    let count = terminal.shelf.filter { $0.reason == reason }.reduce(0) { $0 + $1.count }
    return .init(quantity.count(count), count == 0 ? .plain : .warning)
  }

  private func adoption(_ word: String) -> TextTable.Cell {
    switch word {
    case "settings": .init(language("pengaturan", "settings"), .good)
    case "command": .init(language("perintah", "command"), .good)
    case "none": .init(language("belum", "no"), .warning)
    default: .init(word)
    }
  }
}

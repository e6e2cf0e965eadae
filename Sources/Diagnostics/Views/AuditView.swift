import API
import Datasets

/// The audit log as a table.
struct AuditView: Sendable {
  private let language: Language
  private let quantity: Quantity

  init(language: Language) {
    self.language = language
    quantity = Quantity(language: language)
  }

  func table(_ entries: [AuditReply.Entry]) -> TextTable {
    let columns: [TextTable.Column] = [
      .init(language("No.", "No."), .right), .init(language("Waktu", "Time")), .init(language("Siapa", "Who")),
      .init(language("Tindakan", "Action")), .init(language("Terhadap", "Subject")),
      .init(language("Data", "Records"), .right), .init(language("Alasan", "Reason")),
    ]
    let rows = entries.map { entry -> [TextTable.Cell] in
      let action = entry.outcome.map { "\(entry.action) (\($0))" } ?? entry.action
      return [
        .init(quantity.count(entry.sequence)), .init(entry.at), .init("\(entry.caller) (\(entry.role))"),
        .init(action, entry.outcome == nil ? .plain : .warning), .init(entry.subject),
        .init(entry.count.map { quantity.count($0) } ?? ""), .init(entry.reason ?? ""),
      ]
    }
    return TextTable(columns, rows: rows)
  }
}

import API
import Datasets
import Replication

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
      let word = self.word(for: entry.action)
      let action = entry.outcome.map { "\(word): \(outcome($0))" } ?? word
      return [
        .init(quantity.count(entry.sequence)), .init(entry.at), .init("\(entry.caller) (\(entry.role))"),
        .init(action, entry.outcome == nil ? .plain : .warning), .init(entry.subject),
        .init(entry.count.map { quantity.count($0) } ?? ""), .init(entry.reason ?? ""),
      ]
    }
    return TextTable(columns, rows: rows)
  }

  /// What became of an order that the log holds as given.
  private func outcome(_ word: String) -> String {
    word == AuditAct.notDone ? language("tidak dilaksanakan", word) : word
  }

  /// What `--action` takes, and before it in Indonesian what that is.
  private func word(for action: String) -> String {
    guard language == .indonesian, let known = AuditAction(rawValue: action) else { return action }
    return "\(Self.indonesian(known)) (\(action))"
  }

  private static func indonesian(_ action: AuditAction) -> String {
    switch action {
    case .reveal: "membuka nomor"
    case .edit: "mengubah"
    case .delete: "menghapus"
    case .restore: "memulihkan"
    case .resolve: "memutus konflik"
    case .merge: "menggabung"
    case .undo: "membatalkan gabungan"
    case .distinct: "menyatakan dua orang"
    case .split: "memisah"
    case .requeue: "mencoba lagi"
    case .mend: "memperbaiki"
    case .discard: "membuang"
    case .invite: "mengundang"
    case .revoke: "mencabut"
    case .acceptBacklog: "menerima tunggakan"
    case .terminalAdopt: "mengakui mesin absensi"
    case .terminalRelease: "melepas mesin absensi"
    case .fleetKey: "mengganti kunci armada"
    case .backup: "membuat cadangan"
    case .restoreBackup: "mengembalikan cadangan"
    case .tokenCreate: "membuat token"
    case .tokenRevoke: "mencabut token"
    case .signInLink: "membuat tautan masuk"
    case .signIn: "masuk"
    case .signOut: "keluar"
    }
  }
}

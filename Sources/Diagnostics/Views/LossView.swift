package import API
package import Datasets

/// What is missing on purpose (ledger) and what could not be applied (quarantine), as tables.
package struct LossView: Sendable {
  private let language: Language
  private let age: Age
  private let quantity: Quantity

  package init(now: Timestamp, language: Language) {
    self.language = language
    age = Age(now: now, language: language)
    quantity = Quantity(language: language)
  }

  package func ledger(_ entries: [LedgerReply.Entry]) -> TextTable {
    let columns: [TextTable.Column] = [
      .init("Node"), .init("Dataset"), .init(language("Dari", "First"), .right),
      .init(language("Sampai", "Last"), .right), .init(language("Jumlah", "Count"), .right),
      .init(language("Sebab", "Reason")), .init(language("Kapan", "When")),
    ]
    let rows = entries.map { entry -> [TextTable.Cell] in
      [
        .init(entry.node), .init(entry.dataset), .init(quantity.count(entry.first)),
        .init(quantity.count(entry.last)),
        .init(quantity.count(entry.count)), .init(lossReason(entry.reason)),
        .init(age.text(of: entry.at)),
      ]
    }
    return TextTable(columns, rows: rows)
  }

  private func lossReason(_ word: String) -> String {
    switch word {
    case "thinned": language("dijarangkan", "thinned: the buffer was full")
    case "disk_lost": language("hilang bersama disk lama kantor", "lost with the office's old disk")
    case "trimmed": language("sudah tidak disimpan kantor", "trimmed: the office kept it no longer")
    case "damaged": language("rusak di disk", "damaged on the disk")
    case "recovered":
      language("dibuang: tidak dikenal pusat yang dikembalikan", "given up: unknown to the restored centre")
    case "discarded": language("dibuang dari karantina", "given up from quarantine")
    default: word
    }
  }

  package func quarantine(_ entries: [QuarantineReply.Entry]) -> TextTable {
    let columns: [TextTable.Column] = [
      .init("Id"), .init("Node"), .init("Dataset"),
      .init(language("Urutan", "Sequence"), .right),
      .init(language("Kode", "Code")), .init(language("Sebab", "Reason")), .init(language("Kapan", "When")),
    ]
    let rows = entries.map { entry -> [TextTable.Cell] in
      [
        .init(entry.id), .init(entry.node), .init(entry.dataset), .init(quantity.count(entry.sequence)),
        .init(entry.code), .init(entry.reason), .init(age.text(of: entry.at)),
      ]
    }
    return TextTable(columns, rows: rows)
  }

  package func detail(_ entry: QuarantineReply.Entry) -> TextTable {
    var pairs: [(String, TextTable.Cell)] = [
      ("Id", .init(entry.id, .heading)), ("Node", .init(entry.node)),
      ("Dataset", .init(entry.dataset)),
      (language("Urutan", "Sequence"), .init(quantity.count(entry.sequence))),
      (language("Data", "Record"), .init(entry.record ?? "-")), (language("Kode", "Code"), .init(entry.code)),
      (language("Sebab", "Reason"), .init(entry.reason, .warning)),
      (language("Kapan", "When"), .init(age.full(entry.at))),
    ]
    let names = Set((entry.fields ?? [:]).keys).union((entry.beside ?? [:]).keys).sorted()
    for name in names {
      pairs.append((name, .init(ValueText.of(entry.fields?[name] ?? .null, language: language))))
      for value in entry.beside?[name] ?? [] {
        pairs.append((language("  atau", "  or"), .init(ValueText.of(value, language: language), .warning)))
      }
      guard let present = entry.present?[name] else { continue }
      pairs.append((language("  sekarang", "  now"), .init(ValueText.of(present, language: language))))
    }
    return TextTable(pairs: pairs)
  }
}

package import API
package import Datasets

/// Tokens as a table.
package struct TokensView: Sendable {
  private let language: Language
  private let age: Age
  private let quantity: Quantity

  package init(now: Timestamp, language: Language) {
    self.language = language
    age = Age(now: now, language: language)
    quantity = Quantity(language: language)
  }

  package func table(_ tokens: [TokenReply]) -> TextTable {
    let columns: [TextTable.Column] = [
      .init(language("Nama", "Name")), .init(language("Peran", "Role")), .init(language("Kantor", "Office")),
      .init(language("Keadaan", "State")), .init(language("Berakhir", "Ends")), .init(language("Dipakai", "Used")),
      .init(language("Sesi", "Sessions"), .right),
    ]
    let rows = tokens.map { token -> [TextTable.Cell] in
      [
        .init(token.name), .init(token.role), .init(token.office ?? language("semua", "all")), state(token.state),
        .init(age.text(of: token.revoked ?? token.expires)), .init(age.text(of: token.lastUsed)),
        .init(quantity.count(token.sessions)),
      ]
    }
    return TextTable(columns, rows: rows)
  }

  private func state(_ word: String) -> TextTable.Cell {
    switch word {
    case "valid": .init(language("berlaku", "valid"), .good)
    case "expired": .init(language("habis", "expired"), .warning)
    case "revoked": .init(language("dicabut", "revoked"), .warning)
    default: .init(word)
    }
  }
}

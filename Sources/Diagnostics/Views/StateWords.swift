import Datasets

/// The API's state words for people.
enum StateWords {
  static func cell(_ state: String, _ language: Language) -> TextTable.Cell {
    switch state {
    case "online": TextTable.Cell(language("daring", "online"), .good)
    case "offline": TextTable.Cell(language("luring", "offline"), .bad)
    case "fenced": TextTable.Cell(language("ditahan", "fenced"), .bad)
    case "revoked": TextTable.Cell(language("dicabut", "revoked"), .faint)
    case "invited": TextTable.Cell(language("diundang", "invited"), .warning)
    case "refused": TextTable.Cell(language("ditolak", "refused"), .bad)
    case "open": TextTable.Cell(language("terbuka", "open"), .warning)
    case "settled": TextTable.Cell(language("selesai", "settled"), .good)
    case "merged": TextTable.Cell(language("digabung", "merged"), .good)
    case "distinct": TextTable.Cell(language("dua orang", "two people"), .good)
    default: TextTable.Cell(state)
    }
  }
}

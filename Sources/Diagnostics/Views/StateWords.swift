import API
import Datasets

/// The API's state words for people.
enum StateWords {
  /// How much a finding matters, so that it is told without colours too.
  static func severity(_ word: String, _ language: Language) -> String {
    switch word {
    case "critical": language("GAWAT", "CRITICAL")
    case "warning": language("PERINGATAN", "WARNING")
    case "info": language("KETERANGAN", "INFO")
    default: word.uppercased()
    }
  }

  /// The API's word for how a field shows one of several values.
  static func policy(_ word: String, _ language: Language) -> String {
    switch word {
    case "authority": language("kantor berwenang", "authority")
    case "latest": language("yang terakhir", "latest")
    case "review": language("diputuskan orang", "review")
    case "union": language("digabung", "union")
    case "monotone": language("hanya maju", "monotone")
    default: word
    }
  }

  /// A field's name.
  static func field(_ name: String, _ language: Language) -> String {
    FieldName(name)?.shown(language) ?? name
  }

  /// A value of `field`; of a record's lifecycle it is a word.
  static func value(_ value: JSONValue?, of field: String, _ language: Language) -> String {
    guard field == "lifecycle", case .string(let word)? = value else { return ValueText.of(value, language: language) }
    return lifecycle(word, language)
  }

  static func lifecycle(_ word: String, _ language: Language) -> String {
    switch word {
    case "present": language("ada", "present")
    case "deleted": language("dihapus", "deleted")
    case "alias": language("digabung", "merged")
    default: word
    }
  }

  /// The API's word for a lifecycle as people read it in either language, or as the API itself spells it.
  static func lifecycle(asTyped word: String) -> String {
    let typed = word.lowercased()
    let words = ["present", "deleted", "alias"]
    return words.first { name in [Language.indonesian, .english].contains { lifecycle(name, $0) == typed } } ?? word
  }

  static func cell(_ state: String, _ language: Language) -> TextTable.Cell {
    switch state {
    case "online": TextTable.Cell(language("daring", "online"), .good)
    case "offline": TextTable.Cell(language("luring", "offline"), .bad)
    case "fenced": TextTable.Cell(language("ditahan", "fenced"), .bad)
    case "revoked": TextTable.Cell(language("dicabut", "revoked"), .faint)
    case "invited": TextTable.Cell(language("diundang", "invited"), .warning)
    case "absent": TextTable.Cell(language("belum diundang", "never invited"), .faint)
    case "refused": TextTable.Cell(language("ditolak", "refused"), .bad)
    case "open": TextTable.Cell(language("terbuka", "open"), .warning)
    case "settled": TextTable.Cell(language("selesai", "settled"), .good)
    case "merged": TextTable.Cell(language("digabung", "merged"), .good)
    case "distinct": TextTable.Cell(language("dua orang", "two people"), .good)
    default: TextTable.Cell(state)
    }
  }
}

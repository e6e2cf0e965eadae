import Datasets

/// A parsed TOML value, free of the parser that made it.
indirect enum SettingValue: Sendable, Equatable {
  case string(String)
  case integer(Int64)
  case decimal(Double)
  case boolean(Bool)
  /// A date, a time or both: no setting has that type, so only its name is kept.
  case time(Time)
  case array([SettingValue])
  case table(Table)

  enum Time: Sendable, Equatable {
    case date
    case timeOfDay
    case dateAndTime
  }

  /// Keys in the order of the file, which TOML itself does not promise but columns and displays follow.
  struct Table: Sendable, Equatable {
    private(set) var keys: [String] = []
    private var values: [String: SettingValue] = [:]

    subscript(key: String) -> SettingValue? { values[key] }

    /// Sets `key`; a new one comes last.
    mutating func set(_ key: String, _ value: SettingValue) {
      if values.updateValue(value, forKey: key) == nil { keys.append(key) }
    }

    func removing(_ key: String) -> Table {
      var table = self
      table.keys.removeAll { $0 == key }
      table.values[key] = nil
      return table
    }
  }

  /// The type's name in messages; in English with its article.
  var typeName: BilingualText {
    switch self {
    case .string: BilingualText(id: "teks", en: "a string")
    case .integer: BilingualText(id: "bilangan bulat", en: "an integer")
    case .decimal: BilingualText(id: "bilangan desimal", en: "a decimal number")
    case .boolean: BilingualText(id: "true atau false", en: "a boolean")
    case .time(.date): BilingualText(id: "tanggal", en: "a date")
    case .time(.timeOfDay): BilingualText(id: "jam", en: "a time of day")
    case .time(.dateAndTime): BilingualText(id: "tanggal dan jam", en: "a date and time")
    case .array: BilingualText(id: "daftar", en: "an array")
    case .table: BilingualText(id: "tabel", en: "a table")
    }
  }
}

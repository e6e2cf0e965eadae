/// A parsed TOML value, free of the parser that made it.
indirect enum SettingValue: Sendable, Equatable {
  case string(String)
  case integer(Int64)
  case decimal(Double)
  case boolean(Bool)
  /// A date, a time or both: no setting has that type, so only its name is kept.
  case time(String)
  case array([SettingValue])
  case table(Table)

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

  /// The type's name in messages.
  var typeName: String {
    switch self {
    case .string: "a string"
    case .integer: "an integer"
    case .decimal: "a decimal number"
    case .boolean: "a boolean"
    case .time(let name): "a \(name)"
    case .array: "an array"
    case .table: "a table"
    }
  }
}

/// Writes TOML the way `TOMLDocument` reads it back, always the same for the same values.
struct TOMLText {
  private(set) var text = ""

  mutating func comment(_ words: String) { text += "# \(words)\n" }

  /// Opens the table `keys`, after a blank line.
  mutating func table(_ keys: String...) {
    text += (text.isEmpty ? "" : "\n") + "[\(keys.map(Self.key).joined(separator: "."))]\n"
  }

  /// Opens one more element of the array of tables `keys`, after a blank line.
  mutating func element(_ keys: String...) {
    text += (text.isEmpty ? "" : "\n") + "[[\(keys.map(Self.key).joined(separator: "."))]]\n"
  }

  mutating func set(_ key: String, _ value: String) { line(key, Self.quoted(value)) }

  mutating func set(_ key: String, _ value: Int64) { line(key, String(value)) }

  mutating func set(_ key: String, _ value: Bool) { line(key, value ? "true" : "false") }

  /// A finite number, with a point or exponent so that it stays a decimal.
  mutating func set(_ key: String, _ value: Double) { line(key, String(describing: value)) }

  mutating func set(_ key: String, _ values: [String]) {
    line(key, "[\(values.map(Self.quoted).joined(separator: ", "))]")
  }

  /// An inline table of strings.
  mutating func set(_ key: String, _ pairs: KeyValuePairs<String, String>) {
    line(key, "{ \(pairs.map { "\(Self.key($0.key)) = \(Self.quoted($0.value))" }.joined(separator: ", ")) }")
  }

  private mutating func line(_ key: String, _ value: String) { text += "\(Self.key(key)) = \(value)\n" }

  /// A key, quoted where TOML wants it.
  static func key(_ key: String) -> String {
    let isBare =
      !key.isEmpty
      && key.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
    return isBare ? key : quoted(key)
  }

  /// A basic string: quotes, backslashes and control characters escaped.
  static func quoted(_ text: String) -> String {
    var output = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": output += "\\\""
      case "\\": output += "\\\\"
      case "\n": output += "\\n"
      case "\t": output += "\\t"
      case "\r": output += "\\r"
      case _ where scalar.value < 32 || scalar.value == 127:
        let digits = String(scalar.value, radix: 16)
        output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: output.unicodeScalars.append(scalar)
      }
    }
    return output + "\""
  }
}

/// How a column's heading is compared and turned into the name of a field that nobody declared.
enum HeaderSpelling {
  /// Without case, trimmed, runs of blanks (also line breaks and invisible characters) as one blank.
  static func folded(_ text: String) -> String {
    var output = ""
    var needsBlank = false
    for scalar in TextCleaning.trimmed(text).unicodeScalars {
      if TextCleaning.isBlank(scalar) {
        needsBlank = true
        continue
      }
      if needsBlank { output.append(" ") }
      needsBlank = false
      output += scalar.properties.lowercaseMapping
    }
    return output
  }

  /// A legal field name made from a heading: `Kode Pos` is `kode_pos`. Nil when nothing legal is left.
  static func fieldName(from heading: String) -> FieldName? {
    var output: [UInt8] = []
    for byte in folded(heading).utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): output.append(byte)
      default: if output.last != UInt8(ascii: "_"), !output.isEmpty { output.append(UInt8(ascii: "_")) }
      }
    }
    if output.last == UInt8(ascii: "_") { output.removeLast() }
    guard let first = output.first else { return nil }
    // A name starts with a letter; "k" stands for kolom, column.
    if first &- UInt8(ascii: "0") < 10 { output.insert(contentsOf: "k_".utf8, at: 0) }
    return FieldName(String(decoding: output.prefix(48), as: UTF8.self))
  }

  /// Columns that only number the rows of a sheet: they say nothing about anyone, and every one of their
  /// cells would be a change when a row
  /// is inserted above.
  static let rowNumbers: Set<String> = ["no", "no.", "no urut", "no. urut", "nomor urut", "#"]

  /// A heading that is safe and short enough to be shown in a message.
  static func shown(_ heading: String) -> String {
    var output = ""
    for scalar in TextCleaning.trimmed(heading).unicodeScalars.prefix(60) {
      output.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? " " : scalar)
    }
    return output
  }
}

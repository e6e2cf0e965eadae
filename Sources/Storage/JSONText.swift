package import Datasets

/// The little JSON that stands in columns.
package enum JSONText {
  package static func array(_ elements: [String]) -> String {
    "[" + elements.map(string).joined(separator: ",") + "]"
  }

  /// - Parameter members: in the order in which they are written.
  package static func object(_ members: [(name: String, value: Value)]) -> String {
    "{" + members.map { "\(string($0.name)):\(value($0.value))" }.joined(separator: ",") + "}"
  }

  package static func value(_ value: Value) -> String {
    switch value {
    case .null: "null"
    case .boolean(let flag): flag ? "true" : "false"
    case .integer(let number): String(number)
    case .list(let elements): array(elements)
    default: string(value.text)
    }
  }

  package static func string(_ text: String) -> String {
    var output: [UInt8] = [UInt8(ascii: "\"")]
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): output += [UInt8(ascii: "\\"), byte]
      case 0..<0x20:
        output += Array("\\u00".utf8) + Array(Hexadecimal.text(of: [byte]).utf8)
      default: output.append(byte)
      }
    }
    output.append(UInt8(ascii: "\""))
    return String(decoding: output, as: UTF8.self)
  }

  /// The strings in what `array`, or `object` of texts, wrote, in their order.
  package static func strings(in text: String) -> [String] {
    var strings: [String] = []
    var current: [UInt8]?
    var bytes = Array(text.utf8)[...]
    while let byte = bytes.popFirst() {
      guard current != nil else {
        if byte == UInt8(ascii: "\"") { current = [] }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""):
        strings.append(String(decoding: current ?? [], as: UTF8.self))
        current = nil
      case UInt8(ascii: "\\"):
        guard let escaped = bytes.popFirst() else { return strings }
        if escaped == UInt8(ascii: "u") {
          // Only control characters are written so: `\u00XX`.
          let digits = String(decoding: bytes.prefix(4).suffix(2), as: UTF8.self)
          bytes = bytes.dropFirst(4)
          current?.append(UInt8(digits, radix: 16) ?? 0x20)
        } else {
          current?.append(escaped)
        }
      default: current?.append(byte)
      }
    }
    return strings
  }

  /// The undeclared fields in a column `extra`: texts, all of them (ADR 0020).
  package static func fields(in extra: String) -> [(name: FieldName, value: Value)] {
    let strings = strings(in: extra)
    return stride(from: 0, to: strings.count - 1, by: 2).compactMap { index in
      FieldName(strings[index]).map { ($0, .text(strings[index + 1])) }
    }
  }
}

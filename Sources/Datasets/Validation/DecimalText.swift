/// Decimal numbers as text: exact, and with one spelling for each value.
package enum DecimalText {
  /// More digits than any measure has; a bound against hostile input such as `1e999999999`.
  package static let digitsMax = 40

  /// The canonical spelling of a number: no exponent, no superfluous zeros, no minus before zero.
  ///
  /// Takes what JSON calls a number (RFC 8259 section 6) and, beside it, a leading `+` or zeros.
  /// - Returns: nil for anything else, or with more than `digitsMax` digits before or after the point.
  package static func canonical(_ text: some StringProtocol) -> String? {
    guard let parts = Parts(text) else { return nil }
    var digits = parts.digits[...]
    var scale = parts.scale
    while let first = digits.first, first == zero { digits.removeFirst() }
    while let last = digits.last, last == zero {
      digits.removeLast()
      scale -= 1
    }
    if digits.isEmpty { return "0" }
    guard digits.count <= digitsMax, abs(scale) <= digitsMax else { return nil }

    var output: [UInt8] = parts.isNegative ? [UInt8(ascii: "-")] : []
    if scale <= 0 {
      output += digits
      output += [UInt8](repeating: zero, count: -scale)
    } else if scale >= digits.count {
      output += [zero, UInt8(ascii: ".")] + [UInt8](repeating: zero, count: scale - digits.count)
      output += digits
    } else {
      output += digits.dropLast(scale)
      output.append(UInt8(ascii: "."))
      output += digits.suffix(scale)
    }
    return String(decoding: output, as: UTF8.self)
  }

  private static let zero = UInt8(ascii: "0")

  /// A number taken apart: `digits` times ten to the power of `-scale`.
  private struct Parts {
    var isNegative = false
    var digits: [UInt8] = []
    var scale = 0

    init?(_ text: some StringProtocol) {
      let bytes = Array(text.utf8.prefix(128))
      guard bytes.count < 128 else { return nil }
      var index = 0
      if let sign = bytes.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
        isNegative = sign == UInt8(ascii: "-")
        index = 1
      }
      let whole = Self.digits(bytes, &index)
      guard !whole.isEmpty else { return nil }
      digits = Array(whole)
      if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
        index += 1
        let fraction = Self.digits(bytes, &index)
        guard !fraction.isEmpty else { return nil }
        digits += fraction
        scale = fraction.count
      }
      guard readExponent(bytes, &index), index == bytes.count else { return nil }
    }

    private mutating func readExponent(_ bytes: [UInt8], _ index: inout Int) -> Bool {
      guard index < bytes.count, bytes[index] | 32 == UInt8(ascii: "e") else { return true }
      index += 1
      var isDownward = false
      if index < bytes.count, bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") {
        isDownward = bytes[index] == UInt8(ascii: "-")
        index += 1
      }
      let exponent = Self.digits(bytes, &index)
      guard (1...4).contains(exponent.count) else { return false }
      let value = exponent.reduce(0) { $0 * 10 + Int($1 - DecimalText.zero) }
      scale += isDownward ? value : -value
      return true
    }

    private static func digits(_ bytes: [UInt8], _ index: inout Int) -> ArraySlice<UInt8> {
      let start = index
      while index < bytes.count, bytes[index] &- DecimalText.zero < 10 { index += 1 }
      return bytes[start..<index]
    }
  }
}

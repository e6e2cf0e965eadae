/// The form of TOML's booleans, numbers, dates and times (https://toml.io/en/v1.0.0).
///
/// Ranges, such as the days of a month, are the parser's affair.
enum TOMLScalar {
  static func isWellFormed(_ bytes: ArraySlice<UInt8>) -> Bool {
    var rest = Matcher(bytes)
    return ["true", "false"].contains { bytes.elementsEqual($0.utf8) } || rest.isDateOrTime()
      || rest.isNumber()
  }

  /// Walks over one scalar; each question starts at its beginning.
  private struct Matcher {
    private let start: ArraySlice<UInt8>
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
      start = bytes
      rest = bytes
    }

    mutating func isNumber() -> Bool {
      rest = start
      for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where take(prefix) {
        return digits(radix: radix) && rest.isEmpty
      }
      takeSign()
      if take("inf") || take("nan") { return rest.isEmpty }
      let whole = rest
      guard digits(radix: 10) else { return false }
      // 01 is refused: in C it would be octal.
      if whole.first == UInt8(ascii: "0"), whole.count - rest.count > 1 { return false }
      if take("."), !digits(radix: 10) { return false }
      if take("e") || take("E") {
        takeSign()
        guard digits(radix: 10) else { return false }
      }
      return rest.isEmpty
    }

    mutating func isDateOrTime() -> Bool {
      rest = start
      if count(4), take("-"), count(2), take("-"), count(2) {
        if rest.isEmpty { return true }
        guard take("T") || take("t") || take(" "), time() else { return false }
        if rest.isEmpty || ((take("Z") || take("z")) && rest.isEmpty) { return true }
        return (take("+") || take("-")) && count(2) && take(":") && count(2) && rest.isEmpty
      }
      rest = start
      return time() && rest.isEmpty
    }

    private mutating func time() -> Bool {
      guard count(2), take(":"), count(2), take(":"), count(2) else { return false }
      guard take(".") else { return true }
      let fraction = rest.prefix { Self.digit($0, radix: 10) }
      rest = rest.dropFirst(fraction.count)
      return (1...18).contains(fraction.count)
    }

    /// At least one digit, with single underscores between digits.
    private mutating func digits(radix: Int) -> Bool {
      guard let first = rest.first, Self.digit(first, radix: radix) else { return false }
      while let byte = rest.first {
        if Self.digit(byte, radix: radix) {
          rest = rest.dropFirst()
        } else if byte == UInt8(ascii: "_"), let next = rest.dropFirst().first, Self.digit(next, radix: radix) {
          rest = rest.dropFirst(2)
        } else {
          return true
        }
      }
      return true
    }

    /// Exactly `count` decimal digits.
    private mutating func count(_ count: Int) -> Bool {
      guard rest.count >= count, rest.prefix(count).allSatisfy({ Self.digit($0, radix: 10) }) else {
        return false
      }
      rest = rest.dropFirst(count)
      return true
    }

    private mutating func take(_ text: String) -> Bool {
      guard rest.starts(with: text.utf8) else { return false }
      rest = rest.dropFirst(text.utf8.count)
      return true
    }

    private mutating func takeSign() {
      if !take("+") { _ = take("-") }
    }

    private static func digit(_ byte: UInt8, radix: Int) -> Bool {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0")) < radix
      case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): radix == 16
      default: false
      }
    }
  }
}

/// Checks of the numbers that identify people (domain.md sections 4 and 5). None of them has a check digit.
package enum CivilNumber {
  package enum Defect: Error, Sendable, Equatable {
    case length(expected: Int, found: Int)
    case notDigits
    /// A spreadsheet's 7.31204E+15: the digits are lost.
    case scientificNotation
    /// The date part names no day of any century.
    case date
    /// Serial numbers start at 0001.
    case serial
    case allZero
  }

  /// The digits of a NIK, when it is one. A foreign prefix is legal: a NIK keeps the first place of registration.
  package static func nik(_ text: String) -> Result<String, Defect> {
    digits(text, count: 16).flatMap { digits in
      if digits.allSatisfy({ $0 == 0 }) { return .failure(.allZero) }
      var day = digits[6] * 10 + digits[7]
      if day > 40 { day -= 40 }
      let month = digits[8] * 10 + digits[9]
      let year = digits[10] * 10 + digits[11]
      // No century in YY: 29 February is right if it is in either.
      let isDay = [1900, 2000].contains { CalendarDate(year: $0 + year, month: month, day: day) != nil }
      guard isDay else { return .failure(.date) }
      guard digits[12...].contains(where: { $0 != 0 }) else { return .failure(.serial) }
      return .success(text)
    }
  }

  /// The digits of a family card number (KK).
  package static func kk(_ text: String) -> Result<String, Defect> {
    digits(text, count: 16).flatMap { $0.allSatisfy { $0 == 0 } ? .failure(.allZero) : .success(text) }
  }

  /// The digits of a civil servant's number. Those of PPPK do not carry a valid month: only the birth date is checked.
  package static func nip(_ text: String) -> Result<String, Defect> {
    digits(text, count: 18).flatMap { digits in
      func number(_ range: Range<Int>) -> Int { digits[range].reduce(0) { $0 * 10 + $1 } }
      guard CalendarDate(year: number(0..<4), month: number(4..<6), day: number(6..<8)) != nil else {
        return .failure(.date)
      }
      return number(15..<18) == 0 ? .failure(.serial) : .success(text)
    }
  }

  /// `731204******0001`; nobody has laid down another form.
  ///
  /// - Parameter hidesSerial: `731204**********`, for a NIK beside a birth date: what the short form hides of it is that
  ///   date (ADR 0023).
  package static func masked(_ text: String, hidesSerial: Bool = false) -> String {
    let characters = Array(text)
    guard characters.count >= 12 else { return String(repeating: "*", count: characters.count) }
    let shownAtEnd = hidesSerial ? 0 : 4
    let hidden = characters.count - 6 - shownAtEnd
    return String(characters.prefix(6)) + String(repeating: "*", count: hidden)
      + String(characters.suffix(shownAtEnd))
  }

  private static func digits(_ text: String, count: Int) -> Result<[Int], Defect> {
    let digits = text.utf8.map { Int($0) - Int(UInt8(ascii: "0")) }
    guard digits.allSatisfy({ (0...9).contains($0) }) else {
      let isScientific = text.utf8.allSatisfy { "0123456789.,eE+".utf8.contains($0) }
      return .failure(
        isScientific && text.utf8.contains { $0 | 32 == UInt8(ascii: "e") } ? .scientificNotation : .notDigits)
    }
    guard digits.count == count else { return .failure(.length(expected: count, found: digits.count)) }
    return .success(digits)
  }
}

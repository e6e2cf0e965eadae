/// Numbers that identify people, found in running text: a clerk may have typed one where no type says what it is.
///
/// Runs of 16 digits (NIK, KK) and of 18 (NIP), also in groups with one and the same blank, point or hyphen between
/// them. Digits within a long hexadecimal word (a record's id, a digest) and of a decimal fraction are none.
package enum IdentityNumbers {
  /// A run of asterisks as long as the shortest number: what `masked` leaves.
  private static let maskLength = 16
  /// Shorter words of digits and `a` to `f` may be a number that letters stand beside.
  private static let hexadecimalWordMin = 24

  /// `text` with an asterisk for each digit of such a number.
  package static func masked(_ text: String) -> String {
    guard mayHaveOne(text) else { return text }
    var bytes = Array(text.utf8)
    let places = places(in: bytes)
    if places.isEmpty { return text }
    for place in places { bytes[place] = UInt8(ascii: "*") }
    return String(decoding: bytes, as: UTF8.self)
  }

  package static func areIn(_ text: String) -> Bool {
    mayHaveOne(text) && !places(in: Array(text.utf8)).isEmpty
  }

  /// Whether `text` was masked: it must not come back as a value.
  package static func isMasked(_ text: String) -> Bool {
    guard text.utf8.contains(UInt8(ascii: "*")) else { return false }
    var length = 0
    for byte in text.utf8 {
      length = byte == UInt8(ascii: "*") ? length + 1 : 0
      if length == maskLength { return true }
    }
    return false
  }

  /// Nearly every text has fewer digits, and is not copied.
  private static func mayHaveOne(_ text: String) -> Bool {
    var count = 0
    for byte in text.utf8 where isDigit(byte) {
      count += 1
      if count == 16 { return true }
    }
    return false
  }

  /// Where the digits of all of them are.
  private static func places(in bytes: [UInt8]) -> [Int] {
    var places: [Int] = []
    var index = 0
    while index < bytes.count {
      guard isDigit(bytes[index]) else {
        index += 1
        continue
      }
      let run = run(from: index, in: bytes)
      if isLength(run.count) {
        if !isHexadecimalWord(around: run, in: bytes), !isFraction(run, in: bytes) { places += run }
        index = run.upperBound
      } else if let groups = groups(from: run, in: bytes) {
        places += groups.flatMap { Array($0) }
        index = groups.last?.upperBound ?? run.upperBound
      } else {
        index = run.upperBound
      }
    }
    return places
  }

  private static func isLength(_ count: Int) -> Bool { count == 16 || count == 18 }

  private static func run(from start: Int, in bytes: [UInt8]) -> Range<Int> {
    var end = start
    while end < bytes.count, isDigit(bytes[end]) { end += 1 }
    return start..<end
  }

  /// Groups of at least two digits that together are as many as a number has, beginning with `first`.
  private static func groups(from first: Range<Int>, in bytes: [UInt8]) -> [Range<Int>]? {
    guard first.count >= 2, first.count < 16, first.upperBound + 1 < bytes.count else { return nil }
    if first.lowerBound > 0, isLetter(bytes[first.lowerBound - 1]) { return nil }
    let separator = bytes[first.upperBound]
    guard " .-".utf8.contains(separator) else { return nil }
    var groups = [first]
    var count = first.count
    while let last = groups.last, last.upperBound + 1 < bytes.count, bytes[last.upperBound] == separator,
      isDigit(bytes[last.upperBound + 1]), count < 18
    {
      let next = run(from: last.upperBound + 1, in: bytes)
      guard next.count >= 2 else { return nil }
      groups.append(next)
      count += next.count
      let isEnd = next.upperBound == bytes.count || !isLetter(bytes[next.upperBound])
      if isLength(count), isEnd { return groups }
    }
    return nil
  }

  private static func isHexadecimalWord(around run: Range<Int>, in bytes: [UInt8]) -> Bool {
    var start = run.lowerBound
    var end = run.upperBound
    // No further than it takes: a word may be as long as the text and have a run every few characters.
    while end - start < hexadecimalWordMin, start > 0, isHexadecimal(bytes[start - 1]) { start -= 1 }
    while end - start < hexadecimalWordMin, end < bytes.count, isHexadecimal(bytes[end]) { end += 1 }
    return end - start >= hexadecimalWordMin
  }

  private static func isFraction(_ run: Range<Int>, in bytes: [UInt8]) -> Bool {
    run.lowerBound > 1 && bytes[run.lowerBound - 1] == UInt8(ascii: ".") && isDigit(bytes[run.lowerBound - 2])
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
  }
}

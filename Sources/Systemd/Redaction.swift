package import Logging

/// Keeps personal data and secrets out of the log, whatever a caller passes.
///
/// Values of telling keys are masked whole, at any depth; in every other text, runs of digits as long as a NIK
/// or KK (16) or a NIP (18) are masked. This is the last line of defence: callers still must not log them.
package struct Redaction: Sendable {
  /// What stands in place of a masked value.
  package static let mask = "***"

  /// The rule every daemon uses.
  package static let standard = Redaction(
    words: [
      "authorization", "credential", "credentials", "key", "kk", "nik", "nip", "passphrase", "password",
      "pin", "secret", "token",
    ],
    exceptions: ["key_version", "public_key"])

  private let words: Set<String>
  private let exceptions: Set<String>

  /// Masks the values of keys that contain one of `words` as a word of their own, except the `exceptions`.
  ///
  /// Both in lower case; words are told apart by case (`apiToken`) and by anything that is no letter or digit
  /// (`no_kk`, `nik-ibu`).
  package init(words: Set<String>, exceptions: Set<String> = []) {
    self.words = words
    self.exceptions = exceptions
  }

  /// Whether values under `key` are masked whole.
  package func masks(key: String) -> Bool {
    guard !exceptions.contains(key.lowercased()) else { return false }
    return Self.words(of: key).contains(where: words.contains)
  }

  /// `value` under `key` as text that is fit to be shown: nested keys sorted, personal data and secrets masked.
  package func text(of value: Logger.MetadataValue, under key: String) -> String {
    if masks(key: key) { return Self.mask }
    switch value {
    case .string(let text): return self.text(text)
    case .stringConvertible(let other): return text(other.description)
    case .array(let values):
      return "[" + values.map { text(of: $0, under: key) }.joined(separator: ", ") + "]"
    case .dictionary(let fields):
      let sorted = fields.sorted { $0.key < $1.key }
      let pairs = sorted.map { "\($0.key)=\(text(of: $0.value, under: $0.key))" }
      return "{" + pairs.joined(separator: ", ") + "}"
    }
  }

  /// `text` with every run of exactly 16 or 18 digits masked, unless it is part of a hexadecimal word or of a
  /// decimal fraction.
  package func text(_ text: String) -> String {
    var bytes = Array(text.utf8)
    var index = 0
    var isChanged = false
    while index < bytes.count {
      guard Self.isDigit(bytes[index]) else {
        index += 1
        continue
      }
      let start = index
      while index < bytes.count, Self.isDigit(bytes[index]) { index += 1 }
      guard index - start == 16 || index - start == 18 else { continue }
      if start > 0, Self.isHexadecimalLetter(bytes[start - 1]) { continue }
      if index < bytes.count, Self.isHexadecimalLetter(bytes[index]) { continue }
      if start > 1, bytes[start - 1] == UInt8(ascii: "."), Self.isDigit(bytes[start - 2]) { continue }
      for position in start..<index { bytes[position] = UInt8(ascii: "*") }
      isChanged = true
    }
    return isChanged ? String(decoding: bytes, as: UTF8.self) : text
  }

  private static func words(of key: String) -> [String] {
    var words: [String] = []
    var word = ""
    var isAfterLowercase = false
    for scalar in key.unicodeScalars {
      let isLetter = scalar.properties.isAlphabetic
      let isUppercase = scalar.properties.isUppercase
      if !(isLetter || ("0"..."9").contains(scalar)) || (isUppercase && isAfterLowercase) {
        words.append(word)
        word = ""
      }
      if isLetter || ("0"..."9").contains(scalar) { word += scalar.properties.lowercaseMapping }
      isAfterLowercase = isLetter && !isUppercase
    }
    words.append(word)
    return words.filter { !$0.isEmpty }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func isHexadecimalLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
  }
}

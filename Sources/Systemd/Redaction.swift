import Datasets
package import Logging

/// Keeps personal data and secrets out of the log, whatever a caller passes.
///
/// Values of telling keys are masked whole, at any depth; in every other text, what may be a NIK, KK or NIP is masked
/// (`IdentityNumbers`). This is the last line of defence: callers still must not log them.
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

  /// `text` with the numbers in it that identify people masked.
  package func text(_ text: String) -> String { IdentityNumbers.masked(text) }

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
}

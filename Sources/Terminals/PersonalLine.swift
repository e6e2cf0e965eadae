/// Lines that hold what is never kept: templates, photos and passwords (specific personal data, UU 27/2022 art. 4).
package enum PersonalLine {
  /// With what such lines begin.
  private static let words: Set<String> = [
    "FP", "FACE", "FVEIN", "PALM", "BIODATA", "BIOPHOTO", "USERPIC", "ATTPHOTO", "USER",
  ]
  /// Names of the fields that hold them.
  private static let fields = ["TMP=", "TEMPLATE=", "CONTENT=", "PASSWD=", "PASSWORD="]

  /// - Parameter line: as a terminal sent it, whatever it said that it sends.
  package static func holds(_ line: [UInt8]) -> Bool {
    let upper = line.map { (0x61...0x7A).contains($0) ? $0 - 0x20 : $0 }
    let word = upper.prefix { (0x41...0x5A).contains($0) }
    if !word.isEmpty, words.contains(String(decoding: word, as: UTF8.self)) { return true }
    guard let mark = upper.firstIndex(of: UInt8(ascii: "=")), mark > 0 else { return false }
    let text = String(decoding: upper, as: UTF8.self)
    return fields.contains { text.contains($0) }
  }
}

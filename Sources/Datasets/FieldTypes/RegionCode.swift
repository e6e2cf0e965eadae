/// A code of Kepmendagri 300.2.2-2430/2025: `73`, `73.12`, `73.12.04` or `73.12.04.1001`.
package struct RegionCode: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let text: String

  /// Takes the dotted form and the short one without dots (`7312041001`).
  /// - Returns: nil for anything else.
  package init?(_ text: some StringProtocol) {
    let digits = text.utf8.filter { $0 != UInt8(ascii: ".") }
    guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      [2, 4, 6, 10].contains(digits.count)
    else { return nil }
    var output: [UInt8] = []
    for (index, digit) in digits.enumerated() {
      if index == 2 || index == 4 || index == 6 { output.append(UInt8(ascii: ".")) }
      output.append(digit)
    }
    guard text.utf8.count == digits.count || text.utf8.elementsEqual(output) else { return nil }
    self.text = String(decoding: output, as: UTF8.self)
  }

  /// Whether `other` is this region or lies in it.
  package func contains(_ other: RegionCode) -> Bool {
    other.text == text || (other.text.hasPrefix(text) && other.text.utf8.dropFirst(text.utf8.count).first == 46)
  }

  /// Whether it is the code of a desa or kelurahan, the last level.
  package var isVillage: Bool { text.utf8.count > 8 }

  /// The kecamatan that the region is or lies in, nil above that level.
  package var district: RegionCode? { text.utf8.count < 8 ? nil : RegionCode(text.prefix(8)) }

  package static func < (left: RegionCode, right: RegionCode) -> Bool { left.text < right.text }
  package var description: String { text }
}

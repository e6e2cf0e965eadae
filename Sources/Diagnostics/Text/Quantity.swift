package import Datasets

/// Numbers as people write them: `1.234.567` and `1,5 MB` in Indonesian, `1,234,567` and `1.5 MB` in English.
package struct Quantity: Sendable {
  private let language: Language

  package init(language: Language) { self.language = language }

  package func count(_ number: some BinaryInteger) -> String {
    let digits = Array(String(number.magnitude).utf8)
    var output: [UInt8] = number < 0 ? [UInt8(ascii: "-")] : []
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 {
        output.append(UInt8(ascii: language == .english ? "," : "."))
      }
      output.append(digit)
    }
    return String(decoding: output, as: UTF8.self)
  }

  /// Decimal units, as in the settings files; one decimal place from kB on, rounded down.
  package func bytes(_ number: some BinaryInteger) -> String {
    let bytes = UInt64(clamping: number)
    let units: [(name: String, size: UInt64)] = [
      ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000),
    ]
    guard let unit = units.first(where: { bytes >= $0.size }) else { return "\(bytes) B" }
    let tenths = bytes / (unit.size / 10)
    return "\(count(tenths / 10))\(language(",", "."))\(tenths % 10) \(unit.name)"
  }

  package func optional(_ number: (some BinaryInteger)?) -> String { number.map { count($0) } ?? "-" }
}

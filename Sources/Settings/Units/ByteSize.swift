/// An amount of bytes as people write it: `2GB`, `512MiB`, `100kB`.
package struct ByteSize: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// Never negative.
  package let bytes: Int

  package init(bytes: Int) { self.bytes = max(0, bytes) }

  /// Largest first. `KB` is only read: `kB` comes before it.
  private static let units: [(name: String, bytes: Int)] = [
    ("TiB", 1 << 40), ("TB", 1_000_000_000_000), ("GiB", 1 << 30), ("GB", 1_000_000_000), ("MiB", 1 << 20),
    ("MB", 1_000_000), ("KiB", 1 << 10), ("kB", 1_000), ("KB", 1_000), ("B", 1),
  ]

  /// - Returns: nil unless `text` is a whole number and a unit, below 2^63.
  package init?(_ text: String) {
    guard let (count, unit) = UnitText.parse(text),
      let factor = Self.units.first(where: { $0.name == unit })?.bytes
    else { return nil }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: factor)
    guard !overflow else { return nil }
    self.bytes = bytes
  }

  /// In the largest unit that gives a whole number; `init(_:)` reads it back.
  package var description: String {
    let unit = bytes == 0 ? nil : Self.units.first { bytes.isMultiple(of: $0.bytes) }
    return unit.map { "\(bytes / $0.bytes)\($0.name)" } ?? "0B"
  }

  package static func < (left: ByteSize, right: ByteSize) -> Bool { left.bytes < right.bytes }
}

/// A whole number with a unit right behind it.
enum UnitText {
  static func parse(_ text: String) -> (count: Int, unit: String)? {
    let digits = text.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    let unit = text.utf8.dropFirst(digits.count)
    guard !digits.isEmpty, !unit.isEmpty, let count = Int(String(decoding: digits, as: UTF8.self)) else {
      return nil
    }
    return (count, String(decoding: unit, as: UTF8.self))
  }
}

/// What a daemon mints whenever it opens its store; it tells a restored backup or a cloned disk from the original.
///
/// Ordered by generation, then by the random bytes (docs/adr/0003-incarnations-dots-parents.md).
package struct Incarnation: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The parent's generation + 1; the first is 1.
  package let generation: UInt64
  /// 64 random bits, compared as big-endian bytes.
  package let random: UInt64

  package init(generation: UInt64, random: UInt64) {
    self.generation = generation
    self.random = random
  }

  package static func < (left: Incarnation, right: Incarnation) -> Bool {
    (left.generation, left.random) < (right.generation, right.random)
  }

  /// `generation.random` with the random part as 16 hexadecimal digits.
  package var description: String {
    "\(generation).\(Hexadecimal.text(of: random))"
  }

  /// Reads what `description` writes.
  package init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[1].utf8.count == 16, let generation = UInt64(parts[0]),
      let random = UInt64(parts[1], radix: 16)
    else { return nil }
    self.init(generation: generation, random: random)
  }
}

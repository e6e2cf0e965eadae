/// What happened, as one number: two tellings of one seed must give the same (FNV-1a, 64 bits).
package struct Trace: Sendable {
  package private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  /// The words themselves, when somebody wants to read them.
  package private(set) var lines: [String] = []
  private let keepsLines: Bool

  package init(keepsLines: Bool = false) { self.keepsLines = keepsLines }

  package mutating func note(_ words: String) {
    for byte in words.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    hash = (hash ^ 0x0A) &* 0x100_0000_01B3
    if keepsLines { lines.append(words) }
  }
}

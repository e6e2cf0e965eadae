import Hashing

/// A record's surrogate identity: 16 bytes, of which the first is the fleet key's version (0 = random).
///
/// Personal data (design.md): never in logs, metrics or public pages.
package struct RecordID: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let high: UInt64
  package let low: UInt64

  package static let byteCount = 16

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// - Returns: nil unless `bytes` holds exactly 16.
  package init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    var high: UInt64 = 0
    var low: UInt64 = 0
    for (index, byte) in bytes.enumerated() {
      if index < 8 { high = high << 8 | UInt64(byte) } else { low = low << 8 | UInt64(byte) }
    }
    self.init(high: high, low: low)
  }

  /// - Returns: nil unless `text` is 32 hexadecimal digits.
  package init?(_ text: String) {
    guard let bytes = Hexadecimal.bytes(of: text) else { return nil }
    self.init(bytes: bytes)
  }

  package var bytes: [UInt8] {
    (0..<16).map { index in
      let word = index < 8 ? high : low
      return UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64(index % 8)))
    }
  }

  package static func < (left: RecordID, right: RecordID) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }

  package var description: String { Hexadecimal.text(of: bytes) }
}

/// The key that turns identifying values into record ids; it goes only to nodes that write such a dataset.
///
/// A plain hash of a NIK can be enumerated; a keyed one cannot (domain.md section 4).
package struct FleetKey: Sendable, Equatable, CustomStringConvertible {
  /// 1 to 255; 0 is kept for random ids.
  package let version: UInt8
  package let secret: [UInt8]

  /// - Returns: nil for version 0 or a secret of other than 32 bytes.
  package init?(version: UInt8, secret: [UInt8]) {
    guard version > 0, secret.count == 32 else { return nil }
    self.version = version
    self.secret = secret
  }

  /// The id for `parts`, each taken with its length so that no two lists collide by concatenation (RFC 2104).
  package func recordID(dataset: DatasetName, parts: [String]) -> RecordID {
    var message: [UInt8] = []
    for part in [dataset.text] + parts {
      let bytes = part.utf8
      for index in 0..<4 { message.append(UInt8(truncatingIfNeeded: bytes.count >> (24 - 8 * index))) }
      message.append(contentsOf: bytes)
    }
    let bytes = [version] + KeyedHash.code(of: message, key: secret).prefix(15)
    // 1 + 15 bytes always make an id.
    return RecordID(bytes: bytes) ?? RecordID(high: 0, low: 0)
  }

  /// Hides the secret.
  package var description: String { "FleetKey(version: \(version))" }
}

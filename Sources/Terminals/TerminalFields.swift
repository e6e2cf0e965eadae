/// Names and values of a query as terminals write it: names in any case, values that are percent-encoded or not.
package struct TerminalFields: Sendable, Equatable {
  /// Names in lower case.
  private let values: [String: String]

  /// - Parameter query: `SN=X&table=ATTLOG`; of a name that comes twice the first counts.
  package init(query: some StringProtocol) {
    var values: [String: String] = [:]
    for pair in query.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = parts[0].lowercased()
      guard !name.isEmpty, values[name] == nil else { continue }
      values[name] = parts.count > 1 ? Self.decoded(Array(parts[1].utf8)) : ""
    }
    self.values = values
  }

  /// What a body that is a form says of itself; nil is what it does not say.
  package init(serial: String?, table: String?, stamp: String?) {
    values = ["sn": serial, "table": table, "stamp": stamp].compactMapValues(\.self)
  }

  /// - Parameter name: in lower case.
  package subscript(name: String) -> String? { values[name] }

  /// Percent-encoded bytes as they are meant, a plus as a blank; what is no encoding stays as it is.
  private static func decoded(_ bytes: [UInt8]) -> String {
    var plain: [UInt8] = []
    plain.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "%"), index + 2 < bytes.count, let high = digit(bytes[index + 1]),
        let low = digit(bytes[index + 2])
      {
        plain.append(high << 4 | low)
        index += 3
        continue
      }
      plain.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
      index += 1
    }
    return String(decoding: plain, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}

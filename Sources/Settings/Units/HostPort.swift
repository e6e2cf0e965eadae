/// A host and a TCP port: `127.0.0.1:7381`, `[::1]:7381`, `scc.example:7312`.
package struct HostPort: Hashable, Sendable, CustomStringConvertible {
  /// A name, an IPv4 address, an IPv6 address without brackets, or `*`.
  package let host: String
  /// 0 lets the system choose one, which is only of use in tests.
  package let port: Int

  package init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// - Returns: nil unless `text` is `host:port` with a well-formed host and a port from 0 to 65535.
  package init?(_ text: String) {
    guard text.utf8.count <= 300, let colon = text.lastIndex(of: ":") else { return nil }
    let portText = text[text.index(after: colon)...]
    guard (1...5).contains(portText.utf8.count),
      portText.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let port = Int(portText), port <= 65_535
    else { return nil }
    let hostText = text[..<colon]
    if hostText.hasPrefix("["), hostText.hasSuffix("]") {
      let address = String(hostText.dropFirst().dropLast())
      guard Self.isIPv6(address) else { return nil }
      self.init(host: address, port: port)
    } else {
      guard hostText == "*" || Self.isNameOrIPv4(hostText) else { return nil }
      self.init(host: String(hostText), port: port)
    }
  }

  /// Whether it means every address of this machine, so that nobody else can use it as a destination.
  package var isWildcard: Bool {
    host == "*" || host == "0.0.0.0"
      || (host.contains(":") && host.utf8.allSatisfy { ":0".utf8.contains($0) })
  }

  /// As a browser on another machine writes it.
  ///
  /// - Parameter hostName: of this machine, for a wildcard.
  package func webAddress(hostName: String) -> String {
    "http://\(HostPort(host: isWildcard ? hostName : host, port: port))"
  }

  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  private static func isNameOrIPv4(_ text: Substring) -> Bool {
    let labels = text.split(separator: ".", omittingEmptySubsequences: false)
    // What ends in a number is an address (WHATWG URL, "ends in a number"): 10.0.1 is a slip, not a name.
    if let last = labels.last, !last.isEmpty, last.utf8.allSatisfy({ isDigit($0) }) {
      return labels.count == 4
        && labels.allSatisfy { label in
          (1...3).contains(label.utf8.count) && label.utf8.allSatisfy(isDigit) && (Int(label) ?? 256) < 256
        }
    }
    return text.utf8.count <= 253
      && labels.allSatisfy { label in
        (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
          && label.utf8.allSatisfy { byte in
            isDigit(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
              || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 32)
          }
      }
  }

  /// RFC 4291 section 2.2.
  private static func isIPv6(_ text: String) -> Bool {
    let halves = text.split(separator: "::", omittingEmptySubsequences: false)
    guard halves.count <= 2 else { return false }
    var count = 0
    for (index, half) in halves.enumerated() where !half.isEmpty {
      let groups = half.split(separator: ":", omittingEmptySubsequences: false)
      for (position, group) in groups.enumerated() {
        let isLast = index == halves.count - 1 && position == groups.count - 1
        if isLast, group.contains(".") {
          guard isNameOrIPv4(group), group.utf8.last.map(isDigit) ?? false else { return false }
          count += 2
        } else {
          guard (1...4).contains(group.utf8.count), group.allSatisfy(\.isHexDigit) else { return false }
          count += 1
        }
      }
    }
    return halves.count == 2 ? count < 8 : count == 8
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}

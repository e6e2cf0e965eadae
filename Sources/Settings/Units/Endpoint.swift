/// Where a replication socket listens or connects: `tcp://scc.example:7312`.
package struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  package let address: HostPort

  package init(_ address: HostPort) { self.address = address }

  /// - Returns: nil for anything but `tcp://host:port`.
  package init?(_ text: String) {
    guard text.hasPrefix("tcp://"), let address = HostPort(String(text.dropFirst(6))) else { return nil }
    self.address = address
  }

  package var description: String { "tcp://\(address)" }
}

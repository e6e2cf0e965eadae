package import Datasets
import Machine

/// The fleet keys that the centre gave this node, in `fleet.keys` (mode 0600): one line each, version and 64 digits.
package struct FleetKeyFile: Sendable {
  private let path: String

  package init(path: String) { self.path = path }

  /// Empty where the centre has given none yet.
  package func load() throws -> [FleetKey] {
    guard let bytes = try PrivateFile.read(path) else { return [] }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
      let parts = line.split(separator: " ")
      guard parts.count == 2, let version = UInt8(parts[0]), let secret = Hexadecimal.bytes(of: String(parts[1]))
      else { return nil }
      return FleetKey(version: version, secret: secret)
    }
  }

  package func store(_ keys: [FleetKey]) throws {
    let text = keys.map { "\($0.version) \(Hexadecimal.text(of: $0.secret))\n" }.joined()
    try PrivateFile.replace(path, with: Array(text.utf8))
  }
}

package import Datasets
package import Wire

/// What a row of an exported file brings back with it: the version that was exported, and of each cell a short hash.
///
/// So an import knows which cells somebody has changed since, without asking what the record shows by now: the others
/// stay untouched, masked ones too (ADR 0032).
package struct ExportedVersion: Sendable, Equatable {
  /// The column of a file that holds it, beside `id`.
  package static let column = "version"
  /// Six bytes each: one changed cell in 10^12 would pass for unchanged.
  private static let hashBytes = 6
  private static let headBytes = 1 + ExportKey.saltBytes
  private static let cellsMax = 1_000

  package let version: RecordVersion
  private let versionText: String
  private let cells: Set<UInt64>
  private let key: ExportKey

  /// The text of the column, for a version as the API gives it out.
  ///
  /// - Parameter cells: the fields that the row has, as they are written in it.
  package static func text(version: String, cells: [(field: String, text: String)], key: ExportKey) -> String {
    let hashes = Set(cells.map { hash($0.field, $0.text, version, key) }).sorted()
    let bytes = hashes.flatMap { hash in (0..<hashBytes).map { UInt8(truncatingIfNeeded: hash >> ($0 * 8)) } }
    return "\(version).\(Base64URL.text(of: [key.version] + key.salt + bytes))"
  }

  /// - Returns: nil for what no export wrote, or one of a fleet key that is not among `fleetKeys`.
  package init?(_ text: String, fleetKeys: [FleetKey]) {
    guard let mark = text.lastIndex(of: "."), let version = RecordVersion(String(text[..<mark])),
      let bytes = Base64URL.bytes(of: String(text[text.index(after: mark)...])), bytes.count >= Self.headBytes,
      let fleetKey = fleetKeys.first(where: { $0.version == bytes[0] })
    else { return nil }
    let hashes = bytes[Self.headBytes...]
    guard hashes.count.isMultiple(of: Self.hashBytes), hashes.count <= Self.cellsMax * Self.hashBytes else {
      return nil
    }
    self.version = version
    versionText = String(text[..<mark])
    key = ExportKey(of: fleetKey, salt: Array(bytes[1..<Self.headBytes]))
    cells = Set(
      stride(from: Self.headBytes, to: bytes.count, by: Self.hashBytes).map { start in
        (0..<Self.hashBytes).reduce(0) { $0 | UInt64(bytes[start + $1]) << ($1 * 8) }
      })
  }

  /// Whether the row was exported with this in the field.
  package func wrote(_ text: String, in field: String) -> Bool {
    cells.contains(Self.hash(field, text, versionText, key))
  }

  /// Another one in every record: equal cells of a column must not show that they are equal.
  private static func hash(_ field: String, _ text: String, _ version: String, _ key: ExportKey) -> UInt64 {
    key.hash("\(version)\u{0}\(field)\u{0}\(text)").prefix(hashBytes).reduce(0) { $0 << 8 | UInt64($1) }
  }
}

extension RecordEditor {
  /// What of a row that was exported and changed differs from what the record shows: a save by the version that was
  /// exported.
  ///
  /// - Returns: nil when the record shows all of it.
  package func saveExported(
    _ values: [(name: FieldName, value: Value)], version: RecordVersion
  ) throws(EditRefusal) -> Change? {
    try save(
      values.filter { state[$0.name].shown(by: definition.rule(for: $0.name)) ?? .null != $0.value }, version: version)
  }
}

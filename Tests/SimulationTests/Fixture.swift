import Datasets
import NodeStorage
import Simulation
import Storage
import Testing
import Wire

/// A small store of events.
enum Fixture {
  static let start: Int64 = 1_790_000_000_000

  static func name<Name>(_ made: Name?) throws -> Name { try #require(made) }

  static func definition() throws -> DatasetDefinition {
    func field(_ text: String, _ type: FieldType) throws -> FieldDefinition {
      FieldDefinition(
        name: try name(FieldName(text)), title: BilingualText(id: text, en: text), type: type, isRequired: true,
        policy: .latest)
    }
    return DatasetDefinition(
      name: try name(DatasetName("attendance")), kind: .event, version: 1,
      title: BilingualText(id: "Absensi", en: "Attendance"), lane: .event, key: [try name(FieldName("pin"))],
      read: [AccessRule(roles: ["*"])], write: [AccessRule(roles: ["*"])],
      fields: [try field("pin", .text(lengthMax: 32)), try field("note", .text(lengthMax: 5000))])
  }

  static func profile() throws -> NodeProfile {
    NodeProfile(
      node: try name(NodeName("kec-citta")), title: BilingualText(id: "Citta", en: "Citta"), kind: "kecamatan",
      region: try name(RegionCode("73.12.08")), roles: ["kecamatan"])
  }

  static func clock(_ seconds: Int64) -> ClockReading {
    ClockReading(
      wall: Timestamp(milliseconds: start + seconds * 1000), uptimeMilliseconds: UInt64(60_000 + seconds * 1000))
  }

  static func open(_ path: String, random: UInt64 = 7) async throws -> NodeStore {
    let store = try await NodeStore.open(
      path: path, node: try profile().node, random: random,
      boot: BootIdentity(id: "boot", startedAt: Timestamp(milliseconds: start)), now: clock(0))
    try await store.install([try definition()], profile: try profile())
    return store
  }

  /// Records one scan, long enough that a few of them touch several pages.
  @discardableResult
  static func scan(_ number: Int, in store: NodeStore) async throws -> RecordingResult {
    let definition = try definition()
    let row = ValidRow(
      line: 1,
      fields: [
        (definition.fields[0].name, .text("\(number)")),
        (definition.fields[1].name, .text(String(repeating: "x", count: 700 * (number % 5)))),
      ])
    return try await store.record(definition.name, rows: [row], now: clock(Int64(number)))
  }

  static func pins(_ store: NodeStore) async throws -> [String] {
    let definition = try definition()
    let page = try await store.occurrences(definition.name, RecordQuery(limit: 1000))
    return page.elements.compactMap { $0[definition.fields[0].name]?.text }
  }
}

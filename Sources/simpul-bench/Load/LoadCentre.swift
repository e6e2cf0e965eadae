import CentreStorage
import Datasets
import Foundation
import GRDB
import Machine
import Settings
import Transport

/// A real aggregator over a fleet larger than ours, with every office joined before it starts.
///
/// The offices of the load stand beside those that are shipped: definitions name some of these.
struct LoadCentre {
  struct Office {
    let name: NodeName
    let keys: CurveKeyPair
  }

  let settings: AggregatorSettings
  let directory: String
  let serverKey: CurvePublicKey
  /// What the offices record.
  let definition: DatasetDefinition
  let offices: [Office]
  /// Those of the shipped fleet that were enrolled too.
  let shipped: [Office]

  /// Writes the fleet's files and makes the centre's store and key, with `count` offices invited and enrolled in it.
  ///
  /// - Parameter shipped: offices of the shipped fleet that are enrolled beside them.
  static func prepare(
    directory: String, agents: String, count: Int, shipped: [String] = [], programs: BenchPrograms
  ) async throws -> LoadCentre {
    let files = directory + "/agents"
    try FileManager.default.copyItem(atPath: agents, toPath: files)
    let names = try (1...count).map { number in try write(number, to: files) }
    let settings = try programs.centreSettings(directory: directory, agents: files, port: programs.freePort())
    try settings.effectiveText.write(toFile: directory + "/aggregator.toml", atomically: true, encoding: .utf8)
    let fleet = try FleetDirectory.load(directory: files, datasetsDirectory: settings.datasets.directory)
    guard let definition = DatasetName("attendance").flatMap(fleet.dataset)?.definition else {
      throw BenchFailure(description: "agents/ has no attendance")
    }

    let lock = try DirectoryLock.claim(settings.dataDirectory)
    defer { withExtendedLifetime(lock) {} }
    let keys = try CurveKeyPair.loadOrCreate(path: settings.keyPath)
    let store = try CentreStore.open(
      path: settings.storePath, fleetKeySecret: MachineFacts.randomBytes(32), random: MachineFacts.random64(),
      now: MachineClock.wall())
    var offices: [Office] = []
    for name in names + shipped.compactMap({ NodeName($0) }) {
      let office = Office(name: name, keys: try CurveKeyPair.generate())
      let now = MachineClock.wall()
      let invitation = try await store.invite(
        name, publicKey: try CurveKeyPair.generate().publicKey.text, expires: now.advanced(byMilliseconds: 60_000),
        now: now)
      _ = try await store.enrol(invitation, publicKey: office.keys.publicKey.text, now: now)
      offices.append(office)
    }
    try store.close()
    return LoadCentre(
      settings: settings, directory: directory, serverKey: keys.publicKey, definition: definition,
      offices: Array(offices.prefix(count)), shipped: Array(offices.dropFirst(count)))
  }

  var endpoint: String { "tcp://\(settings.replication.listen.address)" }

  /// How one of its offices gets to it.
  func access(of office: Office) -> LoadAgent.Access {
    LoadAgent.Access(endpoint: endpoint, serverKey: serverKey, keys: office.keys)
  }

  func start(_ programs: BenchPrograms) throws -> Process {
    try programs.start("simpul-aggregator", configuration: directory + "/aggregator.toml")
  }

  /// How many events of each office the centre's table holds; the aggregator must have ended.
  func eventCounts() throws -> [String: UInt64] {
    let queue = try DatabaseQueue(path: settings.storePath)
    defer { try? queue.close() }
    return try queue.read { database in
      let rows = try Row.fetchAll(
        database, sql: "SELECT node, count(*) AS events FROM \(definition.name) GROUP BY node")
      return Dictionary(
        rows.compactMap { row in (row["node"] as String?).map { ($0, UInt64(row["events"] as Int64)) } },
        uniquingKeysWith: +)
    }
  }

  /// The profile of an office: districts and others in turn, no cap on what it may send.
  private static func write(_ number: Int, to files: String) throws -> NodeName {
    let text = "uji-\(number)"
    guard let name = NodeName(text) else { throw BenchFailure(description: "\(text) is no name of an office") }
    let isDistrict = number.isMultiple(of: 2)
    let kind = isDistrict ? "kecamatan" : "skpd"
    let profile = """
      title = { id = "Kantor uji \(number)", en = "Test office \(number)" }
      kind = "\(kind)"
      region = "\(isDistrict ? "73.12.0\(1 + number / 2 % 8)" : "73.12")"
      roles = [\(isDistrict ? "\"kecamatan\"" : "")]
      calendar = "normal"

      """
    try profile.write(toFile: "\(files)/\(kind)/\(text).toml", atomically: true, encoding: .utf8)
    return name
  }
}

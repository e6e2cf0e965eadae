import Agent
import Aggregator
import CentreStorage
import Collectors
import Datasets
import Foundation
import GRDB
import Logging
import Machine
import NodeStorage
import Replication
import Sessions
import Settings
import Storage
import Transport
import Wire

/// Intake and drain of attendance events between one node and the centre, both in this process, over loopback.
struct DrainBench {
  let directory: String
  let agents: String
  let eventCount: Int

  private static let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }

  func run() async throws {
    print("drain: \(eventCount) attendance events, CURVE on, synchronous=FULL at both ends")
    let attendance = try name("attendance")
    let fleet = try FleetDirectory.load(directory: agents, datasetsDirectory: agents + "/datasets")
    let definition = try definition(attendance, in: fleet)
    let bare = try bareInsert(definition)
    let thread = try SocketThread.start(logger: Self.logger)
    let centreKeys = try CurveKeyPair.generate()
    let (store, link, hub) = try await centre(fleet, keys: centreKeys, thread: thread)
    let running = Task { await hub.run() }
    let (node, intake, replicator, nodeThread) = try await office(
      fleet, store: store, hub: hub, link: link, centreKeys: centreKeys)

    try await fill(intake, attendance)
    let before = await link.counters.bytesReceived
    let start = ContinuousClock.now
    let replication = Task { await replicator.run() }
    while try await node.status().backlogChanges > 0 { try await Task.sleep(for: .milliseconds(5)) }
    let seconds = (ContinuousClock.now - start).seconds
    let bytes = await link.counters.bytesReceived - before
    let rate = Double(eventCount) / seconds
    report("drain, durable to durable", rate, "events/s")
    report("drain / bare batched insert of the same rows", rate / bare, "ratio (goal 0.5)")
    report("bytes on the wire per event", Double(bytes) / Double(eventCount), "bytes (goal < 12)")
    let digests = (try await node.digest(attendance), try await store.digest(attendance, node: NodeName("setda")))
    guard digests.0.digest == digests.1.digest, digests.0.count == UInt64(eventCount) else {
      throw BenchFailure(description: "the digests differ after the drain")
    }
    print("digests agree at both ends")
    replication.cancel()
    await replication.value
    running.cancel()
    await running.value
    await nodeThread.stop()
    await thread.stop()
    try node.close()
    try store.close()
  }

  /// The baseline: the same rows into the same typed table with the same keys, 8,000 to a transaction, FULL.
  func bareInsert(_ definition: DatasetDefinition) throws -> Double {
    let file = try StoreFile(path: directory + "/bare.sqlite", applicationID: 1, migrations: [""])
    let table = TypedTable(
      definition: definition,
      extraColumns: [
        .init("node", "TEXT"), .init("incarnation", "INTEGER"), .init("sequence", "INTEGER"),
        .init("effective", "INTEGER"), .init("suspect", "INTEGER"),
      ])
    try file.pool.write { try table.install($0) }
    let rows = (0..<eventCount).map(Self.punch)
    let marks = Array(repeating: "?", count: 11).joined(separator: ", ")
    let columns = ["device", "pin", "time", "status", "verify", "workcode"].map(TypedTable.quoted).joined(
      separator: ", ")
    let start = ContinuousClock.now
    for first in stride(from: 0, to: rows.count, by: 8000) {
      try file.pool.writeWithoutTransaction { database in
        try database.inTransaction(.immediate) {
          let insert = try RawStatement(
            database,
            "INSERT INTO \(table.name) (\(columns), node, incarnation, sequence, effective, suspect) VALUES (\(marks)) "
              + "ON CONFLICT DO NOTHING")
          for index in first..<min(rows.count, first + 8000) {
            let row = rows[index]
            insert.bind(row.device, at: 1)
            insert.bind(row.pin, at: 2)
            insert.bind(row.time, at: 3)
            insert.bind(row.status, at: 4)
            insert.bind(1 as Int64, at: 5)
            insert.bind("0", at: 6)
            insert.bind("setda", at: 7)
            insert.bind(1 as Int64, at: 8)
            insert.bind(Int64(index), at: 9)
            insert.bind(1_790_000_000_000 as Int64, at: 10)
            insert.bind(0 as Int64, at: 11)
            try insert.run()
          }
          return .commit
        }
      }
    }
    let rate = Double(rows.count) / (ContinuousClock.now - start).seconds
    try file.close()
    report("bare batched insert (baseline)", rate, "rows/s")
    return rate
  }

  /// A plausible punch: 8 terminals, 4,000 employees, some months of working days.
  private static func punch(_ index: Int) -> (device: String, pin: String, time: String, status: Int64) {
    var random = SplitMix64(seed: UInt64(index))
    let day = index / 8000
    let month = 1 + day / 28 % 12
    let second = Int(random.next() % 3600)
    let hour = index % 2 == 0 ? 7 : 16
    let time =
      "2026-\(two(month))-\(two(1 + day % 28))T\(two(hour)):\(two(second / 60)):\(two(second % 60))+08:00"
    return ("CJDE19316\(index % 8)", String(1 + index / 2 % 4000), time, Int64(index % 2))
  }

  private static func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }

  /// NDJSON as a producer sends it, through parser, validation and store.
  private func fill(_ intake: Intake, _ attendance: DatasetName) async throws {
    var parser = NDJSONRowParser()
    var delivery = Intake.Delivery.file(attendance, source: "bench")
    var receipt = Intake.Receipt()
    var elapsed = Duration.zero
    for first in stride(from: 0, to: eventCount, by: 2000) {
      let lines = (first..<min(eventCount, first + 2000)).map { index in
        let punch = Self.punch(index)
        return "{\"device\":\"\(punch.device)\",\"pin\":\"\(punch.pin)\",\"time\":\"\(punch.time)\","
          + "\"status\":\(punch.status),\"verify\":1,\"workcode\":\"0\"}\n"
      }
      let bytes = Array(lines.joined().utf8)
      let start = ContinuousClock.now
      let rows = parser.push(bytes).compactMap { row -> IntakeRow? in
        if case .row(let row) = row { row } else { nil }
      }
      try await intake.take(rows, of: &delivery, into: &receipt)
      elapsed += ContinuousClock.now - start
    }
    guard receipt.accepted == eventCount else {
      throw BenchFailure(description: "\(receipt.accepted) of \(eventCount) were accepted")
    }
    report("intake at the agent by NDJSON, durable", Double(eventCount) / elapsed.seconds, "events/s (goal 20,000)")
  }

  private func centre(
    _ fleet: FleetDirectory, keys: CurveKeyPair, thread: SocketThread
  ) async throws -> (CentreStore, CentreLink, SessionHub) {
    let store = try CentreStore.open(
      path: directory + "/centre.sqlite", fleetKeySecret: MachineFacts.randomBytes(32),
      random: MachineFacts.random64(), now: MachineClock.wall())
    // The bench measures the program, not the profiles' uplinks.
    let profiles = fleet.profiles.map { profile in
      var profile = profile
      profile.uplink = UplinkLimit()
      return profile
    }
    try await store.install(
      definitions: fleet.datasets.map(\.definition),
      texts: fleet.datasets.map { Document(name: $0.definition.name.text, text: $0.text) },
      profiles: profiles,
      profileTexts: Dictionary(
        profiles.map { ($0.node, ProfileDocument($0).text) }, uniquingKeysWith: { first, _ in first }),
      now: MachineClock.wall())
    let link = CentreLink(thread: thread)
    let hub = SessionHub(
      store: store, link: link, settings: CentreSession.Settings(), feedEnd: try await store.feedEnd(),
      metrics: CentreMetrics(), logger: Self.logger)
    try await link.bind(listen: "tcp://127.0.0.1:*", keys: keys)
    return (store, link, hub)
  }

  private func office(
    _ fleet: FleetDirectory, store: CentreStore, hub: SessionHub, link: CentreLink, centreKeys: CurveKeyPair
  ) async throws -> (NodeStore, Intake, Replicator, SocketThread) {
    let name = try nodeName("setda")
    let keys = try CurveKeyPair.generate()
    let invitation = try await store.invite(
      name, publicKey: try CurveKeyPair.generate().publicKey.text,
      expires: MachineClock.wall().advanced(byMilliseconds: 60_000), now: MachineClock.wall())
    _ = try await store.enrol(invitation, publicKey: keys.publicKey.text, now: MachineClock.wall())
    try await hub.refreshAuthorised()
    let node = try await NodeStore.open(
      path: directory + "/agent.sqlite", node: name, random: MachineFacts.random64(),
      boot: BootIdentity(id: MachineFacts.bootID(), startedAt: MachineClock.wall()), now: MachineClock.reading())
    try await node.storeDocuments(store.rules(of: name).documents)
    let catalogue = Catalogue()
    _ = try await catalogue.install(from: node, fleetKeys: [])
    let thread = try SocketThread.start(name: "office", logger: Self.logger)
    let replicator = Replicator(
      store: node, catalogue: catalogue,
      access: Replicator.Access(
        endpoints: [await link.boundEndpoint ?? ""], serverKey: centreKeys.publicKey, keys: keys),
      thread: thread, settings: drainSettings(), dataDirectory: directory, softwareVersion: "bench",
      logger: Self.logger)
    let intake = Intake(store: node, catalogue: catalogue, clock: replicator.clock) { _, _, _ in }
    return (node, intake, replicator, thread)
  }

  private func drainSettings() -> NodeSession.Settings { NodeSession.Settings() }

  private func name(_ text: String) throws -> DatasetName {
    guard let name = DatasetName(text) else { throw BenchFailure(description: "no dataset \(text)") }
    return name
  }

  private func nodeName(_ text: String) throws -> NodeName {
    guard let name = NodeName(text) else { throw BenchFailure(description: "no node \(text)") }
    return name
  }

  private func definition(_ name: DatasetName, in fleet: FleetDirectory) throws -> DatasetDefinition {
    guard let document = fleet.dataset(name) else { throw BenchFailure(description: "agents/ has no \(name)") }
    return document.definition
  }
}

struct BenchFailure: Error, CustomStringConvertible {
  let description: String
}

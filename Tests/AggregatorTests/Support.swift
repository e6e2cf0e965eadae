import API
import CentreStorage
import Compression
import Datasets
import Foundation
import HTTPServing
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Replication
import RouterSupport
import Settings
import TestSupport
import Testing
import Transport
import Wire

@testable import Aggregator

let start = Timestamp(milliseconds: 1_790_000_000_000)
let population = Names.dataset("population")
let attendance = Names.dataset("attendance")

/// Names in these files; a malformed one is a mistake here.
enum Names {
  static func dataset(_ text: String) -> DatasetName {
    guard let name = DatasetName(text) else { preconditionFailure("\(text) is no dataset name") }
    return name
  }

  static func field(_ text: String) -> FieldName {
    guard let name = FieldName(text) else { preconditionFailure("\(text) is no field name") }
    return name
  }

  static func node(_ text: String) -> NodeName {
    guard let name = NodeName(text) else { preconditionFailure("\(text) is no node name") }
    return name
  }
}

/// The fleet that is shipped.
enum ShippedFleet {
  static let directory =
    URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path + "/agents"

  private static let loaded = Result {
    try FleetDirectory.load(directory: directory, datasetsDirectory: directory + "/datasets")
  }

  static func load() throws -> FleetDirectory { try loaded.get() }
}

/// A centre on a temporary directory with the shipped fleet, without sockets.
final class Centre: Sendable {
  let context: CentreContext
  let store: CentreStore
  let settings: AggregatorSettings
  private let thread: SocketThread

  private init(
    context: CentreContext, store: CentreStore, settings: AggregatorSettings, thread: SocketThread
  ) {
    self.context = context
    self.store = store
    self.settings = settings
    self.thread = thread
  }

  /// - Parameter bound: what the centre says that its replication socket listens on.
  static func with(
    bound: String? = "tcp://127.0.0.1:7312", _ body: (Centre) async throws -> Void
  ) async throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
      "aggregator-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    let thread = try SocketThread.start(logger: logger)
    let centre = try await make(directory, thread, logger, bound: bound)
    do {
      try await body(centre)
    } catch {
      await centre.stop()
      throw error
    }
    await centre.stop()
  }

  private static func make(
    _ directory: URL, _ thread: SocketThread, _ logger: Logger, bound: String?
  ) async throws -> Centre {
    var settings = AggregatorSettings()
    settings.dataDirectory = directory.path
    let fleet = try ShippedFleet.load()
    let store = try CentreStore.open(
      path: directory.path + "/aggregator.sqlite", fleetKeySecret: [UInt8](repeating: 9, count: 32),
      random: 1,
      now: start)
    try await store.install(
      definitions: fleet.datasets.map(\.definition),
      texts: fleet.datasets.map { Document(name: $0.definition.name.text, text: $0.text) },
      profiles: fleet.profiles, profileTexts: [:], now: start)
    let link = CentreLink(thread: thread)
    let metrics = CentreMetrics()
    let hub = SessionHub(
      store: store, link: link, settings: CentreSession.Settings(), feedEnd: 0, metrics: metrics,
      logger: logger)
    let context = CentreContext(
      settings: settings, store: store, hub: hub, metrics: metrics, fleet: { fleet },
      linkCounters: { await link.counters }, startedAt: start,
      serverPublicKey: try CurveKeyPair.generate().publicKey,
      boundEndpoint: { bound }, now: { start })
    return Centre(context: context, store: store, settings: settings, thread: thread)
  }

  private func stop() async {
    await thread.stop()
    try? store.close()
  }

  // MARK: Requests

  func ask(
    _ method: HTTPRequest.Method = .get, _ uri: String, realm: HTTPRealm = .admin, reason: String? = nil,
    headers: HTTPFields = [:], body: String? = nil, context: CentreContext? = nil
  ) async throws -> RouterAnswer {
    var headers = headers
    if let reason, let name = HTTPField.Name("Simpul-Reason") { headers[name] = reason }
    let fields = headers
    let router = CentreRoutes(context: context ?? self.context, realm: realm).router()
    return try await Application(
      router: router, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    )
    .asking { client in
      try await client.execute(
        uri: uri, method: method, headers: fields, body: body.map { ByteBuffer(string: $0) }
      ) { $0 }
    }
  }

  /// A reply that must be there.
  func get<Reply: Decodable>(
    _ uri: String, as type: Reply.Type, reason: String? = nil, location: SourceLocation = #_sourceLocation
  ) async throws -> Reply {
    let response = try await ask(.get, uri, reason: reason)
    #expect(response.status == .ok, "\(response.text)", sourceLocation: location)
    return try response.decoded(type)
  }

  // MARK: Contents

  /// Invites, enrols and greets an office.
  func office(_ text: String, random: UInt64 = 50) async throws -> Office {
    let office = Office(node: Names.node(text), incarnation: Incarnation(generation: 1, random: random))
    try await join(office)
    return office
  }

  /// - Parameter letter: the end of its key: an office that joins again has another.
  func join(_ office: Office, key letter: Character = "k") async throws {
    let node = office.node
    let key = String((node.text + String(repeating: "0", count: 40)).prefix(39))
    let invitation = try await store.invite(
      node, publicKey: key + letter.uppercased(), expires: start.advanced(byMilliseconds: 1000), now: start)
    _ = try await store.enrol(invitation, publicKey: key + "\(letter)", now: start)
    guard case .welcomed = try await store.admit(node: node, hello: office.hello, now: start).decision else {
      throw TestFailure("\(node) was not welcomed")
    }
  }

  func apply(_ office: Office, _ batch: Batch) async throws {
    let outcome = try await store.apply([IncomingBatch(node: office.node, batch: batch)], now: start).first
    guard case .ack(_, let counts)? = outcome else {
      throw TestFailure("not taken: \(String(describing: outcome))")
    }
    context.metrics.count(counts, dataset: batch.dataset)
  }

  /// Two offices that disagree about one person's name (open) and address (settled), and a second person.
  func fill() async throws {
    var register = try await office("disdukcapil")
    var district = try await office("kec-lalabata", random: 60)
    try await apply(
      register,
      try register.batch(
        population,
        [
          edit(
            id(1), person("ANDI MAPPANYUKKI", nik: "7312040101900001", address: "Jl. Kemakmuran 1"), at: 0),
          edit(id(2), person("SITI AMINAH", nik: "7312044507850002", address: "Jl. Samudra 2"), at: 1),
        ]))
    try await apply(
      district,
      try district.batch(
        population,
        [
          edit(
            id(1), person("ANDI MAPANYUKI", nik: "7312040101900001", address: "Jl. Kesatria 3"), at: 60_000)
        ]))
  }
}

extension RouterAnswer {
  var text: String { String(buffer: body) }

  func decoded<Reply: Decodable>(_ type: Reply.Type) throws -> Reply {
    try APICoding.decoder.decode(type, from: Data(body.readableBytesView))
  }

  func problem() throws -> ErrorReply { try decoded(ErrorReply.self) }
}

/// One office's side of its streams: seals entries and makes batches.
struct Office {
  let node: NodeName
  private(set) var incarnation: Incarnation
  private var lineage: [Lineage]
  private var chains: [DatasetName: StreamChain] = [:]

  init(node: NodeName, incarnation: Incarnation) {
    self.node = node
    self.incarnation = incarnation
    lineage = [Lineage(incarnation: incarnation, parent: nil, ends: [])]
  }

  /// Begins a line of its own behind what was sealed, as every start of the agent does.
  mutating func restart(random: UInt64) {
    let ends = chains.keys.sorted().compactMap { dataset in
      chains[dataset].map { Lineage.End(dataset: dataset, last: $0.last, sealed: $0.mark) }
    }
    let child = Incarnation(generation: incarnation.generation + 1, random: random)
    lineage.insert(Lineage(incarnation: child, parent: incarnation, ends: ends), at: 0)
    incarnation = child
  }

  var hello: Hello {
    Hello(
      softwareVersion: "1.0", lineage: lineage,
      streams: chains.keys.sorted().compactMap { dataset in
        chains[dataset].map {
          Hello.Stream(
            dataset: dataset, earliestKept: Datasets.Sequence.none.next, next: $0.last.next, marks: [$0.mark])
        }
      },
      cursor: nil, ruleVersion: 0, documents: [], clock: ClockReading(wall: start, uptimeMilliseconds: 5),
      report: NodeReport())
  }

  mutating func batch(_ dataset: DatasetName, _ entries: [Entry]) throws -> Batch {
    var chain = chains[dataset] ?? StreamChain(at: .start)
    let first = chain.last.next
    var block = ByteWriter()
    for entry in entries {
      if case .gap(let gap) = entry { chain.append(gap) } else { chain.append(entry.bytes) }
      EntryBlock.append(entry.bytes, to: &block)
    }
    chains[dataset] = chain
    return Batch(
      session: 1, dataset: dataset, incarnation: incarnation, first: first, last: chain.last,
      head: chain.head,
      entries: CompressedBytes(rawCount: block.bytes.count, bytes: try Zstandard.compress(block.bytes)))
  }
}

func id(_ number: UInt64) -> RecordID { RecordID(high: 7, low: number) }

func seal(_ milliseconds: Int64) -> Seal {
  let time = start.advanced(byMilliseconds: milliseconds)
  return Seal(effective: time, suspicion: [], wall: time, boot: 1, uptimeMilliseconds: 10)
}

func person(
  _ name: String, nik: String, address: String, region: String = "73.12.04.1001"
) -> [(String, Value)] {
  [
    ("nik", .text(nik)), ("nama", .text(name)), ("alamat", .text(address)), ("kode_wilayah", .text(region)),
    ("status_hidup", .text("hidup")),
  ]
}

/// A creation that saw nothing of anybody.
func edit(_ record: RecordID, _ values: [(String, Value)], at milliseconds: Int64) -> Entry {
  .change(
    seal(milliseconds),
    Change(
      record: record, traits: .creation,
      edits: values.map { Change.Edit(field: Names.field($0.0), value: $0.1, saw: .empty) },
      affirmation: .empty))
}

/// A scan at an office's terminal.
func punch(pin: String, second: Int64, verify: Int64 = 1, at sealed: Int64 = 0) -> Entry {
  let time = ZonedInstant(
    timestamp: Timestamp(milliseconds: 1_780_000_000_000 + second * 1000), offsetMinutes: 480)
  return .occurrence(
    seal(sealed),
    Occurrence(fields: [
      .init(name: Names.field("device"), value: .text("CQZ1")),
      .init(name: Names.field("pin"), value: .text(pin)),
      .init(name: Names.field("time"), value: .instant(time)),
      .init(name: Names.field("status"), value: .integer(0)),
      .init(name: Names.field("verify"), value: .integer(verify)),
    ]))
}

extension SessionHub {
  /// Lets the session of an office stand, without its hello being looked up.
  func establish(_ office: Office, session: UInt64 = 1) async {
    let peer = CentreSession.Peer(number: 1)
    await handle(.received(peer, .hello(office.hello)), of: office.node)
    _ = takeAdmission()
    let welcome = Welcome(
      session: session, incarnation: office.incarnation, positions: [],
      epoch: Incarnation(generation: 1, random: 1), feed: .resume, ruleVersion: 1,
      credit: Credit(bytes: 0, messages: 0), centreTime: start, echo: office.hello.clock, documents: [],
      fleetKeys: [], silenceLimitMilliseconds: 0)
    await handle(.admitted(peer, CentreSession.Admission(welcome: welcome, feedPosition: 0)), of: office.node)
  }
}

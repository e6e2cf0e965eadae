import Compression
import Datasets
import Foundation
import Replication
import TestSupport
import Wire

/// What somebody says who has an office's key and our protocol, and keeps to none of its rules.
struct Impostor {
  private(set) var incarnation: Incarnation
  private let lineage: [Lineage]
  private var chains: [DatasetName: StreamChain] = [:]
  private(set) var session: UInt64 = 0

  /// Somebody who starts an office's disk once more: the next incarnation after the disk's last.
  ///
  /// - Parameter disk: nil for one who has the key alone, and begins a line of which the centre has heard nothing.
  init(disk: Incarnation?) {
    let random = UInt64.random(in: 1 ... .max)
    incarnation = Incarnation(generation: (disk?.generation ?? 0) + 1, random: random)
    lineage =
      [Lineage(incarnation: incarnation, parent: disk, ends: [])]
      + (disk.map { [Lineage(incarnation: $0, parent: nil, ends: [])] } ?? [])
  }

  static var now: Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }

  func hello(cursor: FeedCursor? = nil, ruleVersion: UInt64 = 0) -> [UInt8] {
    NodeMessage.hello(
      Hello(
        softwareVersion: "1.0", lineage: lineage, streams: [], cursor: cursor, ruleVersion: ruleVersion, documents: [],
        clock: ClockReading(wall: Self.now, uptimeMilliseconds: 5), report: NodeReport())
    ).bytes
  }

  /// A sign of life in the session.
  func ping() -> [UInt8] {
    let clock = ClockReading(wall: Self.now, uptimeMilliseconds: 20)
    return NodeMessage.ping(Ping(session: session, clock: clock, report: NodeReport())).bytes
  }

  /// Says hello, or these words, and takes the welcome's session.
  mutating func greet(
    _ peer: HostilePeer, as name: String = "1", saying words: [UInt8]? = nil
  ) async throws -> Welcome {
    try await peer.send([words ?? hello()], by: name)
    guard var answer = try await peer.receive(name) else { throw TestFailure("the centre does not answer") }
    if case .probe(let number) = try CentreMessage(bytes: answer) {
      // It is out of the ordinary, such as a disk that seems to be set back.
      try await peer.send([Self.signOfLife(number)], by: name)
      guard let next = try await peer.receive(name) else { throw TestFailure("the centre does not answer") }
      answer = next
    }
    guard case .welcome(let welcome) = try CentreMessage(bytes: answer) else {
      throw TestFailure("not welcomed: \(try CentreMessage(bytes: answer))")
    }
    session = welcome.session
    incarnation = welcome.incarnation
    return welcome
  }

  /// The answer to a probe with that number.
  static func signOfLife(_ number: UInt64) -> [UInt8] {
    let clock = ClockReading(wall: now, uptimeMilliseconds: 6)
    return NodeMessage.ping(Ping(session: number, clock: clock, report: NodeReport())).bytes
  }

  /// A batch of entries that the chain holds together.
  mutating func batch(_ dataset: String, _ entries: [Entry]) throws -> [UInt8] {
    guard let dataset = DatasetName(dataset) else { throw TestFailure("no dataset \(dataset)") }
    var chain = chains[dataset] ?? StreamChain(at: .start)
    let first = chain.last.next
    var block = ByteWriter()
    for entry in entries {
      chain.append(entry.bytes)
      EntryBlock.append(entry.bytes, to: &block)
    }
    chains[dataset] = chain
    return NodeMessage.batch(
      Batch(
        session: session, dataset: dataset, incarnation: incarnation, first: first, last: chain.last, head: chain.head,
        entries: CompressedBytes(rawCount: block.bytes.count, bytes: try Zstandard.compress(block.bytes)))
    ).bytes
  }

  /// Everything that the centre says until nothing more comes for half a second, at most 200 messages.
  func hear(_ peer: HostilePeer, as name: String = "1") async throws -> [CentreMessage] {
    var heard: [CentreMessage] = []
    while heard.count < 200, let bytes = try await peer.receive(name, within: 0.5) {
      heard.append(try CentreMessage(bytes: bytes))
    }
    return heard
  }

  /// The answer to a batch; what else comes is passed over.
  func ack(_ peer: HostilePeer, as name: String = "1") async throws -> Ack {
    for _ in 0..<200 {
      guard let bytes = try await peer.receive(name) else { break }
      if case .ack(let ack) = try CentreMessage(bytes: bytes) { return ack }
    }
    throw TestFailure("no ack came")
  }

  /// A change of one record.
  static func change(
    _ record: RecordID, _ values: [(String, Value)], saw: Context = .empty, traits: Change.Traits = [],
    scopeSeen: Dot? = nil
  ) throws -> Entry {
    let time = now
    let edits = try values.map { name, value in
      guard let field = FieldName(name) else { throw TestFailure("no field \(name)") }
      return Change.Edit(field: field, value: value, saw: saw)
    }
    return .change(
      Seal(effective: time, suspicion: [], wall: time, boot: 1, uptimeMilliseconds: 10),
      Change(record: record, traits: traits, edits: edits, affirmation: saw, scopeSeen: scopeSeen))
  }
}

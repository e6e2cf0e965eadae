import CentreStorage
import Compression
import Datasets
import Machine
import Replication
import Settings
import Wire

extension CentreStore {
  /// A new centre's store in `directory`, which has the fleet's files.
  static func opened(in directory: String, with fleet: FleetDirectory) async throws -> CentreStore {
    let store = try CentreStore.open(
      path: directory + "/centre.sqlite", fleetKeySecret: MachineFacts.randomBytes(32),
      random: MachineFacts.random64(), now: MachineClock.wall())
    try await store.install(
      definitions: fleet.datasets.map(\.definition),
      texts: fleet.datasets.map { Document(name: $0.definition.name.text, text: $0.text) },
      profiles: fleet.profiles, profileTexts: [:], now: MachineClock.wall())
    return store
  }
}

/// An office without a daemon: it joins a centre's store and hands it its changes as batches.
struct BenchOffice {
  let node: NodeName
  private let store: CentreStore
  private let author: Author
  private var chain = StreamChain(at: .start)

  /// In changes.
  private static let batchMax = 500

  init(_ name: String, at store: CentreStore) async throws {
    guard let node = NodeName(name) else { throw BenchFailure(description: "\(name) is no office") }
    self.node = node
    self.store = store
    author = Author(node: node, incarnation: Incarnation(generation: 1, random: 1))
    let now = MachineClock.wall()
    let invitation = try await store.invite(
      node, publicKey: Self.key(name, "i"), expires: now.advanced(byMilliseconds: 60_000), now: now)
    _ = try await store.enrol(invitation, publicKey: Self.key(name, "k"), now: now)
    let hello = Hello(
      softwareVersion: "bench", lineage: [Lineage(incarnation: author.incarnation, parent: nil, ends: [])],
      streams: [], cursor: nil, ruleVersion: 0, documents: [],
      clock: ClockReading(wall: now, uptimeMilliseconds: 5), report: NodeReport())
    _ = try await store.admit(node: node, hello: hello, now: now)
  }

  /// Forty characters that no other office has.
  private static func key(_ name: String, _ filler: Character) -> String {
    name + String(repeating: filler, count: 40 - name.count)
  }

  /// - Returns: the dots under which the centre has `changes`, in their order.
  /// - Throws: `BenchFailure` where it did not take one of them.
  @discardableResult
  mutating func send(_ changes: [Change], of dataset: DatasetName) async throws -> [Dot] {
    var dots: [Dot] = []
    for start in stride(from: 0, to: changes.count, by: Self.batchMax) {
      let now = MachineClock.wall()
      let first = chain.last.next
      var block = ByteWriter()
      for change in changes[start..<min(changes.count, start + Self.batchMax)] {
        let seal = Seal(effective: now, suspicion: [], wall: now, boot: 1, uptimeMilliseconds: 10)
        let bytes = Entry.change(seal, change).bytes
        chain.append(bytes)
        dots.append(Dot(author: author, sequence: chain.last))
        EntryBlock.append(bytes, to: &block)
      }
      let batch = Batch(
        session: 1, dataset: dataset, incarnation: author.incarnation, first: first, last: chain.last,
        head: chain.head,
        entries: CompressedBytes(rawCount: block.bytes.count, bytes: try Zstandard.compress(block.bytes)))
      guard case .ack(let ack, _)? = try await store.apply([IncomingBatch(node: node, batch: batch)], now: now).first
      else { throw BenchFailure(description: "the centre did not take a batch of \(node)") }
      if let held = ack.quarantined.first {
        throw BenchFailure(description: "the centre put a change of \(node) into quarantine: \(held.reason)")
      }
    }
    return dots
  }
}

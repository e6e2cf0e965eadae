import Datasets
import HTTPTypes
import Logging
import Replication
import RouterSupport
import Sessions
import Synchronization
import Systemd
import TestSupport
import Testing
import Transport
import Wire

@testable import Aggregator
@testable import CentreStorage

@Suite struct HubTests {
  private let one = CentreSession.Peer(number: 1)

  /// A hub none of whose workers runs.
  private func hub(_ centre: Centre, uptime: (@Sendable () -> Duration)? = nil) throws -> SessionHub {
    let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    return SessionHub(
      store: centre.store, link: CentreLink(thread: try SocketThread.start(logger: logger)),
      settings: CentreSession.Settings(), feedEnd: 0, metrics: CentreMetrics(), logger: logger, uptime: uptime
    )
  }

  @Test func `a worker that stands still is found only while something waits for it`() async throws {
    try await Centre.with { centre in
      let uptime = Mutex(Duration.zero)
      let hub = try hub(centre) { uptime.withLock { $0 } }
      let office = try await centre.office("kec-citta")
      uptime.withLock { $0 = .seconds(3600) }
      #expect(await hub.finding() == .advancing, "nothing was asked of anybody")
      await hub.handle(.received(one, .hello(office.hello)), of: office.node)
      uptime.withLock { $0 += .seconds(59) }
      #expect(await hub.finding() == .advancing)
      uptime.withLock { $0 += .seconds(2) }
      #expect(await hub.finding() == .stalled("admissions: no turn for 61 s"))
      _ = await hub.takeAdmission()
      #expect(await hub.finding() == .advancing)
    }
  }

  @Test func `batches are taken by lane and only as much as a transaction holds`() async throws {
    try await Centre.with { centre in
      let hub = try hub(centre)
      var office = try await centre.office("kec-citta")
      await hub.establish(office)
      var sent: [Batch] = []
      for second in 0..<3 {
        sent.append(try office.batch(attendance, [punch(pin: "7", second: Int64(second))]))
      }
      sent.append(
        try office.batch(
          population, [edit(id(1), person("BUDI", nik: "7312080101900009", address: "Jl. D"), at: 0)]))
      for batch in sent { await hub.handle(.received(one, .batch(batch)), of: office.node) }
      let size = sent[0].entries.rawCount
      let first = await hub.takeBatches(bytesMax: sent[3].entries.rawCount + size)
      #expect(first.map(\.batch.dataset) == [population, attendance])
      let second = await hub.takeBatches(bytesMax: 1)
      #expect(second.map(\.batch.first.value) == [2], "one at least")
      #expect(await hub.takeBatches(bytesMax: 1 << 20).map(\.batch.first.value) == [3])
      #expect(await hub.takeBatches(bytesMax: 1 << 20).isEmpty)
    }
  }

  @Test func `only the latest hello of a node waits`() async throws {
    try await Centre.with { centre in
      let hub = try hub(centre)
      let office = try await centre.office("kec-citta")
      for number in 1..<50 {
        await hub.handle(
          .received(CentreSession.Peer(number: UInt64(number % 3)), .hello(office.hello)), of: office.node)
      }
      #expect(await hub.takeAdmission()?.peer.number == 1)
      #expect(await hub.takeAdmission() == nil)
    }
  }

  @Test func `a peer that reads nothing loses its session and what waits for it`() async throws {
    try await Centre.with { centre in
      let hub = try hub(centre)
      let office = try await centre.office("kec-citta")
      await hub.establish(office)
      #expect(await hub.online()[office.node] != nil)
      let ping = Ping(session: 1, clock: office.hello.clock, report: NodeReport())
      for _ in 0..<SendQueue.messagesMax {
        await hub.handle(.received(one, .ping(ping)), of: office.node)
      }
      #expect(await hub.online()[office.node] == nil)
      var left = await hub.outgoing
      let count = left.take().count
      #expect(count < SendQueue.messagesMax)
    }
  }

  @Test func `what a full socket gave back goes before what came since`() {
    var queue = SendQueue()
    let (slow, other) = (PeerID(1), PeerID(2))
    func append(_ message: [UInt8], to peer: PeerID) -> Bool { queue.append(message, to: peer) }
    func take() -> [[UInt8]] { queue.take().map(\.1) }
    for byte in 0..<3 { #expect(append([UInt8(byte)], to: slow)) }
    #expect(append([9], to: other))
    #expect(take() == [[0], [1], [2], [9]])
    #expect(append([3], to: slow))
    queue.putBack([[1], [2]], for: slow)
    #expect(append([4], to: slow))
    #expect(append([8], to: other))
    #expect(take() == [[8]], "a full socket is not tried again before the link says so")
    queue.release()
    #expect(take() == [[1], [2], [3], [4]])
    let big = [UInt8](repeating: 0, count: SendQueue.bytesMax)
    #expect(append(big, to: slow), "one message goes whatever its size")
    #expect(!append([1], to: slow))
    #expect(queue.isEmpty)
  }

  @Test func `a fenced office is shown so although a session stands`() throws {
    let presence = SessionHub.Presence(session: 1, since: start, lastSeen: start, softwareVersion: "1")
    let node = Names.node("kec-citta")
    let entry = NodeEntry(
      node: node, state: .fenced, fenceReason: "x", lastSeen: nil, report: nil, version: nil,
      incarnation: nil,
      cursor: nil)
    #expect(OfficeView(node: node, profile: nil, entry: entry, presence: presence).state == .fenced)
    #expect(OfficeView(node: node, profile: nil, entry: nil, presence: presence).state == .online)
  }

  @Test func `names that a peer makes up become no labels`() async throws {
    try await Centre.with { centre in
      var counts = IngestCounts()
      counts.quarantined = 2
      centre.context.metrics.count(counts, dataset: nil)
      centre.context.metrics.count(counts, dataset: nil)
      #expect(centre.context.metrics.current.quarantined == [CentreMetrics.other: 4])
      let text = try await centre.ask(.get, "/metrics").text
      #expect(text.contains(#"simpul_records_quarantined_total{dataset="other"} 4"#))
    }
  }

  @Test func `a change that waits for another stream is taken in when that has come`() async throws {
    try await Centre.with { centre in
      let hub = try hub(centre)
      var register = try await centre.office("disdukcapil")
      var district = try await centre.office("kec-lalabata", random: 60)
      let author = Author(node: register.node, incarnation: register.incarnation)
      var saw = Context()
      saw.raise(author, to: Datasets.Sequence.none.next)
      let address = Entry.change(
        seal(5),
        Change(
          record: id(1), traits: [],
          edits: [Change.Edit(field: Names.field("alamat"), value: .text("Jl. Baru 9"), saw: saw)],
          affirmation: nil, scopeSeen: Dot(author: author, sequence: Datasets.Sequence.none.next)))
      try await centre.apply(district, try district.batch(population, [address]))
      #expect(try await centre.store.datasetsHeld(.unknownContext) == [population])
      let running = Task { await hub.run() }
      await hub.establish(register)
      let person = edit(
        id(1), person("ANDI", nik: "7312040101900001", address: "Jl. Lama 1"), at: 0)
      await hub.handle(.received(one, .batch(try register.batch(population, [person]))), of: register.node)
      try await eventually("nothing is held") { try await centre.store.datasetsHeld(.unknownContext).isEmpty }
      let shown = try await centre.store.record(population, id(1))?.shown.fields
      #expect(shown?.first { $0.name == Names.field("alamat") }?.value == .text("Jl. Baru 9"))
      running.cancel()
      await running.value
    }
  }
}

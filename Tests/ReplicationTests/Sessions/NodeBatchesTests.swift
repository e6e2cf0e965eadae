import Datasets
import Replication
import Testing
import Wire

/// How a node sends its streams.
@Suite struct NodeBatchesTests {
  private typealias Load = NodeSession.Effect

  @Test func `batches follow each other without waiting for answers`() {
    var node = NodeScript()
    #expect(node.establish([node.standing(30)]) == [NodeScript.load(0)])
    let first = node.loaded(1, 10)
    #expect(node.load(first) == [node.message(first), NodeScript.load(10)])
    let second = node.loaded(11, 20)
    #expect(node.load(second) == [node.message(second), NodeScript.load(20)])
    let third = node.loaded(21, 30)
    #expect(node.load(third) == [node.message(third)])
    #expect(node.handle(.received(.ack(node.ack(10)))) == [.storeAck(node.ack(10), through: Fixture.sequence(10))])
    #expect(node.handle(.received(.ack(node.ack(20)))) == [.storeAck(node.ack(20), through: Fixture.sequence(20))])
    #expect(
      node.handle(.appended(NodeScript.attendance, lane: .event, last: Fixture.sequence(31))) == [
        NodeScript.load(30)
      ])
  }

  @Test func `a batch that nobody answers ends a session that lives otherwise`() {
    var node = NodeScript { $0.standstillLimit = .seconds(60) }
    _ = node.establish([node.standing(10)])
    _ = node.load(node.loaded(1, 10))
    for _ in 0..<5 {
      node.pass(.seconds(10))
      node.handle(.received(.probe(session: 99)))
      #expect(!node.handle(.ticked).isClosing)
    }
    node.pass(.seconds(10))
    node.handle(.received(.probe(session: 99)))
    #expect(node.handle(.ticked).isClosing)
  }

  @Test func `answers put the end of a standing session off`() {
    var node = NodeScript { $0.standstillLimit = .seconds(60) }
    _ = node.establish([node.standing(10)])
    _ = node.load(node.loaded(1, 10))
    node.pass(.seconds(29))
    _ = node.handle(.received(.ack(node.ack(10))))
    for _ in 0..<9 {
      node.pass(.seconds(20))
      node.handle(.received(.probe(session: 99)))
      #expect(!node.handle(.ticked).isClosing)
    }
  }

  @Test func `sending begins after what the centre has and this node knows of`() {
    var node = NodeScript()
    let effects = node.establish([node.standing(30, answered: 20)], welcome: node.welcome(applied: 20))
    #expect(effects == [NodeScript.load(20)])
  }

  @Test
  func `what the centre has but never acked here goes again, because only its ack says what was held back`() {
    var node = NodeScript()
    let effects = node.establish([node.standing(30, answered: 10)], welcome: node.welcome(applied: 30))
    #expect(effects == [NodeScript.load(10)])
  }

  @Test func `a centre that was restored gets back what it lost`() {
    var node = NodeScript()
    let effects = node.establish([node.standing(30, answered: 30)], welcome: node.welcome(applied: 12))
    #expect(effects == [NodeScript.load(12)])
  }

  @Test func `entries appended while no session stands go with the next one`() {
    var node = NodeScript()
    node.handle(.started)
    node.handle(.linkOpened)
    // The store looks at 10, and two more are recorded.
    node.handle(.helloPrepared(node.hello))
    node.handle(.appended(NodeScript.attendance, lane: .event, last: Fixture.sequence(12)))
    node.handle(.appended(NodeScript.incident, lane: .incident, last: Fixture.sequence(1)))
    node.handle(.received(.welcome(node.welcome(applied: 10))))
    let stored = node.handle(.welcomeStored(streams: [node.standing(10, answered: 10)]))
    #expect(stored.last == NodeScript.load(0, dataset: NodeScript.incident))
    let incident = node.loaded(1, 1, dataset: NodeScript.incident)
    #expect(node.load(incident).last == NodeScript.load(10))
  }

  @Test func `an answer below what was sent goes back once every batch is answered`() {
    var node = NodeScript()
    _ = node.establish([node.standing(30)])
    for first in [1, 11, 21] as [UInt64] { _ = node.load(node.loaded(first, first + 9)) }
    // The first was applied only to 4 (say, a store that was restored under the session); the others stand behind a hole.
    #expect(node.handle(.received(.ack(node.ack(4)))) == [.storeAck(node.ack(4), through: Fixture.sequence(10))])
    #expect(node.handle(.received(.ack(node.ack(4)))) == [.storeAck(node.ack(4), through: Fixture.sequence(20))])
    #expect(
      node.handle(.received(.ack(node.ack(4)))) == [
        .storeAck(node.ack(4), through: Fixture.sequence(30)), NodeScript.load(4),
      ])
    let again = node.loaded(5, 30)
    #expect(node.load(again) == [node.message(again)])
  }

  @Test func `a batch loaded while the stream goes back is not sent`() {
    var node = NodeScript()
    _ = node.establish([node.standing(30)])
    _ = node.load(node.loaded(1, 10))
    // A load after 10 is under way.
    #expect(node.handle(.received(.ack(node.ack(4)))) == [.storeAck(node.ack(4), through: Fixture.sequence(10))])
    #expect(node.load(node.loaded(11, 20)) == [NodeScript.load(4)])
  }

  @Test func `credit bounds messages and bytes, and an ack gives more`() {
    var node = NodeScript()
    _ = node.establish(
      [node.standing(100)], welcome: node.welcome(credit: Credit(bytes: 1 << 20, messages: 2)))
    _ = node.load(node.loaded(1, 10))
    #expect(node.load(node.loaded(11, 20)) == [node.message(node.loaded(11, 20))])
    let ack = node.ack(10, credit: Credit(bytes: 1 << 20, messages: 3))
    #expect(node.handle(.received(.ack(ack))) == [.storeAck(ack, through: Fixture.sequence(10)), NodeScript.load(20)])

    node = NodeScript()
    _ = node.establish([node.standing(100)], welcome: node.welcome(credit: Credit(bytes: 150, messages: 64)))
    _ = node.load(node.loaded(1, 10, bytes: 100))
    #expect(node.load(node.loaded(11, 20, bytes: 100)).count == 1)
    // A credit never falls.
    let less = node.ack(10, credit: Credit(bytes: 10, messages: 1))
    #expect(node.handle(.received(.ack(less))) == [.storeAck(less, through: Fixture.sequence(10))])
    let more = node.ack(20, credit: Credit(bytes: 250, messages: 64))
    #expect(
      node.handle(.received(.ack(more))) == [.storeAck(more, through: Fixture.sequence(20)), NodeScript.load(20)])
  }

  @Test func `only so many batches are in flight, and an incident passes them`() {
    var node = NodeScript { $0.batchesInFlightMax = 2 }
    _ = node.establish([node.standing(100)])
    _ = node.load(node.loaded(1, 10))
    #expect(node.load(node.loaded(11, 20)).count == 1)
    let effects = node.handle(.appended(NodeScript.incident, lane: .incident, last: Fixture.sequence(1)))
    #expect(effects == [NodeScript.load(0, dataset: NodeScript.incident)])
    #expect(node.load(node.loaded(1, 1, dataset: NodeScript.incident)).count == 1)
  }

  @Test func `lanes go before each other, whatever the order of appending`() {
    var node = NodeScript()
    let camera = Fixture.dataset("camera")
    let effects = node.establish([
      node.standing(5, dataset: camera, lane: .sample), node.standing(5),
      node.standing(5, dataset: NodeScript.incident, lane: .incident),
    ])
    #expect(effects == [NodeScript.load(0, dataset: NodeScript.incident)])
    #expect(node.load(node.loaded(1, 5, dataset: NodeScript.incident)).last == NodeScript.load(0))
    #expect(node.load(node.loaded(1, 5)).last == NodeScript.load(0, dataset: camera))
  }

  @Test
  func `a capped link carries frames of its size, and no more than a round trip and half a second of them`() {
    // 1 Mbit/s: 125,000 bytes a second.
    var node = NodeScript { $0.uplinkBitsPerSecond = 1_000_000 }
    let effects = node.establish([node.standing(1000)])
    guard case .loadBatch(_, _, let bytesMax)? = effects.last else {
      Issue.record("nothing is loaded")
      return
    }
    #expect(bytesMax <= 64 << 10)
    // Entries that compress well fill the frame next time; another stream does not inherit that.
    let next = node.load(node.loaded(1, 100, bytes: 10_000, raw: 50_000))
    guard case .loadBatch(_, _, let grown)? = next.last else {
      Issue.record("nothing more is loaded")
      return
    }
    #expect(grown > 3 * bytesMax)
    let incident = node.handle(.appended(NodeScript.incident, lane: .incident, last: Fixture.sequence(1)))
    #expect(incident == [])
    #expect(
      node.load(node.loaded(101, 200, bytes: 60_000)).last
        == NodeScript.load(0, dataset: NodeScript.incident, bytesMax: bytesMax))
    // More went than half a second's worth: the next batch waits, also when everything is answered, but the incident goes.
    #expect(node.load(node.loaded(1, 1, dataset: NodeScript.incident)).count == 1)
    #expect(node.handle(.received(.ack(node.ack(100)))).count == 1)
    #expect(node.handle(.received(.ack(node.ack(200)))).count == 1)
    let before = node.now
    #expect(node.tick(within: .seconds(5)).count == 1)
    // 70,300 bytes with headers are 73,500; 62,500 were in the bucket, and 125 flow in each millisecond.
    #expect((85...95).contains(node.now.milliseconds - before.milliseconds))
  }

  @Test func `a short round trip tightens what a capped link has in flight`() {
    var node = NodeScript { $0.uplinkBitsPerSecond = 2_000_000 }
    _ = node.establish([node.standing(1000)])
    let echo = ClockReading(wall: Fixture.time(0), uptimeMilliseconds: node.now.milliseconds)
    node.pass(.milliseconds(10))
    node.handle(.received(.pong(Pong(session: 7, echo: echo, centreTime: Fixture.time(0)))))
    // 250,000 bytes a second over 0.51 s: two frames of 60,000 bytes are the most.
    #expect(node.load(node.loaded(1, 10, bytes: 60_000)).count == 2)
    #expect(node.load(node.loaded(11, 20, bytes: 60_000)).count == 1)
  }

  @Test func `a new cap holds at once, and nil lifts it`() {
    var node = NodeScript()
    _ = node.establish([node.standing(1000)])
    #expect(node.handle(.uplinkCapped(bitsPerSecond: 64_000)) == [])
    #expect(node.load(node.loaded(1, 10, bytes: 5000)).count == 1)
    #expect(node.handle(.received(.ack(node.ack(10)))).count == 1)
    #expect(node.handle(.uplinkCapped(bitsPerSecond: nil)) == [NodeScript.load(10)])
  }

  @Test(arguments: [500_000, 2_000_000, 100_000_000])
  func `whatever answers how fast, no more goes than the cap, and not much less`(cap: Int) {
    var node = NodeScript { $0.uplinkBitsPerSecond = cap }
    var effects = node.establish([node.standing(1_000_000_000)])
    let (start, end) = (node.now, node.now + .seconds(20))
    var (sent, last) = (0, UInt64(0))
    while node.now < end {
      if case .loadBatch(_, _, let bytesMax)? = effects.last {
        // What the machine assumed of the compression is what comes.
        let batch = node.loaded(last + 1, last + 10, bytes: bytesMax)
        last += 10
        sent += bytesMax
        effects = node.load(batch)
        node.pass(.milliseconds(1))
        let ack = node.ack(last, credit: Credit(bytes: 1 << 40, messages: 1 << 40))
        effects += node.handle(.received(.ack(ack))).filter { if case .loadBatch = $0 { true } else { false } }
      } else {
        effects = node.tick(within: .milliseconds(50))
      }
    }
    let seconds = Double(node.now.milliseconds - start.milliseconds) / 1000
    let share = Double(sent * 8) / seconds / Double(cap)
    #expect((0.85...1.03).contains(share), "\(share) of \(cap) bit/s in \(seconds) s")
  }

  @Test func `nothing to load ends the asking until more is appended`() {
    var node = NodeScript()
    _ = node.establish([node.standing(10)])
    #expect(node.handle(.batchEmpty(NodeScript.attendance)) == [])
    #expect(
      node.handle(.appended(NodeScript.attendance, lane: .event, last: Fixture.sequence(11))) == [
        NodeScript.load(0)
      ])
  }

  @Test func `a gap that begins below what was sent is sent as it stands`() {
    var node = NodeScript()
    _ = node.establish([node.standing(30, answered: 5)], welcome: node.welcome(applied: 5))
    let batch = node.loaded(4, 9)
    #expect(node.load(batch) == [node.message(batch), NodeScript.load(9)])
  }

  @Test func `a batch loaded for an ended session neither stalls nor doubles the next`() {
    var node = NodeScript()
    _ = node.establish([node.standing(30)])
    // A load after 0 is under way when the link is cut; the next session begins after 5.
    node.handle(.linkClosed(reason: "cut"))
    #expect(
      node.establish([node.standing(30, answered: 5)], welcome: node.welcome(session: 8, applied: 5)) == [
        NodeScript.load(5)
      ])
    let late = node.loaded(1, 4)
    #expect(node.load(late) == [])
    #expect(node.handle(.batchEmpty(NodeScript.incident)) == [])
    let batch = node.loaded(6, 30)
    #expect(node.load(batch) == [node.message(batch, session: 8)])
  }

  @Test func `a store that answers beside the question ends the session instead of being asked for ever`() {
    var node = NodeScript()
    _ = node.establish([node.standing(30)])
    var asked = 0
    while node.machine.isEstablished, asked < 100 {
      let effects = node.load(node.loaded(7, 9))
      asked += 1
      if node.machine.isEstablished { #expect(effects == [NodeScript.load(0)]) }
    }
    #expect(asked < 30)
    #expect(!node.machine.isEstablished)
  }

  @Test func `an ack that nothing was sent for is stored and moves nothing`() {
    var node = NodeScript()
    _ = node.establish([node.standing(10)])
    #expect(node.handle(.received(.ack(node.ack(3)))) == [.storeAck(node.ack(3), through: nil)])
    #expect(node.load(node.loaded(1, 10)).count == 1)
  }
}

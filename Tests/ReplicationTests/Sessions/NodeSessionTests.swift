import Datasets
import Replication
import Testing
import Wire

@Suite struct NodeSessionTests {
  @Test func `a session is opened, greeted and established in this order`() {
    var node = NodeScript()
    #expect(node.handle(.started) == [.openLink(endpoint: 0), .report(.connecting(endpoint: 0))])
    #expect(node.handle(.linkOpened) == [.prepareHello(hasAllParents: false), .report(.greeting)])
    let hello = node.hello
    #expect(node.handle(.helloPrepared(hello)) == [.send(.hello(hello))])
    #expect(!node.machine.isEstablished)
    let welcome = node.welcome()
    node.pass(.milliseconds(80))
    let effects = node.handle(.received(.welcome(welcome)))
    #expect(
      effects == [
        .recordClock(offsetMilliseconds: -40, roundTripMilliseconds: 80, at: welcome.echo),
        .storeWelcome(welcome),
      ])
    #expect(!node.machine.isEstablished)
    #expect(node.handle(.welcomeStored(streams: [])) == [.report(.established)])
    #expect(node.machine.isEstablished)
  }

  @Test func `the machine starts once`() {
    var node = NodeScript()
    node.handle(.started)
    #expect(node.handle(.started) == [])
    _ = node.handle(.linkOpened)
    #expect(node.handle(.started) == [])
  }

  @Test func `a hello that was prepared for an earlier greeting is not sent beside the new one`() {
    var node = NodeScript()
    node.handle(.started)
    node.handle(.linkOpened)
    #expect(node.handle(.helloPrepared(node.hello)).count == 1)
    #expect(node.handle(.helloPrepared(node.hello)) == [])
  }

  // MARK: Feed

  @Test func `feed that comes while the welcome is being stored is applied after it, in order`() {
    var node = NodeScript()
    node.handle(.started)
    node.handle(.linkOpened)
    node.handle(.helloPrepared(node.hello))
    node.handle(.received(.welcome(node.welcome())))
    #expect(node.handle(.received(.feed(node.feed(3)))) == [])
    #expect(node.handle(.received(.feed(node.feed(5)))) == [])
    #expect(node.handle(.welcomeStored(streams: [])) == [.report(.established), .applyFeed(node.feed(3))])
    #expect(
      node.handle(.feedApplied(node.feed(3).cursor)) == [
        .send(.feedAck(FeedAck(session: 7, cursor: node.feed(3).cursor))), .applyFeed(node.feed(5)),
      ])
  }

  @Test func `one feed message is applied at a time, so that a failing store leaves no hole`() {
    var node = NodeScript()
    _ = node.establish()
    #expect(node.handle(.received(.feed(node.feed(3)))) == [.applyFeed(node.feed(3))])
    #expect(node.handle(.received(.feed(node.feed(5)))) == [])
    #expect(node.handle(.storeFailed(reason: "disk full")).isClosing)
    // Nothing of the ended session is applied any more.
    #expect(node.handle(.feedApplied(node.feed(3).cursor)) == [])
  }

  @Test func `word of a feed that an ended session applied is not acknowledged in the next`() {
    var node = NodeScript()
    _ = node.establish()
    node.handle(.received(.feed(node.feed(3))))
    node.handle(.linkClosed(reason: "cut"))
    _ = node.establish([], welcome: node.welcome(session: 8))
    #expect(node.handle(.feedApplied(node.feed(3).cursor)) == [])
    #expect(node.handle(.received(.feed(node.feed(5, session: 8)))) == [.applyFeed(node.feed(5, session: 8))])
  }

  @Test func `a message that the copy is past already is acknowledged all the same`() {
    var node = NodeScript()
    _ = node.establish()
    node.handle(.received(.feed(node.feed(3))))
    #expect(node.handle(.feedApplied(node.feed(2).cursor)) == [])
    #expect(
      node.handle(.feedApplied(node.feed(9).cursor)) == [
        .send(.feedAck(FeedAck(session: 7, cursor: node.feed(3).cursor)))
      ])
  }

  @Test func `more feed than any window holds ends the session`() {
    var node = NodeScript { $0.feedsWaitingMax = 4 }
    _ = node.establish()
    var ended = false
    for position in 1...10 as ClosedRange<UInt64> where !ended {
      ended = node.handle(.received(.feed(node.feed(position)))).isClosing
      if ended { #expect(position == 6) }
    }
    #expect(ended)
  }

  @Test func `messages of an ended session are ignored`() {
    var node = NodeScript()
    _ = node.establish([node.standing(10)])
    #expect(node.handle(.received(.ack(node.ack(5, session: 6)))) == [])
    #expect(node.handle(.received(.feed(node.feed(5, session: 6)))) == [])
    #expect(node.handle(.received(.documents(Documents(session: 6, documents: [], ruleVersion: 9)))) == [])
    #expect(node.handle(.received(.probe(session: 6))) == [])
    #expect(node.handle(.received(.welcome(node.welcome()))) == [])
  }

  @Test func `new read rules are stored, and a new greeting gets the snapshot that fits them`() {
    var node = NodeScript()
    _ = node.establish()
    let same = Documents(session: 7, documents: [], ruleVersion: 1)
    #expect(node.handle(.received(.documents(same))) == [.storeDocuments(same)])
    let other = Documents(session: 7, documents: [], ruleVersion: 2)
    var writer = node
    let rights = Documents(session: 7, documents: [], ruleVersion: 1, rightsVersion: 3)
    #expect(
      writer.handle(.received(.documents(rights))).prefix(3) == [
        .storeDocuments(rights), .send(.goodbye(session: 7)), .closeLink,
      ], "the keys that a writer needs come with a welcome")
    let effects = node.handle(.received(.documents(other)))
    #expect(effects.prefix(3) == [.storeDocuments(other), .send(.goodbye(session: 7)), .closeLink])
    #expect(node.tick(within: .seconds(2)).isOpening)
  }

  // MARK: Life

  @Test func `a node that waits for its welcome says that it lives when it is asked`() {
    var node = NodeScript()
    node.handle(.started)
    node.handle(.linkOpened)
    #expect(node.handle(.received(.probe(session: 9))) == [], "it has said nothing yet")
    node.handle(.helloPrepared(node.hello))
    #expect(node.handle(.received(.probe(session: 9))) == [.sendPing(session: 9)])
    node.handle(.received(.welcome(node.welcome())))
    #expect(node.handle(.received(.probe(session: 9))) == [])
  }

  @Test func `a probe is answered with a ping at once`() {
    var node = NodeScript()
    _ = node.establish()
    #expect(node.handle(.received(.probe(session: 7))) == [.sendPing(session: 7)])
  }

  @Test func `a ping goes with every heartbeat and a pong measures offset and round trip`() {
    var node = NodeScript()
    _ = node.establish()
    #expect(node.tick(within: .seconds(11)) == [.sendPing(session: 7)])
    let echo = ClockReading(wall: Fixture.time(5000), uptimeMilliseconds: node.now.milliseconds)
    node.pass(.milliseconds(30))
    let pong = Pong(session: 7, echo: echo, centreTime: Fixture.time(6015))
    #expect(
      node.handle(.received(.pong(pong))) == [
        .recordClock(offsetMilliseconds: 1000, roundTripMilliseconds: 30, at: echo)
      ])
  }

  @Test func `an echo from the future measures nothing`() {
    var node = NodeScript()
    _ = node.establish()
    let echo = ClockReading(wall: Fixture.time(0), uptimeMilliseconds: .max)
    #expect(node.handle(.received(.pong(Pong(session: 7, echo: echo, centreTime: Fixture.time(0))))) == [])
  }

  @Test func `silence past the welcome's limit ends the session, any message puts it off`() {
    var node = NodeScript()
    _ = node.establish([], welcome: node.welcome(silence: 6000))
    node.pass(.milliseconds(5900))
    #expect(node.handle(.ticked) == [.sendPing(session: 7)])
    node.handle(.received(.probe(session: 99)))
    node.pass(.milliseconds(5900))
    #expect(!node.handle(.ticked).isClosing)
    node.pass(.milliseconds(200))
    #expect(node.handle(.ticked).isClosing)
    #expect(!node.machine.isEstablished)
  }

  @Test func `bytes that are no message end the session`() {
    var node = NodeScript()
    _ = node.establish()
    #expect(node.handle(.malformed(reason: "x")).isClosing)
  }

  @Test func `stopping says goodbye and nothing wakes the machine again`() {
    var node = NodeScript()
    _ = node.establish([node.standing(10)])
    #expect(node.handle(.stopped) == [.send(.goodbye(session: 7)), .closeLink, .report(.stopped)])
    #expect(node.handle(.started) == [])
    #expect(node.handle(.linkOpened) == [])
    node.pass(.seconds(1000))
    #expect(node.handle(.ticked) == [])
  }

  // MARK: Coming back

  @Test func `endpoints are tried in turn, and the one that answered is kept`() {
    var node = NodeScript { $0.endpointCount = 3 }
    var tried: [NodeSession.Effect] = [node.handle(.started)[0]]
    for _ in 0..<3 {
      #expect(node.handle(.linkClosed(reason: "refused")).isClosing)
      tried.append(node.tick(within: .seconds(120))[0])
    }
    #expect(tried == [0, 1, 2, 0].map { .openLink(endpoint: $0) })
    // Now one answers, and is lost: the same one is tried again.
    node.handle(.linkOpened)
    node.handle(.helloPrepared(node.hello))
    node.handle(.received(.welcome(node.welcome())))
    node.handle(.welcomeStored(streams: []))
    node.handle(.linkClosed(reason: "cut"))
    #expect(node.tick(within: .seconds(120))[0] == .openLink(endpoint: 0))
  }

  @Test func `an endpoint that does not answer or does not welcome is left after the limit`() {
    var node = NodeScript { $0.endpointCount = 2 }
    node.handle(.started)
    #expect(node.tick(within: .seconds(19)) == [])
    #expect(node.tick(within: .seconds(2)).isClosing)
    #expect(node.tick(within: .seconds(120))[0] == .openLink(endpoint: 1))
    node.handle(.linkOpened)
    node.handle(.helloPrepared(node.hello))
    #expect(node.tick(within: .seconds(21)).isClosing)
  }

  @Test func `waits double up to the limit, each drawn from its upper half`() {
    for seed in 1...20 as ClosedRange<UInt64> {
      var backOff = BackOff(least: .seconds(1), most: .seconds(60), seed: seed)
      for limit in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
        let wait = backOff.next()
        #expect(wait >= .seconds(limit) / 2 && wait <= .seconds(limit))
      }
      backOff.succeeded()
      #expect(backOff.next() <= .seconds(1))
      #expect(backOff.longest() >= .seconds(30))
    }
  }

  @Test func `two nodes cut off together do not come back together`() {
    let waits = (1...38 as ClosedRange<UInt64>).map { seed in
      var backOff = BackOff(least: .seconds(1), most: .seconds(60), seed: seed)
      for _ in 0..<6 { _ = backOff.next() }
      return backOff.next()
    }
    #expect(Set(waits).count > 30)
  }

  @Test func `back-off of odd settings never traps`() {
    for (least, most) in [(0, 0), (-5, -1), (1, 0), (Int64.max / 4, Int64.max / 4)] as [(Int64, Int64)] {
      var backOff = BackOff(least: .seconds(least), most: .seconds(most), seed: 1)
      for _ in 0..<70 { #expect(backOff.next() >= .zero) }
    }
  }

  @Test func `why the centre refused is told until something else is known, also while it is tried again`() {
    let refused = NodeSession.Phase.refused(Refusal(code: .fenced, reason: "twice"))
    #expect(refused.followed(by: .connecting(endpoint: 0)).followed(by: .greeting) == refused)
    #expect(refused.followed(by: .waiting(reason: "no route")) == .waiting(reason: "no route"))
    #expect(refused.followed(by: .established) == .established)
    #expect(NodeSession.Phase.established.followed(by: .greeting) == .greeting)
  }

  @Test
  func `a session that stood comes back soon, one that is refused over and over waits longer and longer`() {
    var node = NodeScript()
    func wait(_ node: inout NodeScript) -> Duration {
      let since = node.now
      _ = node.tick(within: .seconds(200))
      return node.now.duration(since: since)
    }
    _ = node.establish()
    node.handle(.linkClosed(reason: "cut"))
    #expect(wait(&node) <= .seconds(1))
    var waits: [Duration] = []
    for _ in 0..<6 {
      node.handle(.linkOpened)
      node.handle(.helloPrepared(node.hello))
      node.handle(.received(.welcome(node.welcome())))
      node.handle(.welcomeStored(streams: []))
      node.handle(.received(.refusal(Refusal(code: .brokenChain, reason: "heads differ"))))
      waits.append(wait(&node))
    }
    #expect(waits[5] >= .seconds(16))
  }

  @Test(arguments: [Refusal.Code.revoked, .fenced, .protocolVersion])
  func `a refusal that only a person can end is reported and tried rarely`(code: Refusal.Code) {
    var node = NodeScript()
    node.handle(.started)
    node.handle(.linkOpened)
    node.handle(.helloPrepared(node.hello))
    let refusal = Refusal(code: code, reason: "x")
    #expect(node.handle(.received(.refusal(refusal))) == [.closeLink, .report(.refused(refusal))])
    #expect(node.tick(within: .seconds(29)) == [])
    #expect(node.tick(within: .seconds(31)).isOpening)
  }

  @Test func `a centre that knows none of the parents is told all of them, until it welcomes`() {
    var node = NodeScript()
    node.handle(.started)
    node.handle(.linkOpened)
    node.handle(.helloPrepared(node.hello))
    node.handle(.received(.refusal(Refusal(code: .unknownIncarnation, reason: "x"))))
    #expect(node.tick(within: .seconds(2)).isOpening)
    #expect(node.handle(.linkOpened) == [.prepareHello(hasAllParents: true), .report(.greeting)])
    node.handle(.helloPrepared(node.hello))
    node.handle(.received(.welcome(node.welcome())))
    node.handle(.welcomeStored(streams: []))
    node.handle(.linkClosed(reason: "cut"))
    #expect(node.tick(within: .seconds(2)).isOpening)
    #expect(node.handle(.linkOpened) == [.prepareHello(hasAllParents: false), .report(.greeting)])
  }

  @Test func `late word of a session that has ended disturbs no wait`() {
    var node = NodeScript()
    _ = node.establish([node.standing(10)])
    node.handle(.linkClosed(reason: "cut"))
    let until = node.machine.nextDeadline(after: node.now)
    for event in [
      .storeFailed(reason: "x"), .malformed(reason: "x"), .linkClosed(reason: "x"), .linkOpened,
      .welcomeStored(streams: []),
      .batchLoaded(node.loaded(1, 10)), .batchEmpty(NodeScript.attendance),
      .helloPrepared(node.hello), .received(.ack(node.ack(10))),
    ] as [NodeSession.Event] {
      #expect(node.handle(event) == [])
    }
    #expect(node.machine.nextDeadline(after: node.now) == until)
  }
}

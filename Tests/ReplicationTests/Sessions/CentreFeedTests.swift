import Datasets
import Replication
import Testing
import Wire

/// How the centre feeds a node.
@Suite struct CentreFeedTests {
  private let one = CentreScript.one

  @Test func `once per session a node hears where its copy stands, even with nothing in the feed`() {
    var centre = CentreScript(feedEnd: 0)
    centre.handle(.received(one, .hello(centre.hello())))
    let effects = centre.handle(.admitted(one, centre.admission(feed: .reset(sweepAt: 0))))
    #expect(effects.last == CentreScript.load(0))
    #expect(centre.handle(.feedLoaded(one, session: 70, centre.page([], 0))) == [centre.feed(0, .nothing)])
    #expect(centre.handle(.received(one, centre.feedAck(0))).count == 1)
    centre.pass(.seconds(20))
    #expect(centre.handle(.ticked) == [])
  }

  @Test func `pages go out as they are, then the position behind them`() {
    var centre = CentreScript()
    centre.establish()
    #expect(centre.handle(.feedAdvanced(9)) == [CentreScript.load(0)])
    #expect(
      centre.handle(.feedLoaded(one, session: 70, centre.page([3, 5], 9))) == [
        centre.feed(3), centre.feed(5), centre.feed(9, .nothing),
      ])
    #expect(
      centre.handle(.received(one, centre.feedAck(9))).first
        == .storeFeedAck(FeedCursor(epoch: CentreScript.epoch, position: 9)))
  }

  @Test func `no more than the window is on its way`() {
    var centre = CentreScript { $0.feedUnackedMax = 2 }
    centre.establish()
    centre.handle(.feedAdvanced(100))
    #expect(centre.handle(.feedLoaded(one, session: 70, centre.page([10], 10))).last == CentreScript.load(10))
    #expect(centre.handle(.feedLoaded(one, session: 70, centre.page([20], 20))) == [centre.feed(20)])
    #expect(centre.handle(.feedAdvanced(101)) == [])
    centre.pass(.seconds(20))
    #expect(centre.handle(.ticked) == [])
    #expect(centre.handle(.received(one, centre.feedAck(10))).last == CentreScript.load(20))
  }

  @Test func `a feed that nobody acknowledges ends a session that lives otherwise`() {
    var centre = CentreScript { $0.standstillLimit = .seconds(60) }
    centre.establish()
    centre.handle(.feedAdvanced(100))
    centre.handle(.feedLoaded(one, session: 70, centre.page([10], 100)))
    for _ in 0..<5 {
      centre.pass(.seconds(10))
      centre.handle(.received(one, centre.ping()))
      #expect(CentreScript.ends(centre.handle(.ticked)) == 0)
    }
    centre.pass(.seconds(10))
    centre.handle(.received(one, centre.ping()))
    #expect(CentreScript.ends(centre.handle(.ticked)) == 1)
  }

  @Test func `an acknowledgement of what was never told frees nothing and is not stored`() {
    var centre = CentreScript { $0.feedUnackedMax = 1 }
    centre.establish()
    centre.handle(.feedAdvanced(100))
    centre.handle(.feedLoaded(one, session: 70, centre.page([10], 10)))
    #expect(centre.handle(.received(one, centre.feedAck(99))) == [])
    #expect(
      centre.handle(.received(one, centre.feedAck(10, epoch: Incarnation(generation: 8, random: 1)))) == [])
    #expect(centre.handle(.received(one, centre.feedAck(10))).count == 2)
  }

  @Test func `a node whom nothing concerns hears of the position only now and then`() {
    var centre = CentreScript { $0.feedIdleLimit = .seconds(5) }
    centre.establish()
    #expect(centre.handle(.feedAdvanced(10)) == [CentreScript.load(0)])
    #expect(centre.handle(.feedLoaded(one, session: 70, centre.page([], 10))) == [])
    #expect(centre.handle(.feedAdvanced(20)) == [CentreScript.load(10)])
    #expect(centre.handle(.feedLoaded(one, session: 70, centre.page([], 20))) == [])
    centre.pass(.seconds(5))
    #expect(centre.handle(.ticked) == [CentreScript.load(20)])
    #expect(centre.handle(.feedLoaded(one, session: 70, centre.page([], 20))) == [centre.feed(20, .nothing)])
    #expect(centre.handle(.received(one, centre.feedAck(20))).count == 1)
    centre.pass(.seconds(5))
    #expect(centre.handle(.ticked) == [])
  }

  @Test func `for what does not concern a node no page is loaded, and its position moves in time`() {
    var centre = CentreScript { $0.feedIdleLimit = .seconds(5) }
    centre.establish()
    #expect(centre.handle(.feedAdvanced(10)) == [CentreScript.load(0)])
    // What came meanwhile is behind what may concern it.
    #expect(centre.handle(.feedAdvanced(20, concerns: false)) == [])
    #expect(
      centre.handle(.feedLoaded(one, session: 70, centre.page([4], 10))) == [centre.feed(4)])
    centre.handle(.received(one, centre.feedAck(4)))
    #expect(centre.handle(.feedAdvanced(30, concerns: false)) == [])
    centre.pass(.seconds(5))
    #expect(centre.handle(.ticked) == [CentreScript.load(30)])
    #expect(centre.handle(.feedLoaded(one, session: 70, centre.page([], 30))) == [centre.feed(30, .nothing)])
    centre.handle(.received(one, centre.feedAck(30)))
    #expect(centre.handle(.feedAdvanced(40)) == [CentreScript.load(30)])
  }

  @Test func `what the node's copy may lack is loaded, whatever has come behind it that does not concern it`() {
    var centre = CentreScript(feedEnd: 50)
    centre.handle(.received(one, .hello(centre.hello())))
    #expect(centre.handle(.feedAdvanced(60, concerns: false)) == [])
    let effects = centre.handle(.admitted(one, centre.admission(feed: .reset(sweepAt: 50))))
    #expect(effects.last == CentreScript.load(0))
    #expect(centre.handle(.feedLoaded(one, session: 70, centre.page([20], 20))).last == CentreScript.load(20))
    // A page reaches as far as the feed did when it was read.
    #expect(centre.handle(.feedLoaded(one, session: 70, centre.page([], 55))).last == CentreScript.load(55))
  }

  @Test func `a node that waits for its own edit hears of the position at once`() {
    var centre = CentreScript()
    centre.establish()
    centre.handle(.received(one, .batch(centre.batch(1))))
    let effects = centre.handle(
      .batchAnswered(one, session: 70, bytes: 100, .answered(centre.ack(1, visibleAt: 30))))
    #expect(effects.last == CentreScript.load(0))
    #expect(centre.handle(.feedLoaded(one, session: 70, centre.page([], 30))) == [centre.feed(30, .nothing)])
  }

  @Test func `after a reset the node hears at once when the snapshot is complete`() {
    var centre = CentreScript(feedEnd: 50)
    centre.handle(.received(one, .hello(centre.hello())))
    centre.handle(.admitted(one, centre.admission(feed: .reset(sweepAt: 50))))
    #expect(
      centre.handle(.feedLoaded(one, session: 70, centre.page([20], 20))) == [
        centre.feed(20), CentreScript.load(20),
      ])
    #expect(centre.handle(.feedLoaded(one, session: 70, centre.page([], 50))) == [centre.feed(50, .nothing)])
  }

  @Test func `a store that has nothing yet is not asked again before something happens`() {
    var centre = CentreScript()
    centre.establish()
    #expect(centre.handle(.feedAdvanced(10)) == [CentreScript.load(0)])
    #expect(centre.handle(.feedLoaded(one, session: 70, centre.page([], 0))) == [])
    #expect(centre.handle(.feedAdvanced(11)) == [CentreScript.load(0)])
    #expect(centre.handle(.feedLoaded(one, session: 70, centre.page([4], 11))).count == 2)
  }

  @Test func `one page is loaded at a time, and a late one of an ended session is dropped`() {
    var centre = CentreScript()
    centre.establish()
    #expect(centre.handle(.feedAdvanced(10)).count == 1)
    #expect(centre.handle(.feedAdvanced(20)) == [])
    centre.handle(.unreachable(one))
    #expect(centre.handle(.feedLoaded(one, session: 70, centre.page([4], 10))) == [])
  }

  @Test func `on a slow link no more of the feed is under way than it carries in half a second`() {
    var centre = CentreScript()
    centre.establish()
    centre.handle(.feedAdvanced(1000))
    // 50,000 bytes each, whatever the window of messages would allow: two pages, and the third waits.
    #expect(centre.handle(.feedLoaded(one, session: 70, centre.page([10], 10, bytes: 50_000))).count == 2)
    #expect(centre.handle(.feedLoaded(one, session: 70, centre.page([20], 20, bytes: 50_000))).count == 1)
    // 25 bytes a millisecond: the link is as slow as that was thought of it.
    centre.pass(.seconds(2))
    #expect(centre.handle(.received(one, centre.feedAck(10))).last == CentreScript.load(20))
    // A link that answers at once gets larger pages.
    centre.handle(.received(one, centre.feedAck(20)))
    centre.handle(.feedLoaded(one, session: 70, centre.page([30], 30, bytes: 50_000)))
    centre.pass(.milliseconds(10))
    // 50,000 bytes in 10 ms are 5 MB/s: a page may be a quarter of that, and has the most that the settings allow.
    centre.handle(.received(one, centre.feedAck(30)))
    centre.handle(.feedLoaded(one, session: 70, centre.page([40], 40, bytes: 50_000)))
    #expect(
      centre.handle(.feedLoaded(one, session: 70, centre.page([50], 50, bytes: 50_000))).last
        == CentreScript.load(50, bytesMax: 512 << 10))
  }

  /// As the store gives pages: only the last part moves the copy on, the others leave it where the page began.
  @Test func `an answer counts for the one message that it answers, whatever others share its position`() {
    var centre = CentreScript { $0.feedUnackedMax = 16 }
    centre.establish()
    centre.handle(.feedAdvanced(1000))
    let first = centre.page([(0, 1000), (0, 60_000), (10, 1000)], 10)
    #expect(centre.handle(.feedLoaded(one, session: 70, first)).last == CentreScript.load(10))
    centre.pass(.milliseconds(33))
    centre.handle(.received(one, centre.feedAck(0)))
    // 1,000 bytes have come in 33 ms, not 61,000: this is no line of 2 MB/s, and both pages are on it.
    let second = centre.page([(10, 1000), (10, 60_000), (20, 1000)], 20)
    #expect(centre.handle(.feedLoaded(one, session: 70, second)).count == 3)
    centre.pass(.seconds(1))
    #expect(centre.handle(.received(one, centre.feedAck(0))).last == CentreScript.load(20))
  }

  @Test func `the answer of a page's last part frees nothing of the next, which begins at its position`() {
    var centre = CentreScript()
    centre.establish()
    centre.handle(.feedAdvanced(1000))
    #expect(centre.handle(.feedLoaded(one, session: 70, centre.page([0, 10], 10))).last == CentreScript.load(10))
    #expect(centre.handle(.feedLoaded(one, session: 70, centre.page([10, 10, 10, 10, 20], 20))).count == 5)
    centre.handle(.received(one, centre.feedAck(0)))
    for _ in 0..<2 { #expect(centre.handle(.received(one, centre.feedAck(10))).count == 1) }
    #expect(centre.handle(.received(one, centre.feedAck(10))).last == CentreScript.load(20))
  }
}

import Datasets
import Replication
import Testing
import Wire

@Suite struct CentreSessionTests {
  private let one = CentreScript.one
  private let two = CentreScript.two
  private let three = CentreScript.three

  @Test func `a hello is looked up, welcomed with credit and limits, and fed`() {
    var centre = CentreScript(feedEnd: 5)
    let hello = centre.hello()
    #expect(centre.handle(.received(one, .hello(hello))) == [.admit(one, hello)])
    let admission = centre.admission(position: 2)
    #expect(
      centre.handle(.admitted(one, admission)) == [
        .sessionBegan(one, session: 70, softwareVersion: "1"), .storeReport(hello.report),
        .send(one, .welcome(centre.welcome(admission))), CentreScript.load(2),
      ])
    #expect(centre.machine.isOnline)
  }

  @Test func `what cannot be greeted is refused with a reason`() {
    var centre = CentreScript()
    var nobody = centre.hello()
    nobody.lineage = []
    #expect(CentreScript.refusals(centre.handle(.received(one, .hello(nobody)))).map(\.code) == [.malformed])
    for (least, most) in [(2, 3), (0, 0)] as [(UInt64, UInt64)] {
      let hello = centre.hello(protocolMin: least, protocolMax: most)
      let effects = centre.handle(.received(one, .hello(hello)))
      #expect(CentreScript.refusals(effects).map(\.code) == [.protocolVersion])
      #expect(effects.contains(.countRefusal(.protocolVersion)))
    }
    #expect(
      CentreScript.refusals(centre.handle(.received(one, .join(Join(publicKey: "k"))))).map(\.code) == [
        .malformed
      ])
    #expect(CentreScript.refusals(centre.handle(.malformed(one, reason: "x"))).map(\.code) == [.malformed])
    #expect(centre.machine.isIdle)
  }

  @Test func `a node that the store does not admit is told why`() {
    var centre = CentreScript()
    centre.handle(.received(one, .hello(centre.hello())))
    let refusal = Refusal(code: .fenced, reason: "two disks")
    #expect(
      centre.handle(.notAdmitted(one, refusal)) == [.send(one, .refusal(refusal)), .countRefusal(.fenced)])
    #expect(centre.machine.isIdle)
    // Late word changes nothing.
    #expect(centre.handle(.admitted(one, centre.admission())) == [])
    #expect(centre.handle(.notAdmitted(one, refusal)) == [])
  }

  // MARK: Batches

  @Test func `every batch is applied and answered once, with credit for one more`() {
    var centre = CentreScript {
      $0.creditBytes = 1000
      $0.creditMessages = 3
    }
    centre.establish()
    for last in 1...3 as ClosedRange<UInt64> {
      let batch = centre.batch(last)
      #expect(centre.handle(.received(one, .batch(batch))) == [.apply(one, batch, session: 70)])
    }
    for last in 1...3 as ClosedRange<UInt64> {
      let effects = centre.handle(.batchAnswered(one, session: 70, bytes: 100, .answered(centre.ack(last))))
      let credit = Credit(bytes: 1000 + last * 100, messages: 3 + last)
      #expect(effects.first == .send(one, .ack(centre.ack(last, credit: credit))))
    }
  }

  @Test func `more than the credit is refused before it is applied`() {
    var centre = CentreScript { $0.creditMessages = 2 }
    centre.establish()
    centre.handle(.received(one, .batch(centre.batch(1))))
    centre.handle(.received(one, .batch(centre.batch(2))))
    let effects = centre.handle(.received(one, .batch(centre.batch(3))))
    #expect(CentreScript.refusals(effects).map(\.code) == [.overCredit])
    #expect(CentreScript.ends(effects) == 1)
    #expect(!centre.machine.isOnline)

    var bytes = CentreScript { $0.creditBytes = 150 }
    bytes.establish()
    #expect(bytes.handle(.received(one, .batch(bytes.batch(1, bytes: 100)))).count == 1)
    // One may pass the limit: its size is not known before it is compressed.
    #expect(bytes.handle(.received(one, .batch(bytes.batch(2, bytes: 100)))).count == 1)
    #expect(
      CentreScript.refusals(bytes.handle(.received(one, .batch(bytes.batch(3))))).map(\.code) == [.overCredit]
    )
  }

  @Test func `a refused batch ends the session`() {
    var centre = CentreScript()
    centre.establish()
    centre.handle(.received(one, .batch(centre.batch(1))))
    let refusal = Refusal(code: .brokenChain, reason: "heads differ")
    let effects = centre.handle(.batchAnswered(one, session: 70, bytes: 100, .refused(refusal)))
    #expect(
      effects == [
        .send(one, .refusal(refusal)), .countRefusal(.brokenChain), .sessionEnded(reason: "heads differ"),
      ])
  }

  @Test func `batches and answers of a superseded session are dropped`() {
    var centre = CentreScript()
    centre.establish()
    #expect(centre.handle(.received(one, .batch(centre.batch(1, session: 69)))) == [])
    #expect(centre.handle(.received(two, .batch(centre.batch(1)))) == [])
    #expect(centre.handle(.batchAnswered(one, session: 69, bytes: 1, .answered(centre.ack(1)))) == [])
    #expect(centre.handle(.received(two, centre.feedAck(0))) == [])
    #expect(centre.handle(.feedLoaded(one, session: 69, centre.page([1], 1))) == [])
    #expect(centre.handle(.received(two, .goodbye(session: 70))) == [])
    #expect(centre.machine.isOnline)
  }

  // MARK: Life

  @Test func `a ping is answered with the centre's time and the node's clocks`() {
    var centre = CentreScript()
    centre.establish()
    let echo = ClockReading(wall: Fixture.time(1), uptimeMilliseconds: 2)
    #expect(
      centre.handle(.received(one, centre.ping())) == [
        .send(one, .pong(Pong(session: 70, echo: echo, centreTime: centre.wall))), .storeReport(NodeReport()),
      ])
  }

  @Test func `a ping of a session that has ended is told so`() {
    var centre = CentreScript()
    #expect(CentreScript.refusals(centre.handle(.received(one, centre.ping()))).map(\.code) == [.superseded])
    centre.establish()
    #expect(
      CentreScript.refusals(centre.handle(.received(two, centre.ping(session: 3)))).map(\.code) == [
        .superseded
      ])
    #expect(centre.machine.isOnline)
  }

  @Test func `silence past the limit ends a session, any message is life`() {
    var centre = CentreScript { $0.silenceLimit = .seconds(30) }
    centre.establish()
    centre.pass(.seconds(29))
    centre.handle(.received(one, .batch(centre.batch(1))))
    centre.pass(.seconds(29))
    #expect(CentreScript.ends(centre.handle(.ticked)) == 0)
    centre.pass(.seconds(1))
    #expect(CentreScript.ends(centre.handle(.ticked)) == 1)
    #expect(centre.machine.isIdle)
  }

  @Test func `goodbye and a lost connection end a session at once`() {
    var centre = CentreScript()
    centre.establish()
    #expect(
      centre.handle(.received(one, .goodbye(session: 70))) == [.sessionEnded(reason: "the node said goodbye")]
    )
    centre.establish()
    #expect(centre.handle(.unreachable(two)) == [])
    #expect(centre.handle(.unreachable(one)) == [.sessionEnded(reason: "the connection is gone")])
    #expect(centre.handle(.unreachable(one)) == [])
  }

  @Test func `documents are pushed within a session, and only there`() {
    var centre = CentreScript()
    let documents = [Document(name: "profile", text: "x")]
    #expect(centre.handle(.documentsChanged(documents, ruleVersion: 2, rightsVersion: 0)) == [])
    centre.establish()
    #expect(
      centre.handle(.documentsChanged(documents, ruleVersion: 2, rightsVersion: 0)) == [
        .send(one, .documents(Documents(session: 70, documents: documents, ruleVersion: 2)))
      ])
  }

  @Test func `only what differs from what the node has is pushed, and what is withdrawn`() {
    var centre = CentreScript()
    let profile = Document(name: "profile", text: "x")
    let camera = Document(name: "camera", text: "c")
    var hello = centre.hello()
    hello.documents = [profile, camera].map {
      DocumentHash(name: $0.name, hash: EntryChecksum.of(Array($0.text.utf8)))
    }
    centre.handle(.received(one, .hello(hello)))
    var admission = centre.admission()
    // The welcome withdrew one and brought another.
    let population = Document(name: "population", text: "p")
    admission.welcome.documents = [Document(name: "camera", text: ""), population]
    centre.handle(.admitted(one, admission))
    func push(_ documents: [Document], rules: UInt64 = 1, rights: UInt64 = 0) -> [Documents] {
      centre.handle(.documentsChanged(documents, ruleVersion: rules, rightsVersion: rights)).compactMap {
        if case .send(one, .documents(let message)) = $0 { message } else { nil }
      }
    }
    #expect(push([population, profile]) == [])
    let wider = Document(name: "population", text: "wider")
    #expect(push([wider, profile]).map(\.documents) == [[wider]])
    #expect(push([wider, profile]) == [])
    #expect(push([wider]).map(\.documents) == [[Document(name: "profile", text: "")]])
    #expect(push([wider], rights: 5).map(\.rightsVersion) == [5])
    #expect(push([wider], rules: 2, rights: 5).map(\.ruleVersion) == [2])
    #expect(push([wider], rules: 2, rights: 5) == [])
  }

  @Test func `a revoked key is refused in the middle of everything`() {
    let refusal = Refusal(code: .revoked, reason: "x")
    var centre = CentreScript()
    #expect(centre.handle(.revoked(refusal)) == [])
    centre.establish()
    centre.handle(.received(two, .hello(centre.hello())))
    let effects = centre.handle(.revoked(refusal))
    #expect(CentreScript.refusals(effects).map(\.peer) == [two, one])
    #expect(CentreScript.ends(effects) == 1)
    #expect(centre.machine.isIdle)
    #expect(centre.handle(.received(one, .batch(centre.batch(1)))) == [])
  }

  // MARK: A second session

  @Test func `a second session is refused when the first is alive`() {
    var centre = CentreScript()
    centre.establish()
    #expect(centre.handle(.received(two, .hello(centre.hello()))) == [.send(one, .probe(session: 70))])
    centre.pass(.seconds(1))
    let effects = centre.handle(.received(one, centre.ping()))
    #expect(CentreScript.refusals(effects).map(\.peer) == [two])
    #expect(CentreScript.refusals(effects).map(\.code) == [.duplicateSession])
    #expect(centre.machine.isOnline)
    // The probe's limit passes without consequence.
    centre.pass(.seconds(10))
    #expect(CentreScript.ends(centre.handle(.ticked)) == 0)
  }

  @Test func `any traffic of the first session answers the probe: its ping may wait behind a large batch`() {
    var centre = CentreScript()
    centre.establish()
    centre.handle(.received(two, .hello(centre.hello())))
    let effects = centre.handle(.received(one, .batch(centre.batch(1))))
    #expect(CentreScript.refusals(effects).map(\.peer) == [two])
    #expect(effects.contains(.apply(one, centre.batch(1), session: 70)))
  }

  @Test func `a second session takes over when the first is silent`() {
    var centre = CentreScript { $0.probeLimit = .seconds(5) }
    centre.establish()
    centre.handle(.received(two, .hello(centre.hello())))
    centre.pass(.milliseconds(4999))
    #expect(!centre.handle(.ticked).contains(.admit(two, centre.hello())))
    centre.pass(.milliseconds(1))
    let effects = centre.handle(.ticked)
    #expect(CentreScript.ends(effects) == 1)
    #expect(effects.last == .admit(two, centre.hello()))
    centre.handle(.admitted(two, centre.admission(session: 71)))
    #expect(centre.handle(.received(one, .batch(centre.batch(1)))) == [])
    #expect(centre.handle(.received(two, .batch(centre.batch(1, session: 71)))).count == 1)
  }

  @Test func `a first session that leaves lets the second in at once`() {
    for leave in [.received(one, .goodbye(session: 70)), .unreachable(one), .malformed(one, reason: "x")]
      as [CentreSession.Event]
    {
      var centre = CentreScript()
      centre.establish()
      centre.handle(.received(two, .hello(centre.hello())))
      let effects = centre.handle(leave)
      #expect(effects.last == .admit(two, centre.hello()))
      #expect(CentreScript.ends(effects) == 1)
    }
  }

  @Test func `of several that come while the first is probed the last waits, and the others are told`() {
    var centre = CentreScript()
    centre.establish()
    centre.handle(.received(two, .hello(centre.hello())))
    let effects = centre.handle(.received(three, .hello(centre.hello())))
    #expect(CentreScript.refusals(effects).map(\.peer) == [two])
    centre.pass(.seconds(5))
    #expect(centre.handle(.ticked).last == .admit(three, centre.hello()))
  }

  @Test func `a new incarnation takes over at once`() {
    var centre = CentreScript()
    centre.establish()
    let hello = centre.hello(generation: 2)
    #expect(centre.handle(.received(two, .hello(hello))) == [.admit(two, hello)])
    // Until the store has looked, the first goes on.
    #expect(centre.handle(.received(one, .batch(centre.batch(1)))).count == 1)
    let effects = centre.handle(.admitted(two, centre.admission(session: 71, generation: 2)))
    #expect(CentreScript.refusals(effects).map(\.peer) == [one])
    #expect(CentreScript.refusals(effects).map(\.code) == [.superseded])
    #expect(CentreScript.ends(effects) == 1)
    #expect(effects.contains(.sessionBegan(two, session: 71, softwareVersion: "1")))
    #expect(centre.handle(.batchAnswered(one, session: 70, bytes: 1, .answered(centre.ack(1)))) == [])
  }

  @Test func `the same connection may greet anew`() {
    var centre = CentreScript()
    centre.establish()
    let hello = centre.hello()
    #expect(centre.handle(.received(one, .hello(hello))) == [.admit(one, hello)])
    let effects = centre.handle(.admitted(one, centre.admission(session: 71)))
    #expect(CentreScript.refusals(effects).isEmpty)
    #expect(centre.handle(.received(one, .batch(centre.batch(1)))) == [])
    #expect(centre.handle(.received(one, .batch(centre.batch(1, session: 71)))).count == 1)
  }
}

import Datasets
import Replication
import Testing
import Wire

/// A hello that shows something out of the ordinary is believed once its sender has answered (ADR 0014).
@Suite struct DoubtedHelloTests {
  private let one = CentreScript.one
  private let two = CentreScript.two

  /// - Returns: the number that the sender of the doubted hello is asked with.
  private func asked(_ effects: [CentreSession.Effect], _ peer: CentreSession.Peer) throws -> UInt64 {
    #expect(effects.count == 1)
    return try #require(
      effects.compactMap { if case .send(peer, .probe(let number)) = $0 { number } else { nil } }.first)
  }

  @Test func `its sender is asked, and with the answer it is looked up again`() throws {
    var centre = CentreScript()
    let hello = centre.hello()
    centre.handle(.received(one, .hello(hello)))
    let number = try asked(centre.handle(.doubted(one)), one)
    // Asked once, and by nobody else's answer, nor by an answer to something else.
    #expect(centre.handle(.doubted(one)) == [])
    #expect(CentreScript.refusals(centre.handle(.received(two, centre.ping(session: number)))).map(\.peer) == [two])
    #expect(CentreScript.refusals(centre.handle(.received(one, centre.ping()))).map(\.code) == [.superseded])
    centre.handle(.received(one, .hello(hello)))
    let again = try asked(centre.handle(.doubted(one)), one)
    #expect(centre.handle(.received(one, centre.ping(session: again))) == [.admit(one, hello, hasAnswered: true)])
    #expect(!centre.handle(.received(one, centre.ping(session: again))).contains(.admit(one, hello, hasAnswered: true)))
    let welcome = centre.welcome(centre.admission())
    #expect(centre.handle(.admitted(one, centre.admission())).contains(.send(one, .welcome(welcome))))
  }

  @Test func `late word of a process that is gone is given up, and the session that stands goes on`() throws {
    var centre = CentreScript { $0.silenceLimit = .seconds(30) }
    centre.establish(generation: 2)
    #expect(centre.handle(.received(two, .hello(centre.hello()))) == [.admit(two, centre.hello())])
    _ = try asked(centre.handle(.doubted(two)), two)
    for _ in 0..<4 {
      centre.pass(.seconds(10))
      #expect(centre.handle(.received(one, centre.ping())).count == 2)
      #expect(CentreScript.ends(centre.handle(.ticked)) == 0)
    }
    #expect(centre.handle(.received(one, .goodbye(session: 70))) == [.sessionEnded(reason: "the node said goodbye")])
    #expect(centre.machine.isIdle)
  }

  @Test func `an answer to an earlier hello is none to a later one`() throws {
    var centre = CentreScript()
    centre.handle(.received(one, .hello(centre.hello())))
    let first = try asked(centre.handle(.doubted(one)), one)
    centre.pass(.milliseconds(1))
    // That the later one comes shows no second disk, and nobody is told of one.
    let overtaken = CentreScript.refusals(centre.handle(.received(two, .hello(centre.hello(generation: 2)))))
    #expect(overtaken.map(\.peer) == [one] && overtaken.map(\.code) == [.superseded])
    let second = try asked(centre.handle(.doubted(two)), two)
    #expect(first != second)
    for peer in [one, two] {
      let effects = centre.handle(.received(peer, centre.ping(session: first)))
      #expect(CentreScript.refusals(effects).map(\.code) == [.superseded])
    }
  }
}

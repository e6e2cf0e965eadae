import CentreStorage
import Datasets
import Replication
import TestSupport
import Testing
import Wire

struct AdmissionTests {
  private func welcomed(
    _ test: TestStore, _ node: NodeName, _ hello: Hello, publicKey: String? = nil
  ) async throws -> (Welcome, [HelloFinding]) {
    let admission = try await test.store.admit(node: node, hello: hello, publicKey: publicKey, now: start)
    guard case .welcomed(let welcome, _) = admission.decision else { throw TestFailure("\(admission)") }
    return (welcome, admission.findings)
  }

  @Test func `a cursor of a known epoch goes on, also over restarts of the centre`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("disdukcapil")
    try await test.apply(office, try office.batch(population, [try person(id(1))]))
    let rules = test.store.ruleVersion(of: office.node)
    let first = test.store.epoch
    let cursor = FeedCursor(epoch: first, position: 1)
    try await test.reopen()
    try await test.reopen()
    let (welcome, _) = try await welcomed(test, office.node, office.hello(cursor: cursor, ruleVersion: rules))
    #expect(welcome.feed == .resume)
    #expect(welcome.epoch == test.store.epoch)
    // An earlier epoch ended at 1; what it is said to have reached beyond was lost by a restore.
    for odd in [
      FeedCursor(epoch: first, position: 2), FeedCursor(epoch: test.store.epoch, position: 9),
      FeedCursor(epoch: Incarnation(generation: 1, random: 77), position: 0),
    ] {
      let (reset, _) = try await welcomed(test, office.node, office.hello(cursor: odd, ruleVersion: rules))
      #expect(reset.feed == .reset(sweepAt: 1))
    }
    let (fresh, _) = try await welcomed(test, office.node, office.hello())
    #expect(fresh.feed == .reset(sweepAt: 1))
  }

  @Test func `other read rules make a new snapshot necessary`() async throws {
    let test = try await TestStore.ready()
    let office = try await test.office("kec-citta")
    let rules = test.store.ruleVersion(of: office.node)
    let hello = office.hello(cursor: FeedCursor(epoch: test.store.epoch, position: 0), ruleVersion: rules)
    #expect(try await welcomed(test, office.node, hello).0.feed == .resume)
    var changed = try Fleet.population(version: 2)
    changed.read.append(AccessRule(roles: ["kecamatan"], fields: [try name("nama")]))
    try await test.install([changed])
    let (welcome, _) = try await welcomed(test, office.node, hello)
    #expect(welcome.feed == .reset(sweepAt: 0))
    #expect(welcome.ruleVersion != rules)
  }

  @Test func `a welcome brings what changed, and the fleet key to those who make record ids`() async throws {
    let test = try await TestStore.ready()
    let dukcapil = try await test.office("disdukcapil")
    let text = "text of population"
    let known = [
      DocumentHash(name: "population", hash: EntryChecksum.of(Array(text.utf8))),
      DocumentHash(name: "attendance", hash: 4), DocumentHash(name: "gone", hash: 5),
    ]
    let (welcome, _) = try await welcomed(test, dukcapil.node, dukcapil.hello(documents: known))
    #expect(
      welcome.documents == [
        Document(name: "attendance", text: "text of attendance"),
        Document(name: "camera", text: "text of camera"),
        Document(name: "gone", text: ""),
      ])
    #expect(welcome.fleetKeys.map(\.version) == [1])
    let bkpsdm = try await test.office("bkpsdm")
    #expect(try await welcomed(test, bkpsdm.node, bkpsdm.hello()).0.fleetKeys.isEmpty)
  }

  @Test func `sessions rise and are never given twice`() async throws {
    let test = try await TestStore.ready()
    let office = try await test.office("kec-citta")
    var sessions: [UInt64] = []
    for round in 0..<6 {
      if round == 3 { try await test.reopen() }
      sessions.append(try await welcomed(test, office.node, office.hello()).0.session)
    }
    #expect(zip(sessions, sessions.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test func `a restarted node goes on where its parent ended`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    try await test.apply(office, try office.batch(attendance, [try punch()]))
    let unsent = try office.batch(attendance, [try punch(second: 1)])
    office.restart(random: 51)
    office.restart(random: 52)
    let (welcome, findings) = try await welcomed(test, office.node, office.hello())
    #expect(findings.isEmpty)
    #expect(welcome.incarnation == office.incarnation)
    #expect(welcome.positions.map(\.applied.sequence.value) == [1])
    try await test.apply(office, unsent)
    let next = try office.batch(attendance, [try punch(second: 2)])
    #expect(try await test.apply(office, next).ack.applied.sequence.value == 3)
    #expect(
      try await welcomed(test, office.node, office.hello()).0.positions.map(\.applied) == [
        office.chain(attendance).mark
      ])
  }

  @Test func `a stream without entries costs a hello nothing for the restarts before`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    let empty = Hello.Stream(dataset: attendance, earliestKept: place(1), next: place(1), marks: [])
    for random in 0..<5 as Range<UInt64> {
      office.restart(random: 90 + random)
      _ = try await welcomed(test, office.node, office.hello(streams: [empty]))
    }
    // Each incarnation's place stands by itself: nothing is walked to find it.
    #expect(
      try test.sql("SELECT count(*), max(applied) FROM stream WHERE dataset = 'attendance'") == ["5|0"])
    #expect(try test.sql("SELECT count(*) FROM stream_mark") == ["0"])
    // And its first entries are taken as ever, also those that an earlier incarnation recorded.
    let unsent = try office.batch(attendance, [try punch()])
    office.restart(random: 99)
    let (welcome, _) = try await welcomed(test, office.node, office.hello())
    #expect(welcome.positions.map(\.applied) == [.start])
    try await test.apply(office, unsent)
    let next = try office.batch(attendance, [try punch(second: 2)])
    #expect(try await test.apply(office, next).ack.applied.sequence.value == 2)
  }

  @Test func `a node that was restored from a backup is current, and the disk it left is a clone`()
    async throws
  {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    try await test.apply(office, try office.batch(attendance, [try punch()]))
    var restored = office
    try await test.apply(office, try office.batch(attendance, try (1..<4).map { try punch(second: $0) }))
    restored.restart(random: 70)
    let (welcome, findings) = try await welcomed(test, office.node, restored.hello())
    #expect(
      findings == [
        .restored(
          left: office.incarnation,
          streams: [HelloFinding.SetBack(dataset: attendance, begin: place(1), applied: place(4))])
      ])
    #expect(welcome.positions.map(\.applied) == [restored.chain(attendance).mark])
    try await test.apply(restored, try restored.batch(attendance, [try punch(second: 30)]))
    #expect(try test.sql("SELECT count(*) FROM attendance") == ["5"])
    // The lost disk comes back: its child has spoken.
    let clone = try await test.store.admit(node: office.node, hello: office.hello(), now: start)
    #expect(clone.findings == [.clone(current: restored.incarnation, spoke: office.incarnation)])
    guard case .refused(let refusal) = clone.decision else { throw TestFailure("\(clone)") }
    #expect(refusal.code == .fenced)
    #expect(try await test.store.node(office.node)?.state == .fenced)
    // Both are fenced until one has a new key.
    guard
      case .refused = try await test.store.admit(node: office.node, hello: restored.hello(), now: start)
        .decision,
      case .broken(let fenced)? = try await test.store.apply(
        [IncomingBatch(node: office.node, batch: try restored.batch(attendance, [try punch(second: 31)]))],
        now: start
      ).first
    else { throw TestFailure("a fenced node was let in") }
    #expect(fenced.code == .fenced)
  }

  @Test func `a node restored to the middle of a batch goes on from a head that is computed`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("disdukcapil")
    var half = office
    let entries = try (1...6).map { try person(id($0)) }
    _ = try half.batch(population, Array(entries.prefix(3)))
    try await test.apply(office, try office.batch(population, entries))
    let mark = half.chain(population).mark
    half.restart(random: 71)
    // The backup had not sealed the third entry yet.
    half.lineage[0] = Lineage(
      incarnation: half.incarnation, parent: office.incarnation,
      ends: [Lineage.End(dataset: population, last: mark.sequence, sealed: .start)])
    let (welcome, findings) = try await welcomed(test, office.node, half.hello())
    #expect(findings.count == 1)
    #expect(welcome.positions.map(\.applied) == [mark])
  }

  @Test func `a copy of a running machine is told the last common place`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    try await test.apply(office, try office.batch(attendance, [try punch()]))
    let common = office.chain(attendance).mark
    var copy = office
    try await test.apply(office, try office.batch(attendance, [try punch(second: 1)]))
    // Behind.
    let behind = try await test.store.admit(node: office.node, hello: copy.hello(), now: start)
    #expect(behind.findings == [.copied(attendance, at: common)])
    // As far, but otherwise.
    _ = try copy.batch(attendance, [try punch(second: 2)])
    let stream = Hello.Stream(
      dataset: attendance, earliestKept: place(1), next: place(3),
      marks: [common, copy.chain(attendance).mark])
    let differs = try await test.store.admit(
      node: office.node, hello: copy.hello(streams: [stream]), now: start)
    #expect(differs.findings == [.copied(attendance, at: common)])
    // It is welcomed with positions in which it sees the other history, and begins anew from the common place.
    guard case .welcomed(let welcome, _) = differs.decision else { throw TestFailure("\(differs)") }
    #expect(welcome.positions.map(\.applied) == [office.chain(attendance).mark])
    copy.chains[attendance] = StreamChain(at: common)
    copy.restart(random: 90)
    let (anew, findings) = try await welcomed(test, office.node, copy.hello())
    #expect(anew.positions.map(\.applied) == [common])
    #expect(
      findings == [
        .restored(
          left: office.incarnation,
          streams: [HelloFinding.SetBack(dataset: attendance, begin: place(1), applied: place(2))])
      ])
    try await test.apply(copy, try copy.batch(attendance, [try punch(second: 2)]))
    #expect(try test.sql("SELECT count(*) FROM attendance") == ["3"])
  }

  @Test func `an office that goes back into a gap sees that it has another history, and begins anew before it`()
    async throws
  {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    let old = office
    let gap = try #require(
      Gap(first: place(1), last: place(4), recordCount: 4, reason: .thinned, headAfter: .zero))
    try await test.apply(office, try office.batch(attendance, [.gap(gap)]))
    let reached = office.chain(attendance).mark
    // Where no head can be computed: what it has from there on was never sealed.
    var back = old
    back.restart(random: 72)
    back.lineage[0] = Lineage(
      incarnation: back.incarnation, parent: old.incarnation,
      ends: [Lineage.End(dataset: attendance, last: place(2), sealed: .start)])
    let held = Hello.Stream(dataset: attendance, earliestKept: place(1), next: place(3), marks: [])
    let (welcome, _) = try await welcomed(test, office.node, back.hello(streams: [held]))
    #expect(welcome.positions.first { $0.dataset == attendance }?.applied == reached)
    // What it sends before it has heard that is not taken.
    let early = try Office.pack(
      attendance, back.incarnation, first: place(3), end: StreamMark(sequence: place(3), head: .zero), block: [0])
    let outcome = try await test.store.apply([IncomingBatch(node: office.node, batch: early)], now: start).first
    guard case .position(let told) = outcome else { throw TestFailure("\(String(describing: outcome))") }
    #expect(told.applied == reached)
    // From the last place that was acknowledged, which is the first.
    back.restart(random: 73)
    back.lineage[0] = Lineage(incarnation: back.incarnation, parent: back.lineage[1].incarnation, ends: [])
    let (second, _) = try await welcomed(test, office.node, back.hello(streams: [held]))
    #expect(second.positions.first { $0.dataset == attendance }?.applied == .start)
    let batch = try back.batch(attendance, [try punch(pin: "1"), try punch(pin: "2")])
    #expect(try await test.apply(back, batch).ack.applied.sequence == place(2))
  }

  @Test func `a lineage that connects to nothing is refused`() async throws {
    let test = try await TestStore.ready()
    let office = try await test.office("kec-citta")
    let stranger = Office(node: office.node, incarnation: Incarnation(generation: 7, random: 7))
    let admission = try await test.store.admit(node: office.node, hello: stranger.hello(), now: start)
    #expect(admission.findings == [.unknownLineage(oldest: stranger.incarnation)])
    guard case .refused(let refusal) = admission.decision else { throw TestFailure("\(admission)") }
    #expect(refusal.code == .unknownIncarnation)
    let nobody = try await test.store.admit(node: try Fleet.node("nobody"), hello: office.hello(), now: start)
    guard case .refused(let unknown) = nobody.decision else { throw TestFailure("\(nobody)") }
    #expect(unknown.code == .unknownNode)
  }

  @Test func `a revoked office's new machine begins a new line, and gets back what the old one said`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    try await test.apply(office, try office.batch(attendance, [try punch(pin: "1"), try punch(pin: "2")]))
    try await test.store.revoke(office.node, now: start)
    let invitation = try await test.store.invite(
      office.node, publicKey: String(repeating: "i", count: 40), expires: start.advanced(byMilliseconds: 1000),
      now: start)
    let key = String(repeating: "n", count: 40)
    _ = try await test.store.enrol(invitation, publicKey: key, now: start)
    var machine = Office(node: office.node, incarnation: Incarnation(generation: 1, random: 7))
    let (welcome, findings) = try await welcomed(test, office.node, machine.hello(), publicKey: key)
    #expect(findings == [.replaced(left: office.incarnation, isEmpty: true, unsent: 0)])
    #expect(welcome.incarnation == machine.incarnation)
    #expect(welcome.positions.allSatisfy { $0.applied == .start })
    #expect(try test.sql("SELECT node, dataset, after FROM lost").contains("kec-citta|attendance|0"))
    // It records under its own line, is not asked again, and goes on after a restart.
    let taken = try await test.apply(machine, try machine.batch(attendance, [try punch(pin: "3")]))
    #expect(taken.ack.quarantined.isEmpty)
    machine.restart(random: 8)
    #expect(try await welcomed(test, office.node, machine.hello()).1.isEmpty)
    // The disk that was taken is no line of the office's any more.
    office.restart(random: 9)
    let old = try await test.store.admit(node: office.node, hello: office.hello(), now: start)
    guard case .refused(let refusal) = old.decision else { throw TestFailure("\(old)") }
    #expect(refusal.code == .fenced)
  }

  @Test func `what the node no longer keeps is found at once`() async throws {
    let test = try await TestStore.ready()
    let office = try await test.office("kec-citta")
    let stream = Hello.Stream(dataset: attendance, earliestKept: place(5), next: place(9), marks: [])
    let (welcome, findings) = try await welcomed(test, office.node, office.hello(streams: [stream]))
    #expect(findings == [.trimmed(attendance, applied: .none, earliestKept: place(5))])
    #expect(welcome.positions.map(\.applied) == [.start])
    #expect(try await test.store.streams(node: office.node).map(\.last.value) == [8])
  }
}

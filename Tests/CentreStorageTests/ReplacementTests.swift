import CentreStorage
import Datasets
import Replication
import TestSupport
import Testing
import Wire

/// Another disk in the place of an office's: an empty one, or of two that ran as one office the other (ADR 0027).
struct ReplacementTests {
  /// An office whose disk holds what the centre has, and one event more that the centre knows of by its hello.
  private func office(_ test: TestStore) async throws -> (office: Office, unsent: Batch) {
    var office = try await test.office("disdukcapil")
    try await test.apply(office, try office.batch(population, [try person(id(1))]))
    try await test.apply(office, try office.batch(attendance, try (0..<5).map { try punch(second: $0) }))
    let unsent = try office.batch(attendance, [try punch(second: 5)])
    _ = try await admit(test, office)
    return (office, unsent)
  }

  /// - Parameter milliseconds: after the tests' beginning.
  private func admit(
    _ test: TestStore, _ office: Office, key: String? = nil, at milliseconds: Int64 = 0
  ) async throws -> Admission {
    try await test.store.admit(
      node: office.node, hello: office.hello(), publicKey: key, now: start.advanced(byMilliseconds: milliseconds))
  }

  @Test func `an empty disk with a new invitation takes the place of one that died`() async throws {
    let test = try await TestStore.ready()
    let (old, _) = try await office(test)
    var new = Office(node: old.node, incarnation: Incarnation(generation: 1, random: 777))
    // With the key of the old one it is refused: nobody has said that this disk is the office's.
    let stranger = try await admit(test, new)
    #expect(stranger.findings == [.unknownLineage(oldest: new.incarnation)])
    guard case .refused(let refusal) = stranger.decision else { throw TestFailure("\(stranger)") }
    #expect(refusal.code == .unknownIncarnation && refusal.reason.contains("invites"))

    let key = try await test.join(old.node, "n")
    let admission = try await admit(test, new, key: key)
    #expect(admission.findings == [.replaced(left: old.incarnation, isEmpty: true, unsent: 1)])
    let welcomed = try welcome(admission)
    #expect(welcomed.incarnation == new.incarnation && welcomed.positions.allSatisfy { $0.applied == .start })
    let end = try await test.store.feedEnd()
    #expect(welcomed.feed == .reset(sweepAt: end))
    let line = try #require(try await test.store.ledger(limit: 5).elements.first)
    #expect(line.reason == LedgerEntry.diskLost && line.dataset == attendance)
    #expect([line.first.value, line.last.value, line.count] == [6, 6, 1] && line.incarnation == old.incarnation)
    // What it had said comes back to it by the feed.
    #expect(try test.sql("SELECT dataset, after FROM lost ORDER BY dataset") == ["attendance|0"])

    // Numbers begin anew beside the old ones, and an edit that saw the lost disk's is no conflict.
    let edited = try edit(id(1), [("nama", .text("ANDI B"))], saw: ["nama": Context(old.dot(1))])
    #expect(try await test.apply(new, try new.batch(population, [edited])).counts.applied == 1)
    try await test.apply(new, try new.batch(attendance, [try punch(second: 9)]))
    #expect(try test.sql("SELECT count(*) FROM attendance") == ["6"])
    #expect(try test.sql("SELECT nama FROM population") == ["ANDI B"])
    #expect(try await test.store.fleetOverview(now: start).openConflicts == 0)
    #expect(try await test.store.digest(attendance, node: old.node).count == 6)
    // The next start is an ordinary one.
    new.restart(random: 778)
    #expect(try await admit(test, new, key: key).findings.isEmpty)
  }

  @Test func `the old disk is refused by its key, and fenced if it speaks with the new one`() async throws {
    let test = try await TestStore.ready()
    var (old, _) = try await office(test)
    let former = try await test.join(old.node, "f")
    _ = try welcome(try await admit(test, old, key: former))
    let new = Office(node: old.node, incarnation: Incarnation(generation: 1, random: 777))
    let key = try await test.join(old.node, "n")
    #expect(try await admit(test, new, key: key).hasRevokedKeys)
    #expect(try await test.store.authorisedKeys(now: start.advanced(byMilliseconds: 2_000)) == [key: "disdukcapil"])
    // The link knows whose it was, and says so.
    #expect(try await test.store.formerKeys()[former] == "disdukcapil")
    guard case .refused(let revoked) = try await admit(test, old, key: former).decision else {
      throw TestFailure("a revoked key was let in")
    }
    #expect(revoked.code == .revoked)
    old.restart(random: 60)
    let clone = try await admit(test, old, key: key)
    #expect(clone.findings == [.clone(current: new.incarnation, spoke: old.incarnation)])
    #expect(try await test.store.node(old.node)?.state == .fenced)
  }

  @Test func `the old disk is the office's again when it is invited, with what it had not sent`() async throws {
    let test = try await TestStore.ready()
    var (old, unsent) = try await office(test)
    var new = Office(node: old.node, incarnation: Incarnation(generation: 1, random: 777))
    _ = try welcome(try await admit(test, new, key: try await test.join(old.node, "n")))
    try await test.apply(new, try new.batch(attendance, [try punch(second: 9)]))

    old.restart(random: 51)
    let key = try await test.join(old.node, "o")
    let admission = try await admit(test, old, key: key)
    #expect(admission.findings == [.replaced(left: new.incarnation, isEmpty: false, unsent: 0)])
    #expect(try welcome(admission).positions.first { $0.dataset == attendance }?.applied.sequence == place(5))
    // Nothing of it is missing any more; what the other one said comes to it by the feed.
    #expect(try await test.store.ledger(limit: 5).elements.isEmpty)
    #expect(try test.sql("SELECT i.random FROM lost l JOIN incarnation i ON i.id = l.incarnation") == ["777"])
    unsent.session = 2
    try await test.apply(old, unsent)
    #expect(try test.sql("SELECT count(*) FROM attendance") == ["7"])
    guard
      case .broken(let refusal)? = try await test.store.apply(
        [IncomingBatch(node: new.node, batch: try new.batch(attendance, [try punch(second: 30)]))], now: start
      ).first
    else { throw TestFailure("the line that was left went on") }
    #expect(refusal.code == .superseded)
  }

  @Test func `of two disks that ran as one office the admin may choose either`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    try await test.apply(office, try office.batch(attendance, [try punch()]))
    var clone = office
    office.restart(random: 60)
    _ = try welcome(try await admit(test, office))
    try await test.apply(office, try office.batch(attendance, [try punch(second: 1)]))
    clone.restart(random: 61)
    _ = try welcome(try await admit(test, clone))
    try await test.apply(clone, try clone.batch(attendance, [try punch(second: 2)]))
    office.restart(random: 62)
    guard case .refused = try await admit(test, office).decision else { throw TestFailure("a clone was let in") }
    #expect(try await test.store.node(office.node)?.state == .fenced)

    // The one whose line was left, and not the one that spoke last.
    office.restart(random: 63)
    let key = try await test.join(office.node, "c")
    let admission = try await admit(test, office, key: key)
    #expect(admission.findings == [.replaced(left: clone.incarnation, isEmpty: false, unsent: 0)])
    #expect(try welcome(admission).positions.map(\.applied.sequence) == [place(2)])
    try await test.apply(office, try office.batch(attendance, [try punch(second: 3)]))
    #expect(try test.sql("SELECT count(*) FROM attendance") == ["4"])
    #expect(try await test.store.node(office.node)?.state == .offline)
    let clones = try test.sql(
      "SELECT i.random FROM incarnation i WHERE superseded_ms IS NOT NULL ORDER BY i.generation")
    #expect(clones == ["61"])
  }

  @Test func `what a held backlog noted of the other disk holds nothing of the new one`() async throws {
    let test = try await TestStore.ready()
    var old = try await test.office("kec-citta")
    _ = try old.batch(attendance, try (0..<9).map { try punch(second: $0) })
    try await test.store.revoke(old.node, now: start)
    old.restart(random: 52)
    _ = try welcome(try await admit(test, old, key: try await test.join(old.node, "r")))
    #expect(try test.sql("SELECT through FROM backlog_hold") == ["9"])
    var new = Office(node: old.node, incarnation: Incarnation(generation: 1, random: 777))
    _ = try welcome(try await admit(test, new, key: try await test.join(old.node, "n")))
    let (ack, counts) = try await test.apply(new, try new.batch(attendance, [try punch(second: 20)]))
    #expect(ack.quarantined.isEmpty && counts.applied == 1)
  }

  @Test func `a stolen disk that is found and invited again does not get its backlog in unasked`() async throws {
    let test = try await TestStore.ready()
    var stolen = try await test.office("kec-citta")
    try await test.apply(stolen, try stolen.batch(attendance, [try punch()]))
    let forged = try stolen.batch(attendance, try (1..<4).map { try punch(second: $0) })
    try await test.store.revoke(stolen.node, now: start)
    var new = Office(node: stolen.node, incarnation: Incarnation(generation: 1, random: 777))
    _ = try welcome(try await admit(test, new, key: try await test.join(stolen.node, "n")))
    let bought = try await test.apply(new, try new.batch(attendance, [try punch(second: 20)]))
    #expect(bought.ack.quarantined.isEmpty)

    // The new machine is set aside for the found one, twice: what was held the first time is held the second time too.
    for (letter, random) in [("f", 778), ("h", 779)] as [(Character, UInt64)] {
      stolen.restart(random: random)
      _ = try welcome(try await admit(test, stolen, key: try await test.join(stolen.node, letter)))
      #expect(try test.sql("SELECT through FROM backlog_hold") == ["4"], "\(letter)")
      new.restart(random: random + 100)
      _ = try welcome(
        try await admit(test, new, key: try await test.join(stolen.node, letter == "f" ? "g" : "i")))
      #expect(try test.sql("SELECT through FROM backlog_hold") == [])
    }
    stolen.restart(random: 780)
    _ = try welcome(try await admit(test, stolen, key: try await test.join(stolen.node, "j")))
    let (ack, counts) = try await test.apply(stolen, forged)
    #expect(counts.applied == 0 && ack.quarantined.count == 3, "\(ack)")
    // What it records from then on is its own again.
    let own = try await test.apply(stolen, try stolen.batch(attendance, [try punch(second: 30)]))
    #expect(own.ack.quarantined.isEmpty && own.counts.applied == 1)
  }

  @Test func `an older disk that was restarted before it was heard gets back all that it lost`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    try await test.apply(office, try office.batch(attendance, [try punch()]))
    var restored = office
    try await test.apply(office, try office.batch(attendance, try (1..<4).map { try punch(second: $0) }))
    restored.restart(random: 70)
    _ = try restored.batch(attendance, try (50..<60).map { try punch(second: $0) })
    restored.restart(random: 71)
    let admission = try await admit(test, restored)
    #expect(
      admission.findings == [
        .restored(
          left: office.incarnation,
          streams: [HelloFinding.SetBack(dataset: attendance, begin: place(1), applied: place(4))])
      ])
    #expect(try test.sql("SELECT after FROM lost") == ["1"])
  }

  @Test func `a machine that went back to before its last start gets back what the one before had said`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    var snapshot = office
    try await test.apply(office, try office.batch(attendance, [try punch()]))
    // The snapshot is of the same incarnation; it has recorded another event as its first and was started anew when the
    // centre hears of it. It branches off from before that one.
    _ = try snapshot.batch(attendance, [try punch(second: 50)])
    snapshot.restart(random: 70)
    _ = try await admit(test, snapshot)
    let parent = snapshot.incarnation
    snapshot.chains = [:]
    snapshot.restart(random: 71)
    snapshot.lineage[0] = Lineage(
      incarnation: snapshot.incarnation, parent: parent,
      ends: [Lineage.End(dataset: attendance, last: .none, sealed: .start)])
    let findings = try await admit(test, snapshot).findings
    #expect(
      findings == [
        .restored(left: parent, streams: [HelloFinding.SetBack(dataset: attendance, begin: .none, applied: place(1))])
      ])
    #expect(
      try test.sql("SELECT generation, after FROM lost JOIN incarnation ON incarnation.id = lost.incarnation")
        == ["1|0", "2|0"])
  }

  @Test func `a disk that is first heard in the middle of its line is asked for the rest, and sends all of it`()
    async throws
  {
    let test = try await TestStore.ready()
    let node = try Fleet.node("kec-citta")
    // Known to a centre that is lost: four incarnations, each with an event.
    var office = Office(node: node, incarnation: Incarnation(generation: 1, random: 50))
    var batches = [try office.batch(attendance, [try punch()])]
    for round in 1..<4 as Range<UInt64> {
      office.restart(random: 50 + round)
      batches.append(try office.batch(attendance, [try punch(second: Int64(round))]))
    }
    let key = try await test.join(node, "k")
    var short = office
    short.lineage = Array(office.lineage.prefix(2))
    _ = try welcome(try await admit(test, short, key: key))
    let outcome = try await test.store.apply([IncomingBatch(node: node, batch: batches[0])], now: start).first
    guard case .broken(let refusal)? = outcome else { throw TestFailure("\(String(describing: outcome))") }
    #expect(refusal.code == .unknownIncarnation)
    #expect(try welcome(try await admit(test, office, key: key)).positions.map(\.applied) == [.start])
    for batch in batches { try await test.apply(office, batch) }
    #expect(try test.sql("SELECT count(*) FROM attendance") == ["4"])
  }

  @Test func `what was found is kept for people until it is old`() async throws {
    let test = try await TestStore.ready()
    let (old, _) = try await office(test)
    let new = Office(node: old.node, incarnation: Incarnation(generation: 1, random: 777))
    for _ in 0..<2 { _ = try await admit(test, new) }
    #expect(try await test.store.fleetOverview(now: start).notices.map(\.code) == [.unknownHistory])
    _ = try await admit(test, new, key: try await test.join(old.node, "n"))
    try await test.store.note(
      [NodeNotice(node: old.node, code: .oldKey, what: BilingualText(id: "lama", en: "old"), at: start, count: 3)],
      now: start)
    let notices = try await test.store.fleetOverview(now: start).notices
    // It is refused no more: nobody need look into that.
    #expect(notices.map(\.code) == [.replaced, .oldKey])
    #expect(notices.map(\.count) == [1, 3])
    #expect(notices.first?.what.english.contains("1 unsent") == true)
    let later = start.advanced(byMilliseconds: 8 * 86_400_000)
    #expect(try await test.store.fleetOverview(now: later).notices.isEmpty)
    // What is told no more is not counted with what happens anew.
    let again = NodeNotice(
      node: old.node, code: .oldKey, what: BilingualText(id: "lama", en: "old"), at: later, count: 2)
    for _ in 0..<2 { try await test.store.note([again], now: later) }
    #expect(try await test.store.fleetOverview(now: later).notices.map(\.count) == [4])
  }

  /// Notes that an old key knocked so long after the tests' beginning.
  private func knock(_ test: TestStore, _ node: NodeName, at milliseconds: Int64) async throws {
    let at = start.advanced(byMilliseconds: milliseconds)
    try await test.store.note(
      [NodeNotice(node: node, code: .oldKey, what: BilingualText(id: "lama", en: "old"), at: at)], now: start)
  }

  /// Whether each old key that knocked may have been the office's own machine's.
  private func mayBeItsOwn(_ test: TestStore) async throws -> [Bool] {
    try await test.store.fleetOverview(now: start).notices.filter { $0.code == .oldKey }.map(\.mayBeItsOwn)
  }

  @Test func `an old key that knocked before the office's own disk joined again is told as perhaps its own`()
    async throws
  {
    let test = try await TestStore.ready()
    var (own, _) = try await office(test)
    let node = own.node
    try await knock(test, node, at: -5)
    #expect(try await mayBeItsOwn(test) == [false])
    try await test.revokeAndRejoin(&own)
    #expect(try await mayBeItsOwn(test) == [true])
    // What was written down late as well; what knocks from then on is an alarm.
    try await knock(test, node, at: -1)
    #expect(try await mayBeItsOwn(test) == [true])
    try await knock(test, node, at: 1)
    #expect(try await mayBeItsOwn(test) == [false])
    // Where another disk takes its place, the old one may be anywhere.
    let other = Office(node: node, incarnation: Incarnation(generation: 1, random: 777))
    _ = try welcome(try await admit(test, other, key: try await test.join(node, "n"), at: 2))
    #expect(try await test.store.fleetOverview(now: start).notices.map(\.code) == [.replaced, .oldKey])
    #expect(try await mayBeItsOwn(test) == [false])
  }

  @Test func `what a stolen disk knocked stays an alarm when the key of the one in its place is renewed`() async throws
  {
    let test = try await TestStore.ready()
    let (stolen, _) = try await office(test)
    let node = stolen.node
    _ = try welcome(try await admit(test, stolen, key: try await test.join(node, "a")))
    try await test.store.revoke(node, now: start)
    var new = Office(node: node, incarnation: Incarnation(generation: 1, random: 777))
    _ = try welcome(try await admit(test, new, key: try await test.join(node, "b")))
    try await knock(test, node, at: 5)
    new.restart(random: 778)
    _ = try welcome(try await admit(test, new, key: try await test.join(node, "c"), at: 10))
    #expect(try await mayBeItsOwn(test) == [false])
  }

  @Test func `what a stolen disk knocked stays an alarm when a backup of it is set up in its place`() async throws {
    let test = try await TestStore.ready()
    var (stolen, _) = try await office(test)
    var backup = stolen
    let node = stolen.node
    try await test.apply(stolen, try stolen.batch(population, [try person(id(2))]))
    _ = try welcome(try await admit(test, stolen, key: try await test.join(node, "a")))
    try await test.store.revoke(node, now: start)
    try await knock(test, node, at: 5)
    backup.restart(random: 60)
    let admission = try await admit(test, backup, key: try await test.join(node, "b"), at: 10)
    _ = try welcome(admission)
    guard case .restored? = admission.findings.first else { throw TestFailure("\(admission.findings)") }
    #expect(try await mayBeItsOwn(test) == [false])
  }
}

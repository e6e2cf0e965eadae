import CentreStorage
import Datasets
import Replication
import TestSupport
import Testing
import Wire

/// Edits of a record whose place was written by a change that is held itself: they wait for the decision on that one.
struct WaitingTests {
  /// Disdukcapil's creation of a resident, held until somebody decides, and Lalabata, which had been shown it.
  private struct Scene {
    let test: TestStore
    var dukcapil: Office
    var lalabata: Office
    /// The creation's.
    let seen: Dot

    init(_ creation: Entry) async throws {
      test = try await TestStore.ready()
      dukcapil = try await test.office("disdukcapil")
      lalabata = try await test.office("kec-lalabata")
      seen = dukcapil.dot(1)
      let (ack, _) = try await test.apply(dukcapil, try dukcapil.batch(population, [creation]))
      #expect(ack.quarantined.count == 1)
    }

    /// What Lalabata writes as the resident's address, shown the creation.
    mutating func writes(_ address: String) async throws -> Ack {
      var saw = Context(seen)
      let before = lalabata.chain(population).last
      if before > .none { saw.insert(Dot(author: lalabata.author, sequence: before)) }
      let theirs = try edit(
        id(1), [("alamat", .text(address))], saw: ["alamat": saw], affirms: nil, scopeSeen: seen)
      return try await test.apply(lalabata, try lalabata.batch(population, [theirs])).ack
    }

    var address: [String] { get throws { try test.sql("SELECT alamat FROM population") } }
    var held: [String] {
      get throws { try test.sql("SELECT node, code FROM quarantine WHERE state = 'held' ORDER BY id") }
    }

    func entry(of office: Office) async throws -> QuarantineEntry {
      try #require(try await test.store.quarantine(node: office.node, limit: 9).elements.first)
    }
  }

  private static func unfit() throws -> Entry {
    try edit(id(1), [("nama", .integer(4)), ("kode_wilayah", .text("73.12.04.1001"))], traits: .creation)
  }

  @Test func `what another office wrote on a held creation is taken in with it, whatever was tried before`()
    async throws
  {
    let test = try await TestStore.ready()
    var dukcapil = try await test.office("disdukcapil")
    var lalabata = try await test.office("kec-lalabata")
    var old = try dukcapil.batch(population, [try person(id(1))])
    let seen = dukcapil.dot(1)
    try await test.revokeAndRejoin(&dukcapil)
    old.session = 2
    #expect(try await test.apply(dukcapil, old).ack.quarantined.map(\.code) == ["revoked_backlog"])
    // Lalabata had the record before the centre went back to a backup. It moves it within its district, and goes on.
    let moved = try edit(
      id(1), [("kode_wilayah", .text("73.12.04.1002"))], saw: ["kode_wilayah": Context(seen)], affirms: nil,
      scopeSeen: seen)
    let theirs = try edit(
      id(1), [("alamat", .text("JL. B"))], saw: ["alamat": Context(seen)], affirms: nil, scopeSeen: lalabata.dot(1))
    let (ack, _) = try await test.apply(lalabata, try lalabata.batch(population, [moved, theirs]))
    #expect(ack.quarantined.map(\.code) == ["awaits_decision", "awaits_decision"])
    for code in QuarantineReason.Code.allCases where code != .revokedBacklog {
      try await test.store.requeueHeld(dataset: population, code: code, now: start)
    }
    #expect(
      try test.sql("SELECT code, count(*) FROM quarantine WHERE state = 'held' GROUP BY code")
        == ["awaits_decision|2", "revoked_backlog|1"])
    _ = try await test.store.acceptBacklog(of: dukcapil.node, reason: "utuh", now: start)
    try await test.store.requeueDecided(now: start)
    #expect(try test.sql("SELECT alamat, kode_wilayah FROM population") == ["JL. B|73.12.04.1002"])
    #expect(try test.sql("SELECT count(*) FROM quarantine WHERE state = 'held'") == ["0"])
  }

  @Test func `neighbours of one stream that are tried together wait for the one that is refused again`() async throws {
    let test = try await TestStore.ready()
    var lalabata = try await test.office("kec-lalabata")
    let next = try edit(
      id(1), [("alamat", .text("JL. B"))], saw: ["alamat": Context(lalabata.dot(1))], affirms: nil,
      scopeSeen: lalabata.dot(1))
    var old = try lalabata.batch(population, [try Self.unfit(), next])
    try await test.revokeAndRejoin(&lalabata)
    old.session = 2
    #expect(try await test.apply(lalabata, old).ack.quarantined.count == 2)
    _ = try await test.store.acceptBacklog(of: lalabata.node, reason: "utuh", now: start)
    try await test.store.requeueDecided(now: start)
    #expect(
      try test.sql("SELECT code FROM quarantine WHERE state = 'held' ORDER BY sequence")
        == ["schema", "awaits_decision"])
  }

  @Test func `the office and the centre are told which entry is awaited`() async throws {
    var scene = try await Scene(try Self.unfit())
    let ack = try await scene.writes("JL. B")
    let awaited = try await scene.entry(of: scene.dukcapil).id
    let told = try #require(ack.quarantined.first)
    #expect(told.code == "awaits_decision")
    #expect(told.reason.contains("disdukcapil") && told.reason.contains("simpulctl quarantine show \(awaited)"))
    #expect(try await scene.entry(of: scene.lalabata).reason.english.contains("quarantine show \(awaited)"))
  }

  @Test func `what waits is taken in when somebody lets the awaited change in, without any batch`() async throws {
    let later = try edit(
      id(1), [("nama", .text("ANDI")), ("kode_wilayah", .text("73.12.04.1001"))], traits: .creation, at: 400_000)
    var scene = try await Scene(later)
    _ = try await scene.writes("JL. B")
    let now = start.advanced(byMilliseconds: 200_000)
    let outcome = try await scene.test.store.requeue(try await scene.entry(of: scene.dukcapil).id, now: now)
    #expect(outcome == .applied)
    try await scene.test.store.requeueDecided(now: now)
    #expect(try scene.address == ["JL. B"])
    #expect(try scene.held == [])
  }

  @Test func `what waits is taken in when the awaited change's time has come`() async throws {
    let later = try edit(
      id(1), [("nama", .text("ANDI")), ("kode_wilayah", .text("73.12.04.1001"))], traits: .creation, at: 400_000)
    var scene = try await Scene(later)
    _ = try await scene.writes("JL. B")
    let now = start.advanced(byMilliseconds: 200_000)
    #expect(try await scene.test.store.requeueDue(now: now) == 1)
    try await scene.test.store.requeueDecided(now: now)
    #expect(try scene.address == ["JL. B"])
    #expect(try scene.held == [])
  }

  @Test func `what waits is judged by where the change was put that answers the awaited one`() async throws {
    for (region, isTaken) in [("73.12.04.1002", true), ("73.12.08.1001", false)] {
      var scene = try await Scene(
        try edit(id(1), [("nama", .text("ANDI")), ("kode_wilayah", .integer(7))], traits: .creation))
      _ = try await scene.writes("JL. B")
      let values = [(name: try name("kode_wilayah"), value: Value.text(region))]
      _ = try await scene.test.store.mend(
        try await scene.entry(of: scene.dukcapil).id, values: values, version: nil, reason: "akta", now: start)
      try await scene.test.store.requeueDecided(now: start)
      #expect(try scene.address == [isTaken ? "JL. B" : ""])
      #expect(try scene.held == (isTaken ? [] : ["kec-lalabata|write_rule"]))
      // Not only what waited: what comes after the decision is judged by it too.
      #expect(try await scene.writes("JL. C").quarantined.map(\.code) == (isTaken ? [] : ["write_rule"]))
    }
  }

  @Test func `what waits for a change that is discarded is refused, and the reason says so`() async throws {
    var scene = try await Scene(try Self.unfit())
    _ = try await scene.writes("JL. B")
    try await scene.test.store.discard(try await scene.entry(of: scene.dukcapil).id, reason: "palsu", now: start)
    try await scene.test.store.requeueDecided(now: start)
    #expect(try scene.held == ["kec-lalabata|write_rule"])
    let reason = try await scene.entry(of: scene.lalabata).reason
    #expect(reason.indonesian.contains("dibuang") && reason.english.contains("discarded"))
    // A forged change gives nobody a right, alive or discarded.
    #expect(try await scene.writes("JL. C").quarantined.map(\.code) == ["write_rule"])
    #expect(try scene.test.sql("SELECT count(*) FROM population") == ["0"])
  }

  @Test func `a chain that came in the wrong order is taken in whole`() async throws {
    var scene = try await Scene(try Self.unfit())
    var ganra = try await scene.test.office("kec-ganra")
    let moved = scene.lalabata.dot(1)
    // Ganra was shown where Lalabata had moved the resident; that is still to come.
    let theirs = try edit(
      id(1), [("alamat", .text("JL. G"))], saw: ["alamat": Context(scene.seen)], affirms: nil, scopeSeen: moved)
    let early = try await scene.test.apply(ganra, try ganra.batch(population, [theirs])).ack
    #expect(early.quarantined.map(\.code) == ["unknown_context"])
    let move = try edit(
      id(1), [("kode_wilayah", .text("73.12.07.1001"))], saw: ["kode_wilayah": Context(scene.seen)], affirms: nil,
      scopeSeen: scene.seen)
    try await scene.test.apply(scene.lalabata, try scene.lalabata.batch(population, [move]))
    try await scene.test.store.requeueHeld(dataset: population, code: .unknownContext, now: start)
    #expect(try scene.held == ["disdukcapil|schema", "kec-ganra|awaits_decision", "kec-lalabata|awaits_decision"])
    let values = [(name: try name("nama"), value: Value.text("ANDI"))]
    _ = try await scene.test.store.mend(
      try await scene.entry(of: scene.dukcapil).id, values: values, version: nil, reason: "akta", now: start)
    try await scene.test.store.requeueDecided(now: start)
    #expect(try scene.held == [])
    #expect(try scene.address == ["JL. G"])
  }
}

import API
import Datasets
import Foundation
import TestSupport
import Testing
import Wire

@testable import Diagnostics

/// A peer with the key of an enrolled office: it gets no further than that office's rights, and is told why.
@Suite(.serialized) struct InsiderTests {
  /// What lies on an office's disk.
  private struct Loot {
    var keys: HostilePeer.Keys
    var server: String
    var incarnation: Incarnation
  }

  /// Two honest offices with a resident of one of them, and a hostile peer with the disk of a third.
  private func attack(
    as name: String, _ body: (RealFleet, HostilePeer, _ victim: RecordReply, Loot) async throws -> Void
  ) async throws {
    try await RealFleet.run { fleet in
      let registry = try await fleet.open("disdukcapil")
      let district = try await fleet.open("kec-lalabata")
      let captured = try await fleet.open(name)
      await fleet.stop(captured)
      let loot = Loot(
        keys: try fleet.keys(of: captured), server: try fleet.serverKey(at: captured),
        incarnation: try await fleet.incarnation(of: captured))
      let fields: [String: JSONValue] = [
        "nik": "7312040505680001", "nama": "ANDI TENRI", "tanggal_lahir": "1968-05-05", "kode_wilayah": "73.12.04.1001",
      ]
      let put = try await district.daemon.client.reply(
        IntakeReply.self, to: try .upsert("population", fields, source: "loket")
      ).reply
      #expect(put.accepted == 1)
      try await fleet.agree([registry, district], on: ["population"])
      let victim = try #require(try await fleet.all("population", at: fleet.centre).first)
      try await HostilePeer.with { peer in try await body(fleet, peer, victim, loot) }
      // Nothing of it reached the honest offices' copies, and they go on.
      let after = try await fleet.all("population", at: district.daemon)
      #expect(after.map(\.id) == [victim.id] && after.first?.fields["nama"] == victim.fields["nama"], "\(after)")
      try await fleet.agree([registry, district], on: ["population"])
    }
  }

  private func address(_ fleet: RealFleet) -> String { "127.0.0.1:\(fleet.port)" }

  @Test func `what an office may not write is set aside with a reason, also a claim on another's resident`()
    async throws
  {
    try await attack(as: "kec-citta") { fleet, peer, victim, loot in
      try await peer.open(to: address(fleet), server: loot.server, as: loot.keys)
      var impostor = Impostor(disk: loot.incarnation)
      _ = try await impostor.greet(peer)
      let record = try #require(RecordID(victim.id))
      let foreign = RecordID(high: 0x0100_0000_0000_0000, low: 77)
      let stranger = Author(node: try #require(NodeName("disdukcapil")), incarnation: impostor.incarnation)
      let made = Dot(author: stranger, sequence: try #require(Sequence(4711)))
      let entries = [
        // A resident of another district, made up.
        try Impostor.change(
          foreign,
          [("nik", .text("7312040101900002")), ("nama", .text("PALSU")), ("kode_wilayah", .text("73.12.04.1001"))],
          traits: .creation),
        // The other district's resident, renamed without having been seen.
        try Impostor.change(record, [("nama", .text("PALSU"))]),
        // The same, with changes "seen" that nobody made: they would cover whatever comes.
        try Impostor.change(record, [("nama", .text("PALSU"))], saw: Context(made)),
        // Moved into the own district first, by a scope that nobody wrote.
        try Impostor.change(record, [("kode_wilayah", .text("73.12.08.2001"))], scopeSeen: made),
        // A field that no definition has, and a type that does not fit.
        try Impostor.change(
          foreign, [("nama", .integer(7)), ("kode_wilayah", .text("73.12.08.2001"))], traits: .creation),
      ]
      try await peer.send([impostor.batch("population", entries)])
      let ack = try await impostor.ack(peer)
      #expect(ack.applied.sequence.value == UInt64(entries.count), "acknowledged, so that the stream goes on")
      #expect(ack.quarantined.map(\.sequence.value) == Array(1...UInt64(entries.count)), "\(ack.quarantined)")
      #expect(ack.quarantined.allSatisfy { !$0.reason.isEmpty })
      let held = try await fleet.held(at: fleet.centre)
      #expect(held.count == entries.count && held.allSatisfy { $0.node == "kec-citta" }, "\(held)")
      #expect(try await fleet.metric("simpul_records_quarantined_total") == Double(entries.count))
      let findings = try await fleet.doctor(fleet.layout.centreSocket).findings
      let told = findings.first { $0.code == "quarantine" }
      #expect(told?.evidence.contains("kec-citta") == true, "\(findings)")
    }
  }

  @Test func `a key without the disk that it belongs to is refused, and the admin is told`() async throws {
    try await attack(as: "kec-citta") { fleet, peer, _, loot in
      try await peer.open(to: address(fleet), server: loot.server, as: loot.keys)
      try await peer.send([Impostor(disk: nil).hello()])
      let answer = try CentreMessage(bytes: try #require(try await peer.receive()))
      guard case .refusal(let refusal) = answer else {
        Issue.record("\(answer)")
        return
      }
      #expect(refusal.code == .unknownIncarnation && !refusal.reason.isEmpty)
      let findings = try await fleet.doctor(fleet.layout.centreSocket).findings
      #expect(findings.contains { $0.code == "node_unknown_history" && $0.subject == "kec-citta" }, "\(findings)")
    }
  }

  @Test func `no read scope widens, whatever a hello claims to have and to know`() async throws {
    try await attack(as: "kec-citta") { fleet, peer, _, loot in
      let claims: [(FeedCursor?, UInt64)] = [
        (nil, 0), (FeedCursor(epoch: Incarnation(generation: 1, random: 1), position: 0), 1),
        (FeedCursor(epoch: Incarnation(generation: .max, random: .max), position: .max), .max),
      ]
      for (index, claim) in claims.enumerated() {
        try await peer.open("\(index)", to: address(fleet), server: loot.server, as: loot.keys)
        let impostor = Impostor(disk: loot.incarnation)
        try await peer.send([impostor.hello(cursor: claim.0, ruleVersion: claim.1)], by: "\(index)")
        var kinds: Set<String> = []
        while let bytes = try await peer.receive("\(index)", within: 1) {
          switch try CentreMessage(bytes: bytes) {
          case .feed(let feed):
            // The one resident lives in another district.
            guard case .records(let dataset, _) = feed.part else { continue }
            Issue.record("kec-citta is sent records of \(dataset) by claim \(index)")
          case .welcome: kinds.insert("welcome")
          case .refusal: kinds.insert("refusal")
          case .probe(let number): try await peer.send([Impostor.signOfLife(number)], by: "\(index)")
          default: break
          }
        }
        // One who is refused is sent nothing anyway.
        #expect(kinds.contains("welcome"), "claim \(index): \(kinds)")
        try await peer.ask(HostilePeer.Order(do: "close", peer: "\(index)"))
      }
    }
  }

  @Test func `messages that cannot be read are refused and counted, and the connection's honest words still count`()
    async throws
  {
    try await attack(as: "kec-citta") { fleet, peer, _, loot in
      try await peer.open(to: address(fleet), server: loot.server, as: loot.keys)
      var impostor = Impostor(disk: loot.incarnation)
      let hello = impostor.hello()
      let before = try await fleet.metric("simpul_sessions_refused_total")
      let broken: [[[UInt8]]] = [
        [[]], [[0]], [Array(hello.prefix(hello.count / 2))], [hello + [0]],
        [[UInt8](repeating: 0xFF, count: 200_000)], [hello, hello],
        [[UInt8]](repeating: Array("x".utf8), count: 5000),
      ]
      for frames in broken { try await peer.send(frames) }
      try await eventually("each is counted") {
        try await fleet.metric("simpul_sessions_refused_total") >= before + Double(broken.count)
      }
      let answers = try await impostor.hear(peer)
      let refusals = answers.filter { if case .refusal = $0 { true } else { false } }
      #expect(refusals.count == answers.count, "\(answers)")
      _ = try await impostor.greet(peer)
    }
  }

  @Test func `a recorded session said again is no second one, and its batch counts once`() async throws {
    try await attack(as: "kec-citta") { fleet, peer, victim, loot in
      try await peer.open("first", to: address(fleet), server: loot.server, as: loot.keys)
      var impostor = Impostor(disk: loot.incarnation)
      var nobody = impostor
      let hello = impostor.hello()
      let welcome = try await impostor.greet(peer, as: "first", saying: hello)
      #expect(welcome.session != 0 && impostor.session == welcome.session)
      // The same words on another connection, while the first one is alive: it is asked, says so, and stays.
      try await peer.open("second", to: address(fleet), server: loot.server, as: loot.keys)
      try await peer.send([hello], by: "second")
      let heard = try await impostor.hear(peer, as: "first")
      let asked = heard.compactMap { if case .probe(let session) = $0 { session } else { nil } }
      #expect(asked == [welcome.session], "the first is asked: \(heard)")
      try await peer.send([impostor.ping()], by: "first")
      #expect(try await refusals(impostor, peer, "second") == [.duplicateSession])

      // With the session of somebody else's connection, or of none, a batch is dropped, though this office may write
      // what it says. The ping behind it is answered once it was looked at.
      let applied = try await fleet.metric("simpul_batches_applied_total")
      var thief = impostor
      for stray in [try thief.batch("population", [resident(5)]), try nobody.batch("population", [resident(7)])] {
        try await peer.send([stray], by: "second")
      }
      try await peer.send([impostor.ping()], by: "second")
      #expect(try await refusals(impostor, peer, "second") == [.superseded])
      // The session goes on under the numbers that were tried, and what is said in it twice counts once.
      let batch = try impostor.batch("population", [resident(6)])
      for _ in 0..<2 {
        try await peer.send([batch], by: "first")
        let ack = try await impostor.ack(peer, as: "first")
        #expect(ack.applied.sequence.value == 1 && ack.quarantined.isEmpty, "\(ack)")
      }
      #expect(try await fleet.metric("simpul_batches_applied_total") == applied + 2)
      let ids = try await fleet.all("population", at: fleet.centre).map(\.id)
      #expect(Set(ids) == [victim.id, Self.record(6).description])
    }
  }

  private static func record(_ number: UInt64) -> RecordID { RecordID(high: 0x0100_0000_0000_0000, low: number) }

  /// Somebody of the captured office's own district.
  private func resident(_ number: UInt64) throws -> Entry {
    try Impostor.change(
      Self.record(number), [("nama", .text("WARGA \(number)")), ("kode_wilayah", .text("73.12.08.2001"))],
      traits: .creation)
  }

  /// Why the centre refuses what this connection said last.
  private func refusals(
    _ impostor: Impostor, _ peer: HostilePeer, _ name: String
  ) async throws -> [Refusal.Code] {
    try await impostor.hear(peer, as: name).compactMap {
      if case .refusal(let refusal) = $0 { refusal.code } else { nil }
    }
  }
}

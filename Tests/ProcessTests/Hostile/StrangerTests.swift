import API
import Datasets
import Foundation
import TestSupport
import Testing

@testable import Diagnostics

/// Peers that have no key that counts: each is refused, counted and reported, and honest offices go on.
@Suite(.serialized) struct StrangerTests {
  /// A fleet with one honest office, and a hostile peer beside it.
  private func attack(
    _ body: (RealFleet, HostilePeer, _ address: String, _ server: String, RealFleet.Office) async throws -> Void
  ) async throws {
    try await RealFleet.run { fleet in
      let office = try await fleet.open("setda")
      let server = try fleet.serverKey(at: office)
      try await HostilePeer.with { peer in
        try await body(fleet, peer, "127.0.0.1:\(fleet.port)", server, office)
      }
      // Whatever was done to the centre: what an office records still comes there.
      let producer = PunchProducer(office.daemon, device: "T1")
      try await producer.send(50)
      try await fleet.agree([office], on: ["attendance"])
      let punches = try await fleet.query("SELECT pin FROM attendance WHERE device = 'T1'")
      #expect(Set(punches).count == 50 && punches.count == 50)
    }
  }

  @Test func `without encryption, with another centre's key or an unknown one nobody gets a byte through`() async throws
  {
    try await attack { fleet, peer, address, server, _ in
      let keys = try await peer.keys()
      let other = try await peer.keys()
      let failures = try await fleet.metric("simpul_link_handshake_failures_total")

      try await peer.open("bare", to: address)
      try await peer.send([Array("hello".utf8)], by: "bare")
      #expect(try await peer.outcome("bare") != "succeeded")
      try await peer.open("wrong", to: address, server: other.public, as: keys)
      #expect(try await peer.outcome("wrong") != "succeeded")
      try await peer.open("unknown", to: address, server: server, as: keys)
      #expect(try await peer.outcome("unknown") == "refused")
      for name in ["bare", "wrong", "unknown"] {
        #expect(try await peer.receive(name, within: 0.2) == nil, "\(name) is answered")
      }
      try await eventually("each is counted") {
        try await fleet.metric("simpul_link_handshake_failures_total") >= failures + 3
      }
      #expect(try await fleet.metric("simpul_link_malformed_total") == 0)
      #expect(try await fleet.metric("simpul_link_refused_messages_total{reason=\"unknown_key\"}") > 0)
      let doctor = try await fleet.control(["doctor"])
      #expect(doctor.output.contains("127.0.0.1"), "the admin is told from where: \(doctor.output)")
    }
  }

  @Test func `a revoked key opens nothing more, and the admin is told that it knocks`() async throws {
    try await attack { fleet, peer, address, server, _ in
      let district = try await fleet.open("kec-citta")
      let keys = try fleet.keys(of: district)
      await fleet.stop(district)
      let revoked = try await fleet.control(["nodes", "revoke", "kec-citta", "--reason", "uji"])
      #expect(revoked.end.isSuccess)
      try await peer.open("revoked", to: address, server: server, as: keys)
      #expect(try await peer.outcome("revoked") == "refused")
      try await peer.send([Array("hello".utf8)], by: "revoked")
      #expect(try await peer.receive("revoked", within: 0.5) == nil)
      try await eventually("the admin is told that the revoked office knocks") {
        try await fleet.problemsAtCentre(of: district).contains("old_key_used")
      }
    }
  }

  @Test func `an invitation that was used, or whose time is over, lets nobody in`() async throws {
    try await attack { fleet, _, _, _, _ in
      let overheard = try await fleet.invitation(for: "kec-citta")
      let honest = try await fleet.join(as: "kec-citta", with: overheard, machine: "honest")
      #expect(honest.end.isSuccess, "\(honest.output)")
      let found = try await fleet.invitation(for: "bpbd")
      try await fleet.expireInvitations()
      for (name, invitation) in [("kec-citta", overheard), ("bpbd", found)] {
        let thief = try await fleet.join(as: name, with: invitation, machine: "thief-\(name)")
        #expect(!thief.end.isSuccess)
        #expect(thief.output.contains("used") || thief.output.contains("expired"), "\(thief.output)")
      }
      let keys = try await fleet.query(
        "SELECT node FROM node_key WHERE node IN ('kec-citta', 'bpbd') AND revoked_ms IS NULL")
      #expect(keys == ["kec-citta"])
    }
  }

  @Test func `bytes that are no ZeroMQ, cut off or without end, close their own connection and nothing else`()
    async throws
  {
    try await attack { fleet, peer, address, _, _ in
      // ZMTP 3.1's greeting (RFC 37): signature, version, mechanism, as-server, filler.
      let greeting: [UInt8] =
        [0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 3, 1] + Array("CURVE".utf8) + [UInt8](repeating: 0, count: 15)
        + [UInt8](repeating: 0, count: 32)
      let hello = Array("\u{5}HELLO".utf8)
      let attacks: [(name: String, bytes: [UInt8])] = [
        ("http", Array("GET / HTTP/1.1\r\nHost: scc\r\n\r\n".utf8)),
        ("noise", (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 13) }),
        ("cut greeting", Array(greeting.prefix(20))),
        ("cut handshake", greeting + [4, 200] + hello),
        // A command frame that says it is 2^63 bytes long.
        ("endless frame", greeting + [6, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF] + hello),
        ("message before handshake", greeting + [0, 5] + Array("hello".utf8)),
      ]
      let before = try await fleet.residentKiB()
      for attack in attacks {
        for _ in 0..<5 {
          let answer = try await peer.ask(
            HostilePeer.Order(do: "tcp", address: address, seconds: 0.3, frames: [Data(attack.bytes)]))
          #expect((answer.received ?? .max) < 1024, "\(attack.name) is given \(answer.received ?? -1) bytes")
        }
      }
      #expect(try await fleet.residentKiB() < before + 20_000, "nothing is kept of them")
      #expect(await fleet.centre.plain("/readyz")?.status == 200)
    }
  }

  @Test func `under a flood of handshakes a steady load all arrives`() async throws {
    try await attack { fleet, peer, address, server, office in
      let producer = PunchProducer(office.daemon, device: "T2")
      let refused = try await fleet.metric("simpul_link_handshake_failures_total")
      async let begun = peer.ask(
        HostilePeer.Order(do: "flood", address: address, server: server, seconds: 4, perSecond: 100)
      ).received
      let end = ContinuousClock.now + .seconds(4)
      while ContinuousClock.now < end { try await producer.send(100) }
      let attempts = try #require(try await begun)
      #expect(attempts > 50)
      let sent = await producer.acknowledged.count
      #expect(sent > 0)
      try await eventually("all of the load is at the centre") {
        try await fleet.centre.digest("attendance").count == sent
      }
      try await eventually("the flood is counted") {
        try await fleet.metric("simpul_link_handshake_failures_total") > refused + Double(attempts) / 2
      }
    }
  }
}

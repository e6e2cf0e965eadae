import API
import Datasets
import Foundation
import TestSupport
import Testing
import Wire

@testable import Diagnostics

/// Hostile peers of every kind at once, at fixed rates, while an honest office works (`simpul-bench attack` measures it).
@Suite(.serialized) struct MixedAttackTests {
  /// How long the attack lasts.
  private static let seconds = 4.0
  private static let noise: [[UInt8]] = [
    Array("GET / HTTP/1.1\r\nHost: scc\r\n\r\n".utf8), (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 13) },
    // The beginning of ZMTP's greeting (RFC 37).
    [0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 3, 1],
  ]

  @Test
  func
    `under handshakes, silence, noise and forged messages at once a steady load all arrives, and no read scope widens`()
    async throws
  {
    try await RealFleet.run { fleet in
      let office = try await fleet.open("setda")
      let district = try await fleet.open("kec-lalabata")
      let captured = try await fleet.open("kec-citta")
      await fleet.stop(captured)
      _ = try await district.register(1, fleet)
      try await fleet.agree([district], on: ["population"])
      let (keys, disk) = (try fleet.keys(of: captured), try await fleet.incarnation(of: captured))
      let (address, server) = ("127.0.0.1:\(fleet.port)", try fleet.serverKey(at: office))
      let failures = try await fleet.metric("simpul_link_handshake_failures_total")
      let refusals = try await fleet.metric("simpul_sessions_refused_total")

      let producer = PunchProducer(office.daemon, device: "T1")
      try await HostilePeer.with { flood in
        try await HostilePeer.with { crowd in
          try await HostilePeer.with { insider in
            try await insider.open(to: address, server: server, as: keys)
            var impostor = Impostor(disk: disk)
            _ = try await impostor.greet(insider)
            async let handshakes = flood.ask(
              HostilePeer.Order(do: "flood", address: address, server: server, seconds: Self.seconds, perSecond: 50)
            ).received
            async let connections = crowd.ask(
              HostilePeer.Order(
                do: "crowd", address: address, seconds: Self.seconds, perSecond: 50,
                frames: Self.noise.map { Data($0) })
            ).received
            async let forged = forge(impostor, insider)
            let end = ContinuousClock.now + .seconds(Self.seconds)
            while ContinuousClock.now < end { try await producer.send(100) }
            #expect(try #require(try await handshakes) > 20)
            #expect(try #require(try await connections) > 20)
            let count = try await forged
            #expect(count > 20)
            try await eventually("the forged messages are refused, and counted") {
              try await fleet.metric("simpul_sessions_refused_total") >= refusals + Double(count)
            }
            try await insider.ask(HostilePeer.Order(do: "close"))
            try await expectNothingToRead(insider, address, server, keys, disk)
          }
        }
      }
      let sent = await producer.acknowledged.count
      #expect(sent > 0)
      try await fleet.agree([office], on: ["attendance"])
      let punches = try await fleet.query("SELECT pin FROM attendance WHERE node = 'setda'")
      #expect(punches.count == sent && Set(punches).count == sent)
      try await eventually("the failed handshakes are counted") {
        try await fleet.metric("simpul_link_handshake_failures_total") > failures + 20
      }
    }
  }

  /// An enrolled office sends what cannot be read, or is of somebody else's session.
  ///
  /// - Returns: how many messages it sent.
  private func forge(_ impostor: Impostor, _ peer: HostilePeer) async throws -> Int {
    let hello = impostor.hello()
    let messages: [[UInt8]] = [
      [0], Array(hello.prefix(hello.count / 2)), hello + [0], [UInt8](repeating: 0xFF, count: 200_000),
    ]
    let end = ContinuousClock.now + .seconds(Self.seconds)
    var count = 0
    while ContinuousClock.now < end {
      try await peer.send([messages[count % messages.count]])
      count += 1
    }
    return count
  }

  /// Greets anew, as one who has nothing: the one resident and all scans are others'.
  private func expectNothingToRead(
    _ peer: HostilePeer, _ address: String, _ server: String, _ keys: HostilePeer.Keys, _ disk: Incarnation
  ) async throws {
    try await peer.open("after", to: address, server: server, as: keys)
    var impostor = Impostor(disk: disk)
    _ = try await impostor.greet(peer, as: "after")
    for message in try await impostor.hear(peer, as: "after") {
      guard case .feed(let feed) = message, feed.part != .nothing else { continue }
      Issue.record("kec-citta is sent what is not its own: \(feed.part)")
    }
  }
}

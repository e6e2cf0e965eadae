import API
import Datasets
import Foundation
import TestSupport
import Testing

@testable import Diagnostics

/// An office that works behind a line that loses, doubles and reorders packets, carries nothing, or carries one way alone.
@Suite(.serialized, .needs(ThinLine.relayNeeds)) struct LineFaultTests {
  private typealias Faults = PacketRelay.Faults
  private typealias Count = PacketRelay.Count

  /// A fault of packets, and of how many packets it says afterwards that it met them.
  private struct Trouble {
    let name: String
    var faults = LineFaultTests.line
    let met: KeyPath<Count, Int>
  }

  /// What both ends are told: silence that lasts so long ends a session.
  private static let silenceLimit: Duration = .seconds(6)
  /// An end that hears nothing says no more after the limit, and the other one waits as long for it again.
  private static let noticeLimit: Duration = silenceLimit * 2 + .seconds(3)
  /// What a village's line does on a good day; every fault comes on top.
  private static let line = Faults(delay: 15, rate: 4_000_000)

  @Test func `on a line with every fault in turn, what was answered is at the centre once and all copies agree`()
    async throws
  {
    let seed = ProcessInfo.processInfo.environment["SIMPUL_PROCESS_SEED"].flatMap { UInt64($0) } ?? 11
    try await LineFleet.run(.relay(seed: seed), silenceLimit: Self.silenceLimit) { fleet in
      let relay = try fleet.line.relay
      try await relay.set(Self.line)
      let district = try await fleet.open("kec-lalabata", .far)
      let registry = try await fleet.open("disdukcapil", .beside)
      let work = LineWork(fleet, far: district, beside: registry)
      let residents = try await work.register(3)

      var troubles = [
        Trouble(name: "loss", met: \.lost), Trouble(name: "reordering", met: \.overtaken),
        Trouble(name: "doubling", met: \.doubled),
      ]
      troubles[0].faults.loss = 0.2
      troubles[1].faults.reorder = 0.2
      troubles[2].faults.duplicate = 0.3
      for trouble in troubles {
        let before = try await relay.set(trouble.faults)
        try await eventually("\(trouble.name) has met both directions") {
          try await work.goOn(by: 100)
          let now = try await relay.counts()
          return Faults.Direction.allCases.allSatisfy {
            now[$0][keyPath: trouble.met] >= before[$0][keyPath: trouble.met] + 25
          }
        }
        // Not after it, but through it.
        try await eventually("what was recorded during \(trouble.name) has come") {
          try await district.status().backlog?.changes == 0
        }
      }

      for (index, dead): (Int, [Faults.Direction]) in [[.up], [.down], [.up, .down]].enumerated() {
        var faults = Self.line
        faults.dead = dead
        let before = try await relay.set(faults)
        let start = ContinuousClock.now
        try await work.goOn(by: 50)
        try await bothNotice(fleet, district, "dead: \(dead)")
        print("without \(dead.map(\.rawValue)) both ends knew after \(ContinuousClock.now - start)")
        // The office says what is wrong and works on, as does the one that it does not hear.
        let findings = try await district.findings()
        #expect(findings.contains { $0.isProblem && Self.lineCodes.contains($0.code) }, "\(findings)")
        try await work.disagree(about: residents[index])
        try await work.goOn(by: 50)
        #expect(try await district.status().backlog?.changes ?? 0 >= 50)
        let now = try await relay.set(Self.line)
        for direction in Faults.Direction.allCases {
          let blocked = now[direction].blocked - before[direction].blocked
          #expect(dead.contains(direction) ? blocked > 0 : blocked == 0, "\(direction) of \(dead): \(blocked)")
        }
        try await eventually("the office is back") { try await district.status().state == "online" }
      }
      try await work.check(conflicts: residents)
      print("\(try await relay.counts())")
    }
  }

  /// What doctor says of a line that carries nothing, or nothing in one direction.
  private static let lineCodes = [
    "tcp_silent", "tcp_unreachable", "handshake_timeout", "handshake_broken", "no_session",
  ]

  private func bothNotice(_ fleet: LineFleet, _ office: DemoDaemon, _ what: String) async throws {
    let node = try #require(NodeName(office.name))
    var (here, there) = ("", "")
    do {
      try await eventually("both ends notice", within: Self.noticeLimit) {
        here = try await office.status().state
        there = try await fleet.centre.node(node).state
        return here == "offline" && there == "offline"
      }
    } catch { throw TestFailure("\(error): \(what): \(here) at the office, \(there) at the centre") }
  }
}

import Datasets
import HTTPServing
import Replication
import Testing
import Transport
import Wire

@testable import Agent
@testable import NodeStorage

/// Every cause has its own word.
@Suite struct DiagnosisTests {
  private static let now = Timestamp(milliseconds: 1_790_000_000_000)

  private func healthy() throws -> Diagnosis {
    var store = NodeStoreStatus(incarnation: Incarnation(generation: 1, random: 1))
    store.diskFreeBytes = 1 << 40
    store.quotaBytes = 1 << 30
    return Diagnosis(
      node: Fixture.node("kec-lalabata"), phase: .established, store: store, reserveBytes: 1 << 20,
      clockOffsetMilliseconds: 12, hasDefinitions: true, now: Self.now)
  }

  private func codes(_ adjust: (inout Diagnosis) -> Void) throws -> [String] {
    var diagnosis = try healthy()
    adjust(&diagnosis)
    let findings = diagnosis.findings
    for finding in findings {
      for language in [Language.indonesian, .english] {
        let texts = [finding.what(language), finding.consequence(language), finding.remedy(language)]
        #expect(texts.allSatisfy { !$0.isEmpty } && !finding.evidence.isEmpty)
      }
    }
    return findings.map(\.code)
  }

  @Test func `a healthy office has nothing to say`() throws {
    #expect(try codes { _ in }.isEmpty)
  }

  @Test func `a link that does not stand is told apart by how far the way to the centre goes`() throws {
    func apart(_ probe: LinkProbe, _ failure: LinkFailure?) throws -> [String] {
      try codes {
        $0.phase = .waiting(reason: "x")
        $0.probes = [("tcp://scc.example:7312", probe)]
        $0.failure = failure
      }
    }
    #expect(try apart(.unresolved("Name or service not known"), nil) == ["name_resolution"])
    #expect(try apart(.unreachable("Connection refused"), .connect("refused")) == ["tcp"])
    #expect(try apart(.reachable, .handshake(.refused)) == ["key_refused"])
    #expect(try apart(.reachable, .handshake(.wrongKey)) == ["key_mismatch"])
    #expect(try apart(.reachable, .handshake(.closedByPeer)) == ["key_mismatch"])
    #expect(try apart(.reachable, .handshake(.notEncrypted)) == ["not_encrypted"])
    #expect(try apart(.reachable, .handshake(.timedOut)) == ["handshake"])
    #expect(try apart(.reachable, nil) == ["no_session"])
    // One of two ways that is open is not the trouble.
    let both = try codes {
      $0.phase = .waiting(reason: "x")
      $0.probes = [("tcp://a:1", .unresolved("no")), ("tcp://b:1", .reachable)]
      $0.failure = .handshake(.refused)
    }
    #expect(both == ["key_refused"])
  }

  @Test func `a refusal is told by its code`() throws {
    for (code, word) in [
      (Refusal.Code.revoked, "revoked"), (.fenced, "fenced"), (.brokenChain, "session_refused"),
    ] {
      #expect(try codes { $0.phase = .refused(Refusal(code: code, reason: "alasan")) } == [word])
    }
  }

  @Test func `the machine and what waits are told each by its own word`() throws {
    let table: [(String, (inout Diagnosis) -> Void)] = [
      ("clock", { $0.clockOffsetMilliseconds = -400_000 }),
      ("disk_full", { $0.store.diskFreeBytes = 1 << 19 }), ("disk_low", { $0.store.diskFreeBytes = 1 << 29 }),
      ("buffer_full", { $0.store.usedBytes = 1 << 30 }), ("store_damaged", { $0.store.damaged = 1 }),
      ("backlog_stuck", { $0.store.oldestUnacknowledged = Self.now.advanced(byMilliseconds: -3_700_000) }),
      ("held_back", { $0.store.heldBack = 1 }), ("held_values", { $0.store.heldValues = 2 }),
      ("recovered", { $0.store.recovered = 1 }), ("conflicts_open", { $0.store.conflictsOpen = 1 }),
      ("definitions_missing", { $0.hasDefinitions = false }), ("spool", { $0.spoolProblem = "permission" }),
      ("spool_waiting", { $0.filesWaiting = 1 }),
    ]
    for (code, adjust) in table { #expect(try codes(adjust) == [code]) }
    // Of other offices' events the quota takes no account.
    #expect(
      try codes {
        $0.store.usedBytes = 1 << 30
        $0.store.copyBytes = 1 << 29
      }.isEmpty)
  }

  @Test func `a way is tried as far as it goes`() async throws {
    // RFC 6761: no resolver may find this.
    guard case .unresolved = await LinkProbe.of("tcp://nowhere.invalid:7312") else {
      Issue.record("resolved")
      return
    }
    guard case .unreachable = await LinkProbe.of("tcp://127.0.0.1:1") else {
      Issue.record("reached")
      return
    }
    let office = try await Office()
    try await office.listen { port in
      #expect(await LinkProbe.of("tcp://127.0.0.1:\(port)") == .reachable)
    }
  }
}

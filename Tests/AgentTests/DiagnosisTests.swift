import API
import Collectors
import Datasets
import Dispatch
import Foundation
import HTTPServing
import Machine
import Replication
import RouterSupport
import Sessions
import Synchronization
import TestSupport
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
      clockOffsetMilliseconds: 12, spool: SpoolStanding.Facts(directory: "/spool", activityAt: Self.now),
      hasDefinitions: true, now: Self.now)
  }

  private func codes(_ adjust: (inout Diagnosis) -> Void) throws -> [String] {
    var diagnosis = try healthy()
    adjust(&diagnosis)
    let findings = diagnosis.findings
    for finding in findings {
      for language in [Language.indonesian, .english] {
        let texts = [finding.what(language), finding.consequence(language), finding.remedy(language)]
        #expect(texts.allSatisfy { !$0.isEmpty } && !finding.evidence(language).isEmpty)
      }
    }
    return findings.map(\.code.rawValue)
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
    #expect(try apart(.refused("Connection refused"), .connect("refused")) == ["tcp_refused"])
    #expect(try apart(.silent(3_000), .connect("timed out")) == ["tcp_silent"])
    #expect(try apart(.unreachable("No route to host"), .connect("no route")) == ["tcp_unreachable"])
    #expect(try apart(.reachable, .handshake(.refused)) == ["key_refused"])
    #expect(try apart(.reachable, .handshake(.wrongKey)) == ["key_mismatch"])
    // A line that broke once says nothing of the key.
    #expect(try apart(.reachable, .handshake(.closedByPeer)) == ["handshake_broken"])
    let again = try codes {
      $0.phase = .waiting(reason: "x")
      $0.probes = [("tcp://scc.example:7312", .reachable)]
      $0.failure = .handshake(.closedByPeer)
      $0.failureStreak = 2
    }
    #expect(again == ["key_mismatch"])
    // Another service, or ZeroMQ without CURVE: no key of ours was looked at.
    #expect(try apart(.reachable, .handshake(.foreign)) == ["not_simpul"])
    #expect(try apart(.reachable, .handshake(.notEncrypted)) == ["not_simpul"])
    #expect(try apart(.reachable, .handshake(.undecided)) == ["handshake_undecided"])
    #expect(try apart(.reachable, .handshake(.timedOut)) == ["handshake_timeout"])
    #expect(try apart(.reachable, .handshake(.protocolError(1))) == ["handshake_broken"])
    #expect(try apart(.reachable, nil) == ["no_session"])
    // One of two ways that is open is not the trouble.
    let both = try codes {
      $0.phase = .waiting(reason: "x")
      $0.probes = [("tcp://a:1", .unresolved("no")), ("tcp://b:1", .reachable)]
      $0.failure = .handshake(.refused)
    }
    #expect(both == ["key_refused"])
  }

  @Test func `what answers otherwise than a centre does is told from one that closes, also on a real port`()
    async throws
  {
    let office = try await Office()
    try await office.listen { port in
      let link = NodeLink(thread: try Fixture.thread.get())
      let keys = try CurveKeyPair.generate()
      try await link.open(endpoint: "tcp://127.0.0.1:\(port)", serverKey: keys.publicKey, keys: keys)
      var events: [LinkEvent] = []
      while events.count < 2 {
        let more = await link.receive()
        try #require(!more.isEmpty)
        events += more
      }
      #expect(events.last == .handshakeFailed(.foreign))
      await link.close()
    }
    // Who closes without a word may be either: both causes are named with what to do.
    var closing = try healthy()
    closing.phase = .waiting(reason: "x")
    closing.probes = [("tcp://scc.example:7312", .reachable)]
    closing.failure = .handshake(.closedByPeer)
    closing.failureStreak = 2
    let finding = try #require(closing.findings.first)
    #expect(finding.what.indonesian.contains("atau yang menjawab bukan pusat Simpul"))
    for words in ["aggregator.public_key", "aggregator.endpoints", "wrong_key"] {
      #expect(finding.remedy.indonesian.contains(words) && finding.remedy.english.contains(words))
    }
  }

  @Test func `a full disk says what goes before new data is refused, and what has gone`() throws {
    var full = try healthy()
    full.store.diskFreeBytes = 1 << 19
    let before = try #require(full.findings.first)
    #expect(before.evidence == .verbatim("0 MB, buffer.reserve 1 MB"))
    let english = before.consequence.english
    let order = ["history that the centre has", "restored from an old backup", "samples", "refused (507)"]
    let places = order.compactMap { english.range(of: $0)?.lowerBound }
    #expect(places.count == order.count && places == places.sorted(), "\(english)")
    #expect(before.consequence.indonesian.contains("riwayat yang sudah di pusat"))
    full.store.pressureAt = Self.now
    full.store.trimmedUnderPressure = 500
    let after = try #require(full.findings.first)
    #expect(after.evidence.indonesian.contains("dibuang sampai kini: 500 yang sudah di pusat, 0 sampel"))
  }

  @Test func `what could not be sent back is named as people know it`() throws {
    let offer = RecoveredOffer(dataset: Fixture.population, recorded: nil, left: [.aliasOf, .lifecycle])
    let decision = AgentRoutes.decision(on: "recovered/3", offer, .indonesian)
    #expect(decision.reason?.contains("dikirim kembali: digabung ke, keberadaan data.") == true)
    #expect(decision.left == ["alias_of", "lifecycle"])
  }

  @Test func `a refusal is told by its code`() throws {
    for (code, word) in [
      (Refusal.Code.revoked, "revoked"), (.fenced, "fenced"), (.unknownIncarnation, "unknown_history"),
      (.duplicateSession, "duplicate_session"), (.brokenChain, "session_refused"),
    ] {
      #expect(try codes { $0.phase = .refused(Refusal(code: code, reason: "alasan")) } == [word])
    }
  }

  @Test func `the machine and what waits are told each by its own word`() throws {
    let table: [(String, (inout Diagnosis) -> Void)] = [
      ("clock", { $0.clockOffsetMilliseconds = -400_000 }), ("clock_suspect", { $0.clockSuspicion = .stepped }),
      ("store_failing", { $0.storeProblem = BilingualText(id: "rusak", en: "broken") }),
      ("disk_full", { $0.store.diskFreeBytes = 1 << 19 }), ("disk_low", { $0.store.diskFreeBytes = 1 << 29 }),
      ("buffer_full", { $0.store.usedBytes = 1 << 30 }), ("store_damaged", { $0.store.damaged = 1 }),
      ("backlog_stuck", { $0.store.oldestUnacknowledged = Self.now.advanced(byMilliseconds: -3_700_000) }),
      ("held_back", { $0.store.heldBack = 1 }), ("held_values", { $0.store.heldValues = 2 }),
      ("recovered", { $0.store.recovered = 1 }), ("conflicts_open", { $0.store.conflictsOpen = 1 }),
      ("definitions_missing", { $0.hasDefinitions = false }),
      ("spool_unreadable", { $0.spool?.failure = "open /spool: No such file or directory" }),
      ("spool_not_writable", { $0.spool?.notWritable = [.init(directory: "population", words: "EACCES")] }),
      ("spool_stalled", { $0.spool?.activityAt = Self.now.advanced(byMilliseconds: -121_000) }),
      (
        "columns_misspelt",
        { $0.spool?.misspelt = [.init(dataset: Fixture.population, words: "alamt → alamat", at: Self.now)] }
      ), ("spool_failed", { $0.spool?.failed = [.init(directory: "population", count: 2)] }),
      ("spool_waiting", { $0.spool?.waitingCount = 1 }), ("spool_without_lease", { $0.spool?.untoldAt = Self.now }),
    ]
    for (code, adjust) in table { #expect(try codes(adjust) == [code]) }
    // An old backlog that moves is on its way; damage of long ago is history; a collector has two minutes to begin.
    #expect(
      try codes {
        $0.store.oldestUnacknowledged = Self.now.advanced(byMilliseconds: -3_700_000)
        $0.progressAt = Self.now.advanced(byMilliseconds: -60_000)
        $0.store.damaged = 1
        $0.store.damagedAt = Self.now.advanced(byMilliseconds: -31 * 86_400_000)
        $0.spool?.activityAt = nil
        $0.startedAt = Self.now.advanced(byMilliseconds: -60_000)
      }.isEmpty)
    // Of other offices' events the quota takes no account.
    #expect(
      try codes {
        $0.store.usedBytes = 1 << 30
        $0.store.copyBytes = 1 << 29
      }.isEmpty)
  }

  @Test func `evidence is in the reader's language, the system's own words beside it`() throws {
    func evidence(_ adjust: (inout Diagnosis) -> Void) throws -> BilingualText {
      var diagnosis = try healthy()
      adjust(&diagnosis)
      return try #require(diagnosis.findings.first).evidence
    }
    let clock = try evidence { $0.clockSuspicion = [.stepped, .measurementOld] }
    #expect(clock.indonesian == "disetel sesudah diukur, diukur lebih dari sehari lalu")
    #expect(clock.english == "set since it was measured, measured more than a day ago")
    let refused = try evidence { $0.phase = .refused(Refusal(code: .revoked, reason: "this node's key was revoked")) }
    #expect(refused.indonesian == "kunci kantor ini dicabut (revoked: this node's key was revoked)")
    #expect(refused.english == "revoked: this node's key was revoked")
    let wrong = try evidence {
      $0.phase = .waiting(reason: "x")
      $0.probes = [("tcp://scc.example:7312", .reachable)]
      $0.failure = .handshake(.wrongKey)
    }
    #expect(wrong.indonesian.hasPrefix("kunci publik pusat di kantor ini salah") && wrong.english != wrong.indonesian)
    let files = try evidence { $0.spool?.failed = [.init(directory: "", count: 10_000, isAtLeast: true)] }
    #expect(files == BilingualText(id: "paling sedikit 10000", en: "at least 10000"))
    let named = try evidence {
      $0.spool?.failed = [.init(directory: "population", count: 3, newest: ["siak/a.csv", "\(Fixture.nik(1)).csv"])]
    }
    #expect(
      named
        == BilingualText(
          id: "3; terbaru: siak/a.csv, ****************.csv", en: "3; newest: siak/a.csv, ****************.csv"))
  }

  @Test func `a quota of one megabyte is told as one`() throws {
    var diagnosis = try healthy()
    diagnosis.store.quotaBytes = 1_000_000
    diagnosis.store.usedBytes = 6_400_000
    #expect(diagnosis.findings.map(\.evidence.english) == ["6 MB / buffer.quota 1 MB"])
  }

  @Test func `refused files are named by where they lie, and dropped again where they came from`() throws {
    var diagnosis = try healthy()
    diagnosis.spool?.failed = [
      .init(directory: "", count: 1), .init(directory: "kependudukan", count: 1),
      .init(directory: "population", count: 2),
    ]
    diagnosis.spool?.closed = ["kependudukan"]
    let found = diagnosis.findings
    #expect(found.map(\.subject) == ["/spool/failed", "/spool/failed/kependudukan", "/spool/failed/population"])
    // There it could only be refused again.
    #expect(
      found.first?.remedy.english.contains("drop it into the folder named after its data in /spool, then") == true)
    #expect(found.dropFirst().first?.remedy.indonesian.contains("folder bernama datanya di /spool, lalu") == true)
    #expect(found.dropFirst().first?.consequence.english == "Nothing of them is recorded.")
    #expect(found.last?.remedy.english.contains("drop it again into /spool/population, then") == true)
  }

  @Test func `why nothing goes to the centre keeps the system's words in both languages`() {
    for failure in [LinkFailure.connect("cannot reach tcp://x:1"), .lost("cannot reach tcp://x:1")] {
      let why = LinkStanding(phase: .waiting(reason: "x"), failure: failure, since: Self.now).why
      #expect(why?.indonesian.contains("(cannot reach tcp://x:1)") == true)
      #expect(why?.english.contains("(cannot reach tcp://x:1)") == true)
    }
    let refused = LinkStanding(
      phase: .refused(Refusal(code: .busy, reason: "try again")), failure: nil, since: Self.now)
    #expect(refused.why?.indonesian.hasSuffix(": pusat sedang tidak dapat melayani (busy: try again).") == true)
  }

  @Test func `a way is tried as far as it goes`() async throws {
    // RFC 6761: no resolver may find this.
    guard case .unresolved = LinkProbe.of("tcp://nowhere.invalid:7312") else {
      Issue.record("resolved")
      return
    }
    guard case .refused = LinkProbe.of("tcp://127.0.0.1:1") else {
      Issue.record("not refused")
      return
    }
    let silence = try SilentPort()
    #expect(LinkProbe.of("tcp://127.0.0.1:\(silence.port)", limitMilliseconds: 300) == .silent(300))
    withExtendedLifetime(silence) {}
    let office = try await Office()
    try await office.listen { port in
      #expect(LinkProbe.of("tcp://127.0.0.1:\(port)") == .reachable)
    }
  }

  @Test func `a name that no server answers for holds neither the doctor nor a thread for every question`()
    async throws
  {
    let calls = Mutex(0)
    let answer = DispatchSemaphore(value: 0)
    let probes = LinkProbes { endpoint in
      guard endpoint == "tcp://stuck:1" else { return .reachable }
      calls.withLock { $0 += 1 }
      answer.wait()
      return .reachable
    }
    // How long the other one may take on a machine that is busy is not what this is about.
    #expect(await probes.results(of: ["tcp://b:1"]).map(\.probe) == [.reachable])
    for _ in 0..<3 {
      let results = await probes.results(of: ["tcp://stuck:1"], limit: .milliseconds(50))
      #expect(results.map(\.endpoint) == ["tcp://stuck:1"])
      guard case .unanswered? = results.first?.probe else { throw TestFailure("\(results)") }
    }
    #expect(calls.withLock { $0 } == 1)
    answer.signal()
    // The one that ran has ended, or a new one runs.
    answer.signal()
    #expect(await probes.results(of: ["tcp://stuck:1"]).map(\.probe) == [.reachable])
  }

  // MARK: Real parts

  private func found(_ office: Office) async throws -> [String] {
    try await office.application().asking { client in
      try await client.get("/api/v1/doctor").list("findings").compactMap { $0["code"] as? String }
    }
  }

  @Test func `a clock that the centre contradicts, and one that nobody has measured, are found`() async throws {
    let office = try await Office()
    #expect(try await found(office) == ["tcp_refused"])
    #expect(await office.context.replicator.nextAttemptAt == nil)
    let work = Task { await office.context.replicator.run() }
    // Nobody listens there: it waits, and knows how long.
    try await eventually("the next attempt is known") { await office.context.replicator.nextAttemptAt != nil }
    await office.context.replicator.order(
      .recordClock(offsetMilliseconds: 400_000, roundTripMilliseconds: 9, at: MachineClock.reading()))
    try await eventually("the offset is known") { try await found(office).contains("clock") }
    work.cancel()
    await work.value
    let unmeasured = try await Office(isMeasured: false)
    #expect(try await found(unmeasured).contains("clock_suspect"))
  }

  @Test func `a disk without room and one that is damaged are found`() async throws {
    let office = try await Office()
    office.disk.beFull(forQuestions: .max)
    #expect(try await found(office).contains("disk_full"))
    office.disk.emptyOut()
    #expect(try await !found(office).contains("disk_full"))
  }

  @Test func `what an office holds since an hour and never gets answered is stuck once it is connected`() async throws {
    let office = try await Office()
    let past = ClockReading(wall: MachineClock.wall().advanced(byMilliseconds: -7_200_000), uptimeMilliseconds: 1)
    let row = ValidRow(
      line: 1,
      fields: [
        (Fixture.field("device"), .text("X1")), (Fixture.field("pin"), .text("7")),
        (Fixture.field("time"), .instant(ZonedInstant(timestamp: past.wall, offsetMinutes: 480))),
        (Fixture.field("status"), .integer(0)),
      ])
    _ = try await office.store.record(Fixture.attendance, rows: [row], now: past)
    var diagnosis = try healthy()
    diagnosis.now = MachineClock.wall()
    diagnosis.spool = nil
    let status = try await office.store.status()
    diagnosis.store.oldestUnacknowledged = status.oldestUnacknowledged
    diagnosis.store.backlogChanges = status.backlogChanges
    #expect(diagnosis.findings.map(\.code) == [.backlogStuck])
    #expect(diagnosis.findings.first?.evidence.english.hasPrefix("1, ") == true)
  }

  @Test func `an office that is cut off says since when, and how much waits`() throws {
    var diagnosis = try healthy()
    diagnosis.phase = .waiting(reason: "x")
    diagnosis.probes = [("tcp://scc.example:7312", .silent(3_000))]
    diagnosis.apartSince = Self.now.advanced(byMilliseconds: -3_600_000)
    diagnosis.store.backlogChanges = 12
    diagnosis.store.oldestUnacknowledged = Self.now.advanced(byMilliseconds: -3_000_000)
    let finding = try #require(diagnosis.findings.first)
    #expect(finding.since == diagnosis.apartSince)
    #expect(finding.consequence.indonesian.contains("Menunggu: 12 perubahan, tertua dari 2026-"))
    #expect(!finding.consequence.indonesian.contains("mencoba lagi"))
    diagnosis.nextAttemptAt = Self.now
    let next = try #require(diagnosis.findings.first).consequence.indonesian
    #expect(next.hasSuffix("Kantor ini mencoba lagi sendiri pada \(InstantText.of(Self.now))."))
    let reply = FindingsReply(diagnosis.findings, language: .english).findings.first
    #expect(reply?.since == diagnosis.apartSince.map { InstantText.of($0) })
    #expect(reply?.consequence.contains("Waiting: 12 changes, the oldest of 2026-") == true)
  }
}

import API
import Datasets
import HTTPServing
import Testing
import Transport
import Wire

@testable import Aggregator
@testable import CentreStorage

@Suite struct CentreDiagnosisTests {
  private static let now = Timestamp(milliseconds: 1_790_000_000_000)
  private static let setda = Names.node("setda")

  private func ago(_ milliseconds: Int64) -> Timestamp { Self.now.advanced(byMilliseconds: -milliseconds) }

  private func picture(
    held: Int = 0, open: Int = 0, isKnown: Bool = true, notices: [NodeNotice] = []
  ) -> FleetPicture {
    let entry = NodeEntry(
      node: Self.setda, state: .offline, fenceReason: nil, lastSeen: ago(5_000), report: nil, version: nil,
      incarnation: nil, cursor: nil)
    return FleetPicture(
      at: Self.now,
      overview: FleetOverview(
        nodes: isKnown ? [entry] : [], newest: [:], openConflicts: open, settledConflicts: 0, quarantined: held,
        missing: 0, feedEnd: 1, notices: notices),
      profiles: [], presences: [:])
  }

  private func healthy() -> CentreDiagnosis {
    CentreDiagnosis(picture: picture(), newestBackup: ago(3_600_000), diskFreeBytes: 1 << 40, now: Self.now)
  }

  private func found(_ adjust: (inout CentreDiagnosis) -> Void) -> [Finding] {
    var diagnosis = healthy()
    adjust(&diagnosis)
    for finding in diagnosis.findings {
      for language in [Language.indonesian, .english] {
        let texts = [finding.what(language), finding.consequence(language), finding.remedy(language)]
        #expect(texts.allSatisfy { $0.count > 5 } && !finding.evidence(language).isEmpty, "\(finding)")
      }
    }
    return diagnosis.findings
  }

  @Test func `a healthy centre has nothing to say, and each trouble has its own word`() {
    #expect(healthy().findings.isEmpty)
    let table: [(FindingCode, (inout CentreDiagnosis) -> Void)] = [
      (.notReady, { $0.problems = [BilingualText(id: "penyimpanan rusak", en: "the store is broken")] }),
      (.diskLow, { $0.diskFreeBytes = 1 << 20 }), (.backupOld, { $0.newestBackup = nil }),
      (.backupOld, { $0.newestBackup = ago(9 * 86_400_000) }),
      (.conflictsOpen, { $0.picture = picture(open: 2) }), (.quarantine, { $0.picture = picture(held: 1) }),
      (.storeFailing, { $0.storeFailure = failure(at: ago(1_000)) }),
      (.storeDamaged, { $0.damage = [damage(.record, mended: true)] }),
      (.storeDamaged, { $0.damage = [damage(.change), damage(.quarantine)] }),
    ]
    for (code, adjust) in table { #expect(found(adjust).map(\.code) == [code]) }
    #expect(found { $0.storeFailure = failure(at: ago(700_000)) }.isEmpty)
    // Without an office that has spoken there is nothing to back up.
    #expect(
      found {
        $0.picture = picture(isKnown: false)
        $0.newestBackup = nil
      }.isEmpty)
  }

  private func damage(_ kind: DamageEntry.Kind, mended: Bool = false) -> DamageEntry {
    DamageEntry(
      kind: kind, row: 4, dataset: nil, node: Self.setda, sequence: nil, found: ago(9_000),
      mended: mended ? ago(8_000) : nil)
  }

  @Test func `a damaged store names what was lost, and the commands that bring it back`() throws {
    let finding = try #require(found { $0.damage = [damage(.change), damage(.quarantine)] }.first)
    #expect(finding.severity == .critical)
    #expect(finding.evidence(.english).contains("change 4 (setda), quarantine 4 (setda)"))
    #expect(finding.remedy(.english).contains("simpulctl quarantine discard 4"))
    #expect(finding.remedy(.english).contains("simpul-aggregator restore"))
    let mended = try #require(found { $0.damage = [damage(.record, mended: true)] }.first)
    #expect(!mended.remedy(.english).contains("restore") && mended.consequence(.english).contains("put right"))
  }

  private func failure(at time: Timestamp) -> StoreFailureLog.Failure {
    let log = StoreFailureLog()
    log.note("feed", "the state of a record is damaged", at: time)
    return log.newest ?? .init(work: "", words: "", at: time)
  }

  @Test func `what a revoked office brought is told apart from the rest, with the command that takes it`() {
    let found = found {
      $0.picture = picture(held: 9)
      $0.held = [
        HeldCount(node: Self.setda, code: "revoked_backlog", count: 7, oldest: ago(9_000)),
        HeldCount(node: Self.setda, code: "schema", count: 2, oldest: ago(8_000)),
      ]
    }
    #expect(found.map(\.code) == [.backlogHeld, .quarantine])
    #expect(found.first?.subject == "setda" && found.first?.since == ago(9_000))
    #expect(found.first?.remedy.english.contains("simpulctl nodes accept-backlog setda") == true)
    #expect(found.last?.evidence.english == "setda schema 2")
  }

  @Test func `what was noticed of a disk, a key or a session is a finding under the same word`() {
    let codes = NodeNotice.Code.allCases
    let notices = codes.map {
      NodeNotice(
        node: Self.setda, code: $0, what: BilingualText(id: "dilihat", en: "noticed"), at: ago(9_000), count: 2)
    }
    let found = found { $0.picture = picture(notices: notices) }
    #expect(found.map(\.code.rawValue) == codes.map(\.rawValue))
    #expect(
      found.allSatisfy { $0.subject == "setda" && $0.since == ago(9_000) && $0.evidence.english.hasPrefix("×2, ") })
    #expect(found.filter { $0.severity == .critical }.map(\.code) == [.nodeUnknownHistory])
    #expect(found.first?.what.english == "noticed")
    // The office's other machine may be connected: without that word its invitation is refused.
    for finding in found where [.nodeUnknownHistory, .oldKeyUsed].contains(finding.code) {
      for language in Language.allCases {
        #expect(finding.remedy(language).contains("simpulctl nodes invite setda --replace"))
      }
    }
  }

  @Test func `an old key that may have been the office's own machine's is no problem, and told all the same`() {
    let notice = NodeNotice(
      node: Self.setda, code: .oldKey, what: BilingualText(id: "kunci lama", en: "an old key"), at: ago(9_000),
      mayBeItsOwn: true)
    let found = found { $0.picture = picture(notices: [notice]) }
    #expect(found.map(\.code) == [.oldKeyUsed] && found.map(\.severity) == [.info])
    #expect(found.first?.remedy.english.contains("stolen") == true)
    #expect(found.first?.remedy.english.contains("invite") == false)
  }

  @Test func `who was refused is named, and is a problem only while it tries and cannot get in`() {
    let log = RefusalLog()
    log.note(.office(Self.setda), "unknown_lineage", at: ago(2_000))
    log.note(.office(Self.setda), "unknown_lineage", at: ago(1_000))
    log.note(.stranger(address: "192.0.2.7"), "wrong_key", at: ago(3_000))
    let recent = found { $0.refused = log.all }
    #expect(recent.map(\.code) == [.officeRefused, .strangerRefused])
    #expect(recent.map(\.severity) == [.warning, .info] && recent.map(\.subject) == ["setda", "192.0.2.7"])
    #expect(recent.first?.evidence.english.hasPrefix("unknown_lineage ×2") == true)
    #expect(recent.last?.remedy.english.contains("aggregator.public_key") == true)
    let later = Self.now.advanced(byMilliseconds: 3_600_000)
    #expect(
      found {
        $0.refused = log.all
        $0.now = later
      }.allSatisfy { $0.severity == .info })
    // A port scan of January is no news in June.
    #expect(
      found {
        $0.refused = log.all
        $0.now = Self.now.advanced(byMilliseconds: 86_400_000)
      }.isEmpty)
  }

  @Test func `who was gone before its address could be read is told without one`() throws {
    let log = RefusalLog()
    log.note(.stranger(address: CentreEvent.addressUnknown), "timed_out", at: ago(1_000))
    let finding = try #require(found { $0.refused = log.all }.first)
    #expect(finding.code == .strangerRefused && finding.subject == "scc")
    #expect(finding.what.indonesian.contains("putus sebelum alamatnya terbaca"))
  }

  @Test func `what is remembered of strangers is bounded`() {
    let log = RefusalLog()
    for number in 0..<400 { log.note(.stranger(address: "\(number)"), "refused", at: ago(Int64(1_000 - number))) }
    #expect(log.all.count == RefusalLog.countMax)
    #expect(log.all.first?.who == .stranger(address: "399"))
  }

  @Test func `doctor answers at the centre, and alerts are the same findings`() async throws {
    try await Centre.with { centre in
      _ = try await centre.office("setda")
      centre.context.metrics.refused.note(.office(Self.setda), "busy", at: start)
      let reply = try await centre.get("/api/v1/doctor", as: FindingsReply.self)
      #expect(Set(reply.findings.map(\.code)).isSuperset(of: ["office_refused"]))
      let alerts = try await centre.get("/api/v1/alerts", as: Alerts.self)
      #expect(alerts.alerts.map(\.code) == reply.findings.map(\.code))
      #expect(alerts.alerts.map(\.what) == reply.findings.map(\.what))
    }
  }

  private struct Alerts: Decodable {
    struct Alert: Decodable {
      let code: String
      let what: String
    }
    let alerts: [Alert]
  }
}

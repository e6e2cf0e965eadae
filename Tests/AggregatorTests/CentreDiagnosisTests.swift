import API
import Datasets
import HTTPServing
import Testing
import Wire

@testable import Aggregator

@Suite struct CentreDiagnosisTests {
  private static let now = Timestamp(milliseconds: 1_790_000_000_000)

  private func healthy() -> CentreDiagnosis {
    CentreDiagnosis(
      alerts: [], newestBackup: Self.now.advanced(byMilliseconds: -3_600_000), officesHeard: 3,
      diskFreeBytes: 1 << 40, now: Self.now)
  }

  @Test func `a healthy centre has nothing to say, and each trouble has its own word`() {
    #expect(healthy().findings.isEmpty)
    let table: [(String, (inout CentreDiagnosis) -> Void)] = [
      ("not_ready", { $0.problems = [BilingualText(id: "rusak", en: "broken")] }),
      ("disk_low", { $0.diskFreeBytes = 1 << 20 }), ("backup_old", { $0.newestBackup = nil }),
      ("backup_old", { $0.newestBackup = Self.now.advanced(byMilliseconds: -9 * 86_400_000) }),
      ("sessions_refused", { $0.refusals = [("fenced", 2), ("revoked", 0)] }),
    ]
    for (code, adjust) in table {
      var diagnosis = healthy()
      adjust(&diagnosis)
      #expect(diagnosis.findings.map(\.code) == [code])
    }
    var empty = healthy()
    empty.officesHeard = 0
    empty.newestBackup = nil
    #expect(empty.findings.isEmpty)
  }

  @Test func `every alert becomes a finding that says what follows and what to do`() {
    let codes = ["node_offline", "node_fenced", "backlog_old", "clock_off", "disk_low", "conflicts_open", "quarantine"]
    var diagnosis = healthy()
    diagnosis.alerts = codes.map {
      AlertsReply.Alert(code: $0, severity: .warning, subject: "setda", what: "x", since: nil)
    }
    let findings = diagnosis.findings
    #expect(findings.map(\.code) == codes)
    for finding in findings { #expect(finding.consequence.english != "-" && finding.remedy.english.count > 5) }
  }

  @Test func `doctor answers at the centre`() async throws {
    try await Centre.with { centre in
      let reply = try await centre.get("/api/v1/doctor", as: FindingsReply.self)
      #expect(reply.findings.allSatisfy { !$0.what.isEmpty })
    }
  }
}

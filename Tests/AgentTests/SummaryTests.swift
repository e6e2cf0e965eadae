import API
import Datasets
import Replication
import Testing

@testable import Agent
@testable import Collectors

/// The sentence in `systemctl status` and at the head of `simpulctl status`.
@Suite struct SummaryTests {
  @Test func `changes that the centre holds back are told, though nothing waits to be sent`() {
    var summary = AgentSummary(phase: .established, backlog: 0)
    #expect(summary.text(.indonesian) == "Tersambung ke pusat; semua data sudah di pusat")
    summary.recovered = 7
    #expect(
      summary.text(.indonesian) == "Tersambung ke pusat; 7 data hanya ada di kantor ini (simpulctl doctor)")
    var busy = AgentSummary(phase: .established, backlog: 15)
    busy.recovered = 3
    #expect(
      busy.text(.english)
        == "Connected to the centre; 15 changes wait to be sent; 3 records are only at this office (simpulctl doctor)")
    summary.recovered = 0
    summary.heldBack = 4
    #expect(summary.text(.indonesian) == "Tersambung ke pusat; semua data sudah di pusat; 4 perubahan ditahan")
    summary.filesWaiting = 2
    #expect(
      summary.text(.english)
        == "Connected to the centre; all data is at the centre; 4 changes held back; 2 spool files cannot be taken yet")
  }

  @Test func `a spool that cannot be had is told as that, not as files that nobody has seen`() throws {
    let standing = SpoolStanding()
    standing.note(.scanFailed(SpoolFailure("open", "/spool", code: 2)))
    #expect(standing.waitingCount == 0 && standing.isHindered)
    standing.note(.scanRecovered)
    #expect(!standing.isHindered)
    let message = BilingualText(id: "x", en: "x")
    for path in ["population/", "population/a.csv"] {
      standing.note(.finished(.postponed(SpoolPostponement(path: path, code: .notWritable, message: message))))
    }
    #expect(standing.waitingCount == 1 && standing.isHindered)
    #expect(standing.reply(.english)?.waitingTotal == 1)
    var summary = AgentSummary(phase: .established, backlog: 0)
    summary.isSpoolHindered = true
    #expect(summary.text(.indonesian).hasSuffix("; spool tidak dapat dibaca atau ditulisi"))
  }
}

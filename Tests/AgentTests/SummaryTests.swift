import Replication
import Testing

@testable import Agent

/// The sentence in `systemctl status` and at the head of `simpulctl status`.
@Suite struct SummaryTests {
  @Test func `changes that the centre holds back are told, though nothing waits to be sent`() {
    var summary = AgentSummary(phase: .established, backlog: 0)
    #expect(summary.text(.indonesian) == "Tersambung ke pusat; semua data sudah di pusat")
    summary.heldBack = 4
    #expect(summary.text(.indonesian) == "Tersambung ke pusat; semua data sudah di pusat; 4 perubahan ditahan")
    summary.filesWaiting = 2
    #expect(
      summary.text(.english)
        == "Connected to the centre; all data is at the centre; 4 changes held back; 2 spool files cannot be taken yet")
  }
}

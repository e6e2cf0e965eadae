import API
import Datasets
import HTTPServing
import NodeStorage
import Replication
package import Transport
import Wire

/// Why the last attempt to reach the centre failed.
package enum LinkFailure: Sendable, Equatable {
  case connect(String)
  case handshake(HandshakeFailure)
  case lost(String)
}

/// What an agent knows of itself when it is asked what is wrong; what follows from it is in its extensions. Pure.
struct Diagnosis: Sendable {
  var node: NodeName
  var phase: NodeSession.Phase
  var failure: LinkFailure?
  /// How often in a row the link failed in this way.
  var failureStreak = 1
  /// How far each way to the centre goes; only tried while no session stands.
  var probes: [(endpoint: String, probe: LinkProbe)] = []
  var store: NodeStoreStatus
  var reserveBytes: UInt64
  var clockOffsetMilliseconds: Int64?
  /// Why what is recorded now would be marked suspect; empty when it would not.
  var clockSuspicion: Seal.Suspicion = []
  /// Why the store cannot be written.
  var storeProblem: BilingualText?
  /// When a session last stood newly or an ack last came; nil when neither is known.
  var progressAt: Timestamp?
  /// Since when no session stands; nil while one does.
  var apartSince: Timestamp?
  /// When the centre is called next; nil while it is being called, or a session stands.
  var nextAttemptAt: Timestamp?
  /// Nil where there is no spool.
  var spool: SpoolStanding.Facts?
  /// Attendance terminals; empty where none are served.
  var terminals: [TerminalDesk.Terminal] = []
  var hasDefinitions: Bool
  var startedAt = Timestamp(milliseconds: 0)
  var now: Timestamp

  var findings: [Finding] { link + clock + disk + contents + backlog + aside + intake + attendance }

  /// With evidence that reads the same in both languages.
  func finding(
    _ code: FindingCode, _ severity: AlertsReply.Alert.Severity, subject: String? = nil, _ what: (String, String),
    evidence: String, consequence: (String, String), remedy: (String, String), since: Timestamp? = nil
  ) -> Finding {
    finding(
      code, severity, subject: subject, what, evidence: .verbatim(evidence), consequence: consequence, remedy: remedy,
      since: since)
  }

  func finding(
    _ code: FindingCode, _ severity: AlertsReply.Alert.Severity, subject: String? = nil, _ what: (String, String),
    evidence: BilingualText, consequence: (String, String), remedy: (String, String), since: Timestamp? = nil
  ) -> Finding {
    Finding(
      code, severity, subject: subject ?? node.text, BilingualText(id: what.0, en: what.1), evidence: evidence,
      consequence: BilingualText(id: consequence.0, en: consequence.1),
      remedy: BilingualText(id: remedy.0, en: remedy.1), since: since)
  }
}

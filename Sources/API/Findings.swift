/// What is wrong, and what to do about it: `GET /api/v1/doctor`.
package struct FindingsReply: Sendable, Codable, Equatable {
  package struct Finding: Sendable, Codable, Equatable {
    /// Stable word.
    package var code: String
    /// `critical`, `warning` or `info`.
    package var severity: String
    /// What it is about: a node, an endpoint, a file.
    package var subject: String
    package var what: String
    /// What was measured or said, as it was.
    package var evidence: String
    /// What happens as long as nothing is done.
    package var consequence: String
    package var remedy: String
    /// RFC 3339; absent where it is not known.
    package var since: String?

    package init(
      code: String, severity: String, subject: String, what: String, evidence: String, consequence: String,
      remedy: String, since: String? = nil
    ) {
      self.since = since
      self.code = code
      self.severity = severity
      self.subject = subject
      self.what = what
      self.evidence = evidence
      self.consequence = consequence
      self.remedy = remedy
    }

    /// Whether somebody has to do something.
    package var isProblem: Bool { severity != "info" }
  }

  /// The most severe first.
  package var findings: [Finding]

  package init(findings: [Finding]) { self.findings = findings }
}

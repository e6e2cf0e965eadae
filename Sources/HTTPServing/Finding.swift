package import API
package import Datasets

/// Something that a daemon found wrong with itself or its surroundings, in both languages. It holds no personal data.
package struct Finding: Sendable, Equatable {
  package let code: FindingCode
  package let severity: AlertsReply.Alert.Severity
  package let subject: String
  package let what: BilingualText
  /// What was measured or said, as it was.
  package let evidence: BilingualText
  package let consequence: BilingualText
  package let remedy: BilingualText
  /// Since when, where that is known.
  package let since: Timestamp?

  package init(
    _ code: FindingCode, _ severity: AlertsReply.Alert.Severity, subject: String, _ what: BilingualText,
    evidence: BilingualText, consequence: BilingualText, remedy: BilingualText, since: Timestamp? = nil
  ) {
    self.code = code
    self.severity = severity
    self.subject = subject
    self.what = what
    self.evidence = evidence
    self.consequence = consequence
    self.remedy = remedy
    self.since = since
  }
}

extension [Finding] {
  /// The most severe first, then by code and subject.
  fileprivate var mostSevereFirst: [Finding] {
    sorted { ($0.severity, $0.code.rawValue, $0.subject) < ($1.severity, $1.code.rawValue, $1.subject) }
  }
}

extension FindingsReply {
  /// The most severe first, then by code and subject.
  package init(_ findings: [HTTPServing.Finding], language: Language) {
    self.init(
      findings: findings.mostSevereFirst.map {
        Finding(
          code: $0.code.rawValue, severity: $0.severity.rawValue,
          // These may name a directory or a file, which people name, or what a system's error names.
          subject: IdentityNumbers.masked($0.subject), what: $0.what(language),
          evidence: IdentityNumbers.masked($0.evidence(language)), consequence: $0.consequence(language),
          remedy: IdentityNumbers.masked($0.remedy(language)), since: $0.since.map { InstantText.of($0) })
      })
  }
}

extension AlertsReply {
  /// What is wrong without what follows from it, the most severe first.
  package init(_ findings: [HTTPServing.Finding], language: Language) {
    self.init(
      alerts: findings.mostSevereFirst.map {
        Alert(
          code: $0.code.rawValue, severity: $0.severity, subject: IdentityNumbers.masked($0.subject),
          what: $0.what(language),
          since: $0.since.map { InstantText.of($0) })
      })
  }
}

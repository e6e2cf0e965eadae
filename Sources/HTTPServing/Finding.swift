package import API
package import Datasets

/// Something that a daemon found wrong with itself or its surroundings, in both languages.
package struct Finding: Sendable, Equatable {
  package let code: String
  package let severity: AlertsReply.Alert.Severity
  package let subject: String
  package let what: BilingualText
  /// What was measured or said, as it was.
  package let evidence: String
  package let consequence: BilingualText
  package let remedy: BilingualText

  package init(
    _ code: String, _ severity: AlertsReply.Alert.Severity, subject: String, _ what: BilingualText,
    evidence: String, consequence: BilingualText, remedy: BilingualText
  ) {
    self.code = code
    self.severity = severity
    self.subject = subject
    self.what = what
    self.evidence = evidence
    self.consequence = consequence
    self.remedy = remedy
  }
}

extension FindingsReply {
  /// The most severe first, then by code and subject.
  package init(_ findings: [HTTPServing.Finding], language: Language) {
    let sorted = findings.sorted { ($0.severity, $0.code, $0.subject) < ($1.severity, $1.code, $1.subject) }
    self.init(
      findings: sorted.map {
        Finding(
          code: $0.code, severity: $0.severity.rawValue, subject: $0.subject, what: $0.what(language),
          evidence: $0.evidence, consequence: $0.consequence(language), remedy: $0.remedy(language))
      })
  }
}

/// What needs somebody's attention now: `GET /api/v1/alerts`.
package struct AlertsReply: Sendable, Encodable, Equatable {
  package struct Alert: Sendable, Encodable, Equatable {
    package enum Severity: String, Sendable, Encodable, Comparable {
      case critical
      case warning
      case info

      package static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }

      private var rank: Int {
        switch self {
        case .critical: 0
        case .warning: 1
        case .info: 2
        }
      }
    }

    /// Stable word.
    package let code: String
    package let severity: Severity
    /// A node's name, or what else it is about.
    package let subject: String
    /// A sentence in the caller's language.
    package let what: String
    /// RFC 3339; nil when it is not known, written as null.
    package let since: String?

    package init(code: String, severity: Severity, subject: String, what: String, since: String?) {
      self.code = code
      self.severity = severity
      self.subject = subject
      self.what = what
      self.since = since
    }

    private enum CodingKeys: String, CodingKey {
      case code, severity, subject, what, since
    }

    package func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(code, forKey: .code)
      try container.encode(severity, forKey: .severity)
      try container.encode(subject, forKey: .subject)
      try container.encode(what, forKey: .what)
      try container.encode(since, forKey: .since)
    }
  }

  package let alerts: [Alert]

  package init(alerts: [Alert]) { self.alerts = alerts }
}

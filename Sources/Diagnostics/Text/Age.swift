package import Datasets

/// Times as people say them: how long ago.
package struct Age: Sendable {
  private let now: Timestamp
  private let language: Language

  package init(now: Timestamp, language: Language) {
    self.now = now
    self.language = language
  }

  /// `3 menit lalu`; a time that lies ahead: `3 menit lagi`.
  package func text(of time: Timestamp) -> String {
    let milliseconds = now.millisecondsSince(time)
    let seconds = (milliseconds.magnitude) / 1000
    if seconds < 5 { return language("baru saja", "just now") }
    let span = text(ofSeconds: seconds)
    return milliseconds < 0 ? language("\(span) lagi", "in \(span)") : language("\(span) lalu", "\(span) ago")
  }

  /// A daemon's RFC 3339 text as an age; what is no such text is shown as it came, nothing as a dash.
  package func text(of time: String?) -> String {
    guard let time else { return "-" }
    guard let instant = ZonedInstant(time, defaultOffsetMinutes: nil) else { return time }
    return text(of: instant.timestamp)
  }

  /// The time itself and its age: `2026-10-04T07:30:00+08:00 (3 menit lalu)`.
  package func full(_ time: String?) -> String {
    guard let time, let instant = ZonedInstant(time, defaultOffsetMinutes: nil) else { return time ?? "-" }
    return "\(time) (\(text(of: instant.timestamp)))"
  }

  /// The largest fitting unit, rounded down: `42 detik`, `3 menit`, `2 jam`, `5 hari`.
  package func text(ofSeconds seconds: UInt64) -> String {
    switch seconds {
    case ..<60: return unit(seconds, "detik", "second")
    case ..<3600: return unit(seconds / 60, "menit", "minute")
    case ..<86_400: return unit(seconds / 3600, "jam", "hour")
    default: return unit(seconds / 86_400, "hari", "day")
    }
  }

  private func unit(_ count: UInt64, _ indonesian: String, _ english: String) -> String {
    let number = Quantity(language: language).count(count)
    return language("\(number) \(indonesian)", "\(number) \(english)\(count == 1 ? "" : "s")")
  }
}

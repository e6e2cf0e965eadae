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
    if milliseconds < 0 {
      let span = text(ofSecondsLeft: seconds)
      return language("\(span) lagi", "in \(span)")
    }
    let span = text(ofSeconds: seconds)
    return language("\(span) lalu", "\(span) ago")
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

  /// The largest fitting unit, to the nearest: what was granted for three days a moment ago has three days left.
  private func text(ofSecondsLeft seconds: UInt64) -> String {
    func nearest(_ unit: UInt64) -> UInt64 { seconds / unit * unit + (seconds % unit * 2 >= unit ? unit : 0) }
    return text(
      ofSeconds: seconds < 60 ? seconds : nearest(nearest(60) < 3600 ? 60 : nearest(3600) < 86_400 ? 3600 : 86_400))
  }

  private func unit(_ count: UInt64, _ indonesian: String, _ english: String) -> String {
    let number = Quantity(language: language).count(count)
    return language("\(number) \(indonesian)", "\(number) \(english)\(count == 1 ? "" : "s")")
  }
}

import Datasets

/// How long ago something was, as people say it.
enum AgeWords {
  /// `3 menit lalu`; what lies ahead, because some clock is wrong, is `baru saja`.
  static func text(since time: Timestamp, now: Timestamp) -> BilingualText {
    let seconds = max(0, now.millisecondsSince(time)) / 1000
    switch seconds {
    case ..<10: return BilingualText(id: "baru saja", en: "just now")
    case ..<60: return ago(seconds, "detik", "second")
    case ..<3600: return ago(seconds / 60, "menit", "minute")
    case ..<86_400: return ago(seconds / 3600, "jam", "hour")
    default: return ago(seconds / 86_400, "hari", "day")
    }
  }

  private static func ago(_ count: Int64, _ indonesian: String, _ english: String) -> BilingualText {
    BilingualText(id: "\(count) \(indonesian) lalu", en: "\(count) \(english)\(count == 1 ? "" : "s") ago")
  }
}

/// Numbers and times as pages write them.
enum PageText {
  private static let months = BilingualMonths(
    indonesian: [
      "Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober",
      "November",
      "Desember",
    ],
    english: [
      "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
      "November",
      "December",
    ])

  private struct BilingualMonths {
    let indonesian: [String]
    let english: [String]
  }

  /// `12.345` in Indonesian, `12,345` in English.
  static func number(_ value: some BinaryInteger, _ language: Language) -> String {
    let digits = Array(String(value.magnitude))
    var output = value < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { output += language == .indonesian ? "." : "," }
      output.append(digit)
    }
    return output
  }

  /// `21 November 2026, 14.32.05 WITA`.
  static func moment(_ time: Timestamp, _ language: Language) -> String {
    let local = ZonedInstant(timestamp: time, offsetMinutes: ZonedInstant.witaOffsetMinutes).local
    let (year, month, day) = local.date.components
    let names = language == .indonesian ? months.indonesian : months.english
    let index = Int(month) - 1
    let name = names.indices.contains(index) ? names[index] : "\(month)"
    let seconds = local.milliseconds / 1000
    let parts = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
    return "\(day) \(name) \(year), \(parts.joined(separator: language == .indonesian ? "." : ":")) WITA"
  }
}

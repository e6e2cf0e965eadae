import Glibc
import Logging

/// The line a log event becomes on standard error: time, level, logger, message, then the metadata as sorted
/// `key=value` pairs. One event is one line, whatever its texts contain.
package enum LogLine {
  /// The line for `event`, ending in a line break.
  package static func render(_ event: RenderedEvent, time: String, colours: Bool) -> String {
    let name = event.level.rawValue.uppercased()
    let level = name + String(repeating: " ", count: max(0, 8 - name.count))
    var line = "\(time) \(level)"
    if colours { line = "\(dim)\(time)\(plain) \(colour(of: event.level))\(level)\(plain)" }
    line += " \(escaped(event.label, quoted: false)): \(escaped(event.message, quoted: false))"
    for field in event.fields {
      let key = escaped(field.key, quoted: false)
      let value = isBare(field.value) ? field.value : "\"\(escaped(field.value, quoted: true))\""
      line += colours ? " \(dim)\(key)=\(plain)\(value)" : " \(key)=\(value)"
    }
    return line + "\n"
  }

  /// The moment of the call, in local time.
  package static func now() -> String {
    var instant = timespec()
    clock_gettime(CLOCK_REALTIME, &instant)
    var local = tm()
    localtime_r(&instant.tv_sec, &local)
    return timestamp(
      seconds: instant.tv_sec, milliseconds: instant.tv_nsec / 1_000_000, offsetSeconds: local.tm_gmtoff)
  }

  /// RFC 3339 with milliseconds, for `seconds` since 1970 at a place `offsetSeconds` east of Greenwich.
  package static func timestamp(seconds: Int, milliseconds: Int, offsetSeconds: Int) -> String {
    var shifted = seconds + offsetSeconds
    var civil = tm()
    gmtime_r(&shifted, &civil)
    let year = padded(Int(civil.tm_year) + 1_900, 4)
    let date = "\(year)-\(padded(Int(civil.tm_mon) + 1, 2))-\(padded(Int(civil.tm_mday), 2))"
    let minute = "\(padded(Int(civil.tm_hour), 2)):\(padded(Int(civil.tm_min), 2))"
    let offset = abs(offsetSeconds) / 60
    let sign = offsetSeconds < 0 ? "-" : "+"
    let second = "\(padded(Int(civil.tm_sec), 2)).\(padded(milliseconds, 3))"
    return "\(date)T\(minute):\(second)\(sign)\(padded(offset / 60, 2)):\(padded(offset % 60, 2))"
  }

  private static let dim = "\u{1b}[2m"
  private static let plain = "\u{1b}[0m"

  private static func colour(of level: Logger.Level) -> String {
    switch level {
    case .trace, .debug: dim
    case .info: "\u{1b}[32m"
    case .notice: "\u{1b}[36m"
    case .warning: "\u{1b}[33m"
    case .error: "\u{1b}[31m"
    case .critical: "\u{1b}[1;31m"
    }
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  private static func isBare(_ value: String) -> Bool {
    !value.isEmpty
      && value.unicodeScalars.allSatisfy { scalar in
        !isHidden(scalar) && scalar != " " && scalar != "\"" && scalar != "=" && scalar != "\\"
      }
  }

  /// `text` without anything that could end the line, hide or reorder its text, or drive a terminal.
  private static func escaped(_ text: String, quoted: Bool) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n": escaped += "\\n"
      case "\r": escaped += "\\r"
      case "\t": escaped += "\\t"
      case "\"" where quoted: escaped += "\\\""
      case "\\" where quoted: escaped += "\\\\"
      case _ where isHidden(scalar): escaped += "\\u{\(String(scalar.value, radix: 16))}"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}

import CSystemd
import Glibc

/// Tells the service manager how this daemon is doing, over `sd_notify(3)`.
///
/// Does nothing when nobody supervises the process, so callers need not ask first. Callable from any thread.
package struct ServiceNotifier: Sendable {
  /// What became of one notification.
  package enum Delivery: Equatable, Sendable {
    /// The service manager's socket took the message.
    case delivered
    /// `NOTIFY_SOCKET` is not set: nobody supervises this process.
    case unsupervised
    /// The socket refused the message, with this `errno`.
    case failed(errno: Int32)
  }

  /// The longest status sentence that is sent whole, in bytes. The service manager drops messages over
  /// `PIPE_BUF` (4096 bytes) unread, so a long sentence is cut rather than lost.
  package static let statusBytesMax = 1_024

  /// How often the service manager wants to hear from us; nil when no watchdog is set for this process.
  package let watchdogInterval: Duration?

  private let send: @Sendable (String) -> Delivery

  /// Speaks to the service manager that started this process, if any.
  package init() {
    var microseconds: UInt64 = 0
    // 0: keep the environment, so that a second notifier of the same process works as well.
    let enabled = sd_watchdog_enabled(0, &microseconds)
    let bounded = Int64(clamping: microseconds)
    self.init(watchdogInterval: enabled > 0 && bounded > 0 ? .microseconds(bounded) : nil) { message in
      let result = sd_notify(0, message)
      if result > 0 { return .delivered }
      return result == 0 ? .unsupervised : .failed(errno: -result)
    }
  }

  /// Hands every message to `send`, in the form of `sd_notify(3)`.
  package init(watchdogInterval: Duration?, send: @escaping @Sendable (String) -> Delivery) {
    self.watchdogInterval = watchdogInterval
    self.send = send
  }

  /// Says that start-up is complete, optionally with a first status sentence.
  @discardableResult
  package func ready(status sentence: String? = nil) -> Delivery {
    send(Self.message("READY=1", status: sentence))
  }

  /// Shows one sentence in `systemctl status`.
  @discardableResult
  package func status(_ sentence: String) -> Delivery {
    send(Self.message(nil, status: sentence))
  }

  /// Says that an orderly stop has begun, optionally with what is still being finished.
  @discardableResult
  package func stopping(status sentence: String? = nil) -> Delivery {
    send(Self.message("STOPPING=1", status: sentence))
  }

  /// Feeds the watchdog. `WatchdogFeeder` alone should call this: it knows whether the daemon advances.
  @discardableResult
  package func watchdog() -> Delivery {
    send("WATCHDOG=1")
  }

  /// Asks for more time to start or stop, counted from now; repeat it before the time is over.
  @discardableResult
  package func extendTimeout(by duration: Duration) -> Delivery {
    let (seconds, attoseconds) = duration.components
    guard seconds >= 0, attoseconds >= 0 else { return .failed(errno: EINVAL) }
    let (product, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000)
    // An hour at a time is plenty; the bound also keeps a mistaken caller from disabling the limit.
    let microseconds =
      overflow ? 3_600_000_000 : min(product + UInt64(attoseconds / 1_000_000_000_000), 3_600_000_000)
    return send("EXTEND_TIMEOUT_USEC=\(microseconds)")
  }

  /// One message of `assignment` and status line, where the sentence cannot smuggle in assignments of its own.
  private static func message(_ assignment: String?, status sentence: String?) -> String {
    let status = sentence.map { "STATUS=" + singleLine($0) }
    return [assignment, status].compactMap(\.self).joined(separator: "\n")
  }

  private static func singleLine(_ sentence: String) -> String {
    var line = ""
    var bytes = 0
    for scalar in sentence.unicodeScalars {
      let isControl = scalar.properties.generalCategory == .control
      let kept: Unicode.Scalar = isControl ? " " : scalar
      bytes += UTF8.width(kept)
      guard bytes <= statusBytesMax else { break }
      line.unicodeScalars.append(kept)
    }
    return line
  }
}

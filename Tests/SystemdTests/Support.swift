import Logging
import Synchronization
import Systemd

/// Everything that was appended, from any thread, with waiting for a condition on it.
final class Recorder<Element: Sendable>: Sendable {
  private let elements = Mutex<[Element]>([])

  var all: [Element] { elements.withLock { $0 } }

  func append(_ element: Element) { elements.withLock { $0.append(element) } }

  /// Waits until what was recorded satisfies `condition`; false when that takes over ten seconds.
  func waits(for condition: ([Element]) -> Bool) async -> Bool {
    let end = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < end {
      if condition(all) { return true }
      try? await Task.sleep(for: .milliseconds(2))
    }
    return condition(all)
  }
}

extension Recorder where Element == String {
  /// A notifier whose messages are recorded here.
  func notifier(watchdogInterval: Duration? = nil) -> ServiceNotifier {
    ServiceNotifier(watchdogInterval: watchdogInterval) { message in
      self.append(message)
      return .delivered
    }
  }
}

/// A log event as a logger would hand it over.
func event(
  _ level: Logger.Level = .info, _ message: Logger.Message = "started", error: (any Error)? = nil,
  metadata: Logger.Metadata? = nil
) -> LogEvent {
  LogEvent(
    level: level, message: message, error: error, metadata: metadata, source: "Test",
    file: "Agent/Uplink.swift", function: "run()", line: 7)
}

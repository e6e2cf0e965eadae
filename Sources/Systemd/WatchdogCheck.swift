/// What one watchdog check found.
package enum WatchdogFinding: Equatable, Sendable {
  /// The part works: it made progress, or has nothing to do and answered.
  case advancing
  /// The part answered but does not advance; the sentence says what stands still.
  case stalled(String)
}

/// One named question whose answer proves that a part of the daemon still advances.
///
/// A good check goes through the part it asks about (a read transaction on the store, a turn of the socket
/// thread), so that a part which hangs cannot answer.
package struct WatchdogCheck: Sendable {
  /// The part's name, as it appears in the log and in `systemctl status`.
  package let name: String
  /// Asks the part. Should honour cancellation; may hang when the part does.
  package let ask: @Sendable () async -> WatchdogFinding

  /// A check of the part called `name`.
  package init(name: String, ask: @escaping @Sendable () async -> WatchdogFinding) {
    self.name = name
    self.ask = ask
  }
}

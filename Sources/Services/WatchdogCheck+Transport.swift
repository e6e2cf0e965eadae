package import Systemd
package import Transport

extension WatchdogCheck {
  /// The socket thread goes round its loop when it is poked.
  package static func turning(_ thread: SocketThread) -> WatchdogCheck {
    WatchdogCheck(name: "socket thread") {
      let before = thread.heartbeat.turns
      thread.poke()
      while thread.heartbeat.turns == before {
        do { try await Task.sleep(for: .milliseconds(20)) } catch { return .stalled("the socket thread did not turn") }
      }
      return .advancing
    }
  }
}

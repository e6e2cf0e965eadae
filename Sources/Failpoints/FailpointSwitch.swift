import Glibc
import Synchronization

/// Which failpoint this process is to die at.
package enum FailpointSwitch {
  /// Safe because it is written once, before `armed` says so, and only read afterwards.
  private nonisolated(unsafe) static var order: FailpointOrder?
  private static let armed = Atomic(false)
  private static let passings = Atomic(0)

  /// Takes what the environment asks for, once, before the daemon does anything.
  ///
  /// - Throws: `FailpointProblem`; the daemon does not start then.
  package static func arm(_ environment: [String: String]) throws(FailpointProblem) {
    guard !armed.load(ordering: .acquiring), let asked = try FailpointOrder.read(environment) else { return }
    order = asked
    armed.store(true, ordering: .releasing)
  }

  package static var isArmed: Bool { armed.load(ordering: .acquiring) }

  /// Whether the process is to die at this place, at whichever passing.
  package static func isArmed(for failpoint: Failpoint) -> Bool { isArmed && order?.failpoint == failpoint }

  package static func passed(_ failpoint: Failpoint) {
    guard let order, order.failpoint == failpoint,
      passings.add(1, ordering: .relaxed).newValue == order.passing
    else { return }
    die(order)
  }

  /// Says where it is, in one write, and ends this process as the kernel would for another: nothing is flushed, closed or
  /// told.
  private static func die(_ order: FailpointOrder) -> Never {
    let words = Array("failpoint \(order.text)\n".utf8)
    _ = write(STDERR_FILENO, words, words.count)
    kill(getpid(), SIGKILL)
    // The signal is on its way to all threads; this one goes no further meanwhile.
    while true { pause() }
  }
}

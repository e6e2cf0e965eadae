package import Logging

/// Feeds the service manager's watchdog as long as every part of the daemon advances.
///
/// A process that merely runs proves nothing: a stuck writer or a dead socket thread must let the watchdog
/// bite, because a restart loses nothing here and a silent standstill does.
package struct WatchdogFeeder: Sendable {
  private enum Occurrence: Sendable {
    case roundDue
    case finished(Int, WatchdogFinding)
    case deadlinePassed(UInt64)
  }

  private let checks: [WatchdogCheck]
  private let notifier: ServiceNotifier
  private let deadline: Duration?
  private let logger: Logger
  private let clock: any Clock<Duration>

  /// A feeder that asks `checks` twice per watchdog interval.
  ///
  /// `deadline` bounds one round; by default a quarter of the interval, so that the time between two feeds
  /// stays at three quarters of it when parts are slow but alive.
  package init(
    checks: [WatchdogCheck], notifier: ServiceNotifier, deadline: Duration? = nil, logger: Logger,
    clock: any Clock<Duration> = ContinuousClock()
  ) {
    precondition(!checks.isEmpty, "a watchdog without checks would vouch for a daemon it does not look at")
    self.checks = checks
    self.notifier = notifier
    self.deadline = deadline
    self.logger = logger
    self.clock = clock
  }

  /// Runs until its task is cancelled; without a watchdog it only waits for that.
  ///
  /// Never waits for a check that hangs, so cancelling always ends it.
  package func run() async {
    let (occurrences, inbox) = AsyncStream<Occurrence>.makeStream()
    guard let interval = notifier.watchdogInterval else {
      for await _ in occurrences {}
      return
    }
    let deadline = deadline ?? interval / 4
    var rounds = WatchdogRounds(names: checks.map(\.name), deadline: deadline)
    var asked: [Task<Void, Never>?] = Array(repeating: nil, count: checks.count)
    var timer: Task<Void, Never>?
    var complaints: [WatchdogComplaint] = []
    defer {
      timer?.cancel()
      for task in asked { task?.cancel() }
    }
    inbox.yield(.roundDue)
    for await occurrence in occurrences {
      let verdict: WatchdogVerdict?
      switch occurrence {
      case .roundDue:
        for index in rounds.roundBegan() { asked[index] = ask(index, inbox) }
        timer = wake(after: deadline, with: .deadlinePassed(rounds.number), inbox)
        verdict = nil
      case .finished(let index, let finding): verdict = rounds.checkFinished(index, finding)
      case .deadlinePassed(let number): verdict = rounds.deadlinePassed(number)
      }
      guard let verdict else { continue }
      timer?.cancel()
      let found = carryOut(verdict, after: complaints)
      complaints = found
      // After a bad round the next one comes soon: a part that recovers within the interval is not killed.
      timer = wake(after: found.isEmpty ? interval / 2 : interval / 10, with: .roundDue, inbox)
    }
  }

  /// Feeds or withholds, and says so once per change; answers with the complaints that now stand.
  private func carryOut(
    _ verdict: WatchdogVerdict, after previous: [WatchdogComplaint]
  ) -> [WatchdogComplaint] {
    switch verdict {
    case .feed:
      if case .failed(let code) = notifier.watchdog() {
        logger.error("the watchdog could not be fed", metadata: ["errno": "\(code)"])
      }
      if !previous.isEmpty {
        logger.notice("the watchdog is fed again: every part advances")
        notifier.status("Berjalan lagi: semua bagian maju")
      }
      return []
    case .withhold(let complaints):
      if complaints != previous {
        let why = complaints.map { "\($0.check): \($0.reason)" }.joined(separator: "; ")
        logger.error("the watchdog is not fed", metadata: ["why": "\(why)"])
        notifier.status("Macet, akan dimulai ulang: \(why)")
      }
      return complaints
    }
  }

  // Unstructured on purpose: a task group would wait for a check that hangs, which is the very case the
  // watchdog is for. At most one task per check and one timer exist, and `run` cancels them when it ends.
  private func ask(
    _ index: Int, _ inbox: AsyncStream<Occurrence>.Continuation
  ) -> Task<Void, Never> {
    let check = checks[index]
    return Task { inbox.yield(.finished(index, await check.ask())) }
  }

  private func wake(
    after delay: Duration, with occurrence: Occurrence, _ inbox: AsyncStream<Occurrence>.Continuation
  ) -> Task<Void, Never> {
    Task { [clock] in
      guard (try? await clock.sleep(for: delay)) != nil else { return }
      inbox.yield(occurrence)
    }
  }
}

import Logging
import Synchronization
import Systemd
import Testing

@Suite struct WatchdogFeederTests {
  private let sent = Recorder<String>()
  private let logged = Recorder<String>()

  /// A feeder whose deadline no healthy check misses on a busy machine, unless the test asks for a short one.
  private func feeder(
    interval: Duration? = .milliseconds(100), deadline: Duration = .seconds(60), _ checks: [WatchdogCheck]
  ) -> WatchdogFeeder {
    let logged = logged
    let logger = Logger(label: "watchdog") { _ in RecordingHandler(lines: logged) }
    return WatchdogFeeder(
      checks: checks, notifier: sent.notifier(watchdogInterval: interval), deadline: deadline, logger: logger)
  }

  /// Runs `feeder` while `body` looks at it, then cancels it; `run` must then return.
  private func running(_ feeder: WatchdogFeeder, _ body: () async -> Void) async {
    let task = Task { await feeder.run() }
    await body()
    task.cancel()
    await task.value
  }

  @Test func `the watchdog is fed again and again while every part advances`() async {
    let advancing = WatchdogCheck(name: "store") { .advancing }
    await running(feeder([advancing])) {
      #expect(await sent.waits { $0.count >= 3 })
    }
    #expect(sent.all.allSatisfy { $0 == "WATCHDOG=1" })
    #expect(logged.all.isEmpty)
  }

  @Test func `a check that hangs starves the watchdog, and the reason is told once`() async {
    let asked = Recorder<Int>()
    let gate = Gate()
    let checks = [
      WatchdogCheck(name: "store") {
        asked.append(1)
        return .advancing
      },
      WatchdogCheck(name: "transport") {
        await gate.wait()
        return .advancing
      },
    ]
    await running(feeder(deadline: .milliseconds(50), checks)) {
      // Three rounds of the healthy check: the hanging one was given up more than once by then.
      #expect(await asked.waits { $0.count >= 3 })
      let why = "transport: did not answer within 0.05 seconds"
      #expect(sent.all.count { $0 == "STATUS=Macet, akan dimulai ulang: \(why)" } == 1)
      #expect(logged.all.count { $0 == "error the watchdog is not fed \(why)" } == 1)
      #expect(!sent.all.contains("WATCHDOG=1"))
      gate.open()
      #expect(await sent.waits { $0.contains("WATCHDOG=1") })
      #expect(await logged.waits { $0.contains("notice the watchdog is fed again: every part advances") })
    }
  }

  @Test func `a part that reports standstill starves the watchdog`() async {
    let stalled = WatchdogCheck(name: "uplink") { .stalled("position 41 for 5 minutes") }
    await running(feeder([stalled])) {
      #expect(await sent.waits { !$0.isEmpty })
    }
    #expect(sent.all == ["STATUS=Macet, akan dimulai ulang: uplink: position 41 for 5 minutes"])
  }

  @Test func `cancelling ends a feeder whose check never comes back`() async {
    let gate = Gate()
    let asked = Recorder<Int>()
    let hanging = WatchdogCheck(name: "store") {
      asked.append(1)
      await gate.wait()
      return .advancing
    }
    await running(feeder([hanging])) {
      #expect(await asked.waits { !$0.isEmpty })
    }
    gate.open()
  }

  @Test func `without a watchdog nothing is asked until the end`() async {
    let asked = Recorder<Int>()
    let ended = Recorder<Bool>()
    let check = WatchdogCheck(name: "store") {
      asked.append(1)
      return .advancing
    }
    let feeder = feeder(interval: nil, [check])
    let task = Task {
      await feeder.run()
      ended.append(Task.isCancelled)
    }
    for _ in 0..<1_000 { await Task.yield() }
    #expect(ended.all.isEmpty)
    task.cancel()
    await task.value
    #expect(ended.all == [true])
    #expect(asked.all.isEmpty)
    #expect(sent.all.isEmpty)
  }

  @Test func `a loop that stops beating is reported with its age`() async {
    let now = Mutex(Duration.seconds(100))
    let clock: @Sendable () -> Duration = { now.withLock { $0 } }
    let heartbeat = Heartbeat(name: "uplink", limit: .seconds(20), now: clock)
    now.withLock { $0 += .seconds(20) }
    #expect(await heartbeat.check.ask() == .advancing)
    now.withLock { $0 += .seconds(5) }
    #expect(await heartbeat.check.ask() == .stalled("no turn for 25 s"))
    heartbeat.beat()
    #expect(await heartbeat.check.ask() == .advancing)
  }
}

/// Holds whoever waits, cancelled or not, until it is opened: a part that hangs.
private final class Gate: Sendable {
  private struct State {
    var isOpen = false
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  func wait() async {
    await withCheckedContinuation { continuation in
      let isOpen = state.withLock { state in
        if !state.isOpen { state.waiting.append(continuation) }
        return state.isOpen
      }
      if isOpen { continuation.resume() }
    }
  }

  func open() {
    let waiting = state.withLock { state in
      state.isOpen = true
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume() }
  }
}

private struct RecordingHandler: LogHandler {
  let lines: Recorder<String>
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?
  var logLevel = Logger.Level.trace

  init(lines: Recorder<String>) { self.lines = lines }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let values = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { " \($0.value)" }.joined()
    lines.append("\(event.level) \(event.message)\(values)")
  }
}

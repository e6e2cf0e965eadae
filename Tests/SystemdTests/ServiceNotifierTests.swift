import Glibc
import Systemd
import Testing

@Suite struct ServiceNotifierTests {
  @Test func `without a service manager nothing is sent and nothing fails`() async {
    await #expect(processExitsWith: .success) {
      unsetenv("NOTIFY_SOCKET")
      unsetenv("WATCHDOG_USEC")
      let notifier = ServiceNotifier()
      #expect(notifier.watchdogInterval == nil)
      #expect(notifier.ready() == .unsupervised)
      #expect(notifier.watchdog() == .unsupervised)
    }
  }

  // In a process of its own, because the environment belongs to the whole process.
  @Test func `the service manager's socket receives readiness, status, life signs and the end`() async {
    await #expect(processExitsWith: .success) {
      let socket = try NotifySocket()
      setenv("NOTIFY_SOCKET", socket.path, 1)
      setenv("WATCHDOG_USEC", "30000000", 1)
      setenv("WATCHDOG_PID", "\(getpid())", 1)
      let notifier = ServiceNotifier()
      #expect(notifier.watchdogInterval == .seconds(30))
      #expect(notifier.ready(status: "38 nodes enrolled") == .delivered)
      #expect(socket.receive() == "READY=1\nSTATUS=38 nodes enrolled")
      notifier.status("Catching up")
      #expect(socket.receive() == "STATUS=Catching up")
      notifier.watchdog()
      #expect(socket.receive() == "WATCHDOG=1")
      notifier.extendTimeout(by: .milliseconds(2_500))
      #expect(socket.receive() == "EXTEND_TIMEOUT_USEC=2500000")
      notifier.stopping()
      #expect(socket.receive() == "STOPPING=1")
      #expect(socket.receive() == nil)
      socket.close()
      guard case .failed = notifier.watchdog() else {
        Issue.record("a socket that is gone must be reported")
        return
      }
    }
  }

  @Test func `a watchdog meant for another process is not ours`() async {
    await #expect(processExitsWith: .success) {
      setenv("WATCHDOG_USEC", "30000000", 1)
      setenv("WATCHDOG_PID", "1", 1)
      #expect(ServiceNotifier().watchdogInterval == nil)
    }
  }

  @Test func `a status sentence cannot carry assignments of its own`() {
    let sent = Recorder<String>()
    sent.notifier().status("bad name\nMAINPID=1\r\u{0}")
    #expect(sent.all == ["STATUS=bad name MAINPID=1  "])
  }

  @Test func `a long status sentence is cut between characters, not lost`() {
    let sent = Recorder<String>()
    sent.notifier().status(String(repeating: "é", count: 4_000))
    #expect(sent.all == ["STATUS=" + String(repeating: "é", count: ServiceNotifier.statusBytesMax / 2)])
  }

  @Test(arguments: [
    (Duration.zero, "EXTEND_TIMEOUT_USEC=0"), (.seconds(90), "EXTEND_TIMEOUT_USEC=90000000"),
    (.seconds(Int64.max), "EXTEND_TIMEOUT_USEC=3600000000"),
  ])
  func `more time is asked for in microseconds, at most an hour`(time: Duration, expected: String) {
    let sent = Recorder<String>()
    sent.notifier().extendTimeout(by: time)
    #expect(sent.all == [expected])
  }

  @Test func `negative time is refused`() {
    let sent = Recorder<String>()
    #expect(sent.notifier().extendTimeout(by: .seconds(-1)) == .failed(errno: EINVAL))
    #expect(sent.all.isEmpty)
  }
}

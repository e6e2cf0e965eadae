import Glibc
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Transport

extension TransportTests {
  @Suite struct SocketThreadTests {
    let logger = Logger(label: "test")

    @Test func `starting and stopping with live links leaks no descriptor and no thread`() async throws {
      // In a process of its own: other tests open and close files meanwhile.
      await #expect(processExitsWith: .success) {
        let logger = Logger(label: "test")
        try await SocketThreadTests.once(logger)
        let descriptors = try entries(of: "/proc/self/fd")
        for _ in 0..<50 { try await SocketThreadTests.once(logger) }
        try #require(try entries(of: "/proc/self/fd") == descriptors)
        let names = try threadNames()
        try #require(names.allSatisfy { !$0.hasPrefix("leak-") && !$0.hasPrefix("ZMQbg") }, "\(names)")
      }
    }

    /// A life of a pair: connect, talk, leave a stranger waiting, stop without closing anything.
    private static func once(_ logger: Logger) async throws {
      let centreThread = try SocketThread.start(name: "leak-c", logger: logger)
      let nodeThread = try SocketThread.start(name: "leak-n", logger: logger)
      let centre = CentreLink(thread: centreThread)
      let centreKeys = try CurveKeyPair.generate()
      let keys = try CurveKeyPair.generate()
      await centre.setAuthorised([keys.publicKey: "n"])
      try await centre.bind(listen: "tcp://127.0.0.1:*", keys: centreKeys)
      let endpoint = try #require(await centre.boundEndpoint)
      let link = NodeLink(thread: nodeThread)
      try await link.open(endpoint: endpoint, serverKey: centreKeys.publicKey, keys: keys)
      let stranger = NodeLink(thread: nodeThread)
      try await stranger.open(endpoint: endpoint, serverKey: keys.publicKey, keys: keys)
      try await link.untilConnected()
      try await link.sendAll([bytes("hello")])
      _ = try await centre.messages(1)
      await centreThread.stop()
      await nodeThread.stop()
    }

    @Test func `the heartbeat advances when poked`() async throws {
      let thread = try SocketThread.start(logger: logger)
      let before = thread.heartbeat
      thread.poke()
      try await eventually("the thread turns on") {
        thread.heartbeat.turns > before.turns && thread.heartbeat.at >= before.at
      }
      await thread.stop()
      thread.poke()
    }

    @Test func `a job that blocks the thread shows in the heartbeat`() async throws {
      let thread = try SocketThread.start(logger: logger)
      let gate = Gate()
      thread.perform { gate.wait() }
      try await eventually("it waits at the gate") { gate.isWaiting }
      let stuck = thread.heartbeat
      thread.poke()
      thread.poke()
      #expect(thread.heartbeat == stuck)
      gate.open()
      try await eventually("it turns again") { thread.heartbeat.turns > stuck.turns }
      await thread.stop()
    }

    @Test func `closures run on the thread, in order, one at a time`() async throws {
      let thread = try SocketThread.start(logger: logger)
      let seen = Mutex<[Int]>([])
      for number in 0..<1_000 {
        thread.perform {
          thread.checkIsolated()
          seen.withLock { $0.append(number) }
        }
      }
      try await eventually("all have come") { seen.withLock { $0.count } == 1_000 }
      #expect(seen.withLock { $0 } == Array(0..<1_000))
      #expect(!thread.isCurrent)
      await thread.stop()
    }

    @Test func `after the stop links answer instead of hanging`() async throws {
      let thread = try SocketThread.start(logger: logger)
      let link = NodeLink(thread: thread)
      let centre = CentreLink(thread: thread)
      let keys = try CurveKeyPair.generate()
      async let waiting = link.receive()
      await thread.stop()
      await thread.stop()
      #expect(await waiting == [])
      #expect(await link.receive() == [])
      #expect(await centre.receive() == [])
      #expect(try await link.send([[1]]) == 0)
      await link.close()
      await #expect {
        try await link.open(endpoint: "tcp://127.0.0.1:1", serverKey: keys.publicKey, keys: keys)
      } throws: {
        ($0 as? TransportError)?.code == .stopped
      }
      await #expect { try await centre.bind(listen: "tcp://127.0.0.1:*", keys: keys) } throws: {
        ($0 as? TransportError)?.code == .stopped
      }
      // Many at once, so that the late jobs cross each other.
      await withTaskGroup(of: Int.self) { group in
        for _ in 0..<200 { group.addTask { await link.counters.inboxBytes } }
        for await bytes in group { #expect(bytes == 0) }
      }
    }

    @Test func `a stop tells a connected link and then ends its events`() async throws {
      try await Fixture.with { fixture in
        let keys = try CurveKeyPair.generate()
        await fixture.centre.setAuthorised([keys.publicKey: "n"])
        let link = try await fixture.connected(keys)
        await fixture.nodeThread.stop()
        #expect(await link.receive() == [.disconnected(reason: "the socket thread stopped")])
        #expect(await link.receive() == [])
      }
    }
  }
}

/// Holds a thread until it is opened; blocking is the point of the test that uses it.
final class Gate: Sendable {
  private let state = Mutex((waiting: false, open: false))

  var isWaiting: Bool { state.withLock { $0.waiting } }

  func open() { state.withLock { $0.open = true } }

  func wait() {
    state.withLock { $0.waiting = true }
    while !state.withLock({ $0.open }) { usleep(500) }
  }
}

/// How many entries a directory of procfs has.
func entries(of path: String) throws -> Int { try names(in: path).count }

func threadNames() throws -> [String] {
  try names(in: "/proc/self/task").compactMap { task in
    guard let file = fopen("/proc/self/task/\(task)/comm", "r") else { return nil }
    defer { fclose(file) }
    var line = [UInt8](repeating: 0, count: 64)
    let count = fread(&line, 1, line.count, file)
    return String(decoding: line[..<max(0, count - 1)], as: UTF8.self)
  }
}

private func names(in path: String) throws -> [String] {
  guard let directory = opendir(path) else { throw TransportError.system(.socket, path) }
  defer { closedir(directory) }
  var all: [String] = []
  while let entry = readdir(directory) {
    let name = withUnsafeBytes(of: entry.pointee.d_name) { raw in
      String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
    }
    if !name.hasPrefix(".") { all.append(name) }
  }
  return all
}

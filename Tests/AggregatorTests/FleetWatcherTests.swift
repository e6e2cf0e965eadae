import CentreStorage
import Datasets
import Foundation
import Logging
import Machine
import Settings
import Synchronization
import TestSupport
import Testing

@testable import Aggregator

@Suite struct FleetWatcherTests {
  /// Keeps what is logged as an error, and how often a fleet came into force.
  private final class Errors: Sendable {
    let lines = Mutex<[String]>([])
    let changes = Mutex(0)
  }

  private struct Handler: LogHandler {
    let errors: Errors
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    init(_ errors: Errors) { self.errors = errors }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      if event.level == .error { errors.lines.withLock { $0.append("\(event.message)") } }
    }
  }

  @Test func `a profile that vanishes under an enrolled office is not taken for a decision`() async throws {
    let manager = FileManager.default
    let root = manager.temporaryDirectory.appendingPathComponent("simpul-watch-\(UUID())")
    defer { try? manager.removeItem(at: root) }
    try manager.createDirectory(at: root, withIntermediateDirectories: true)
    let agents = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("agents")
    let copy = root.appendingPathComponent("agents")
    try manager.copyItem(at: agents, to: copy)
    let store = try CentreStore.open(
      path: root.path + "/centre.sqlite", fleetKeySecret: MachineFacts.randomBytes(32),
      random: MachineFacts.random64(), now: MachineClock.wall())
    let errors = Errors()
    let watcher = try await FleetWatcher(
      directory: copy.path, datasetsDirectory: copy.path + "/datasets", store: store,
      language: .english, logger: Logger(label: "watch") { _ in Handler(errors) })
    let node = try #require(NodeName("setda"))
    let key = String(repeating: "0", count: 40)
    let invitation = try await store.invite(
      node, publicKey: String(repeating: "1", count: 40), expires: MachineClock.wall().advanced(byMilliseconds: 60_000),
      now: MachineClock.wall())
    _ = try await store.enrol(invitation, publicKey: key, now: MachineClock.wall())
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        await watcher.run(every: .milliseconds(20)) { errors.changes.withLock { $0 += 1 } }
      }
      let profile = copy.appendingPathComponent("skpd/setda.toml")
      let text = try String(contentsOf: profile, encoding: .utf8)
      try manager.removeItem(at: profile)
      try await eventually("the missing profile is refused") {
        errors.lines.withLock { lines in lines.contains { $0.contains("setda") && $0.contains("nodes revoke") } }
      }
      #expect(watcher.current.profile(of: node) != nil)
      #expect(errors.changes.withLock { $0 } == 0)
      let reason = try #require(watcher.problem?.places.first?.reason)
      #expect(reason.english.contains("is gone") && reason.english.contains("nodes revoke"))
      #expect(reason.indonesian.contains("tidak ada lagi") && reason.indonesian.contains("nodes revoke"))
      // A line that is wrong is named with its file.
      try (text + "\nwarna = 1\n").write(to: profile, atomically: true, encoding: .utf8)
      try await eventually("the wrong line is named") {
        watcher.problem?.places.contains {
          $0.subject.contains("skpd/setda.toml:") && $0.reason.indonesian.contains("warna: kunci tidak dikenal")
        }
          == true
      }
      // Whole again, with a change that is meant.
      try (text + "\n# dilihat ulang\n").write(to: profile, atomically: true, encoding: .utf8)
      try await eventually("the whole fleet is in force") { errors.changes.withLock { $0 } == 1 }
      #expect(watcher.problem == nil)
      // Nobody touches a file when an office is revoked, and that is the other way to end it.
      try manager.removeItem(at: profile)
      try await eventually("the missing profile is refused again") { watcher.problem != nil }
      try await store.revoke(node, now: MachineClock.wall())
      try await eventually("nobody misses it any more") { errors.changes.withLock { $0 } == 2 }
      group.cancelAll()
    }
    try store.close()
  }
}

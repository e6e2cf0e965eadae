import API
import Datasets
import Foundation
import TestSupport
import Testing

@testable import Diagnostics

/// A disk that fails to bring to the medium what was written (fsync(2), EIO), under real daemons (ADR 0036).
@Suite(.serialized) struct SyncFailureTests {
  @Test func `an office whose disk fails to sync answers no record as stored, says so, and loses nothing it answered`()
    async throws
  {
    try await RealFleet.run { fleet in
      let disk = try await FailingDisk.build(fleet)
      let office = try await fleet.open("setda")
      await fleet.stop(office)
      try await fleet.start(office, by: disk.wrapper)
      try await office.punch(0..<10)
      try await fleet.agree([office], on: ["attendance"])

      try disk.fail()
      await #expect(throws: (any Error).self) { try await office.punch(10..<20) }
      #expect(disk.failures.contains { $0.hasSuffix("/agent.sqlite-wal") }, "\(disk.failures)")
      #expect(try await fleet.problems(of: office).contains("store_failing"))
      #expect(await office.daemon.plain("/readyz")?.status == 503)
      // The same process goes on once the disk does.
      try disk.work()
      try await office.punch(20..<30)
      try await fleet.agree([office], on: ["attendance"])
      try await eventually("nothing is wrong any more") {
        try await !fleet.problems(of: office).contains("store_failing")
      }

      try disk.fail()
      await #expect(throws: (any Error).self) { try await office.punch(30..<40) }
      // Its log holds the commit that failed; the next process finds it there.
      try await fleet.kill(office.name.text)
      try disk.work()
      try await fleet.start(office, by: disk.wrapper)
      try await office.punch(40..<50)
      try await fleet.agree([office], on: ["attendance"])
      let pins = try await fleet.query("SELECT pin FROM attendance").compactMap { Int($0) }
      #expect(pins.count == Set(pins).count)
      #expect(Set(pins).isSuperset(of: [Range(0...9), 20..<30, 40..<50].joined()), "\(pins)")
    }
  }

  @Test func `a centre whose disk fails to sync acknowledges nothing, says so, and then takes everything once`()
    async throws
  {
    try await RealFleet.run { fleet in
      let disk = try await FailingDisk.build(fleet)
      let office = try await fleet.open("setda")
      try await office.punch(0..<10)
      try await fleet.agree([office], on: ["attendance"])
      try await fleet.kill(RealFleet.centreName)
      try await fleet.startCentre(by: disk.wrapper)
      try await eventually("the office is back") { try await office.daemon.status().state == "online" }

      for last in [60, 110] {
        try disk.fail()
        let failures = disk.failures.count
        try await office.punch(last - 50..<last)
        try await eventually("the centre has tried to store it") {
          disk.failures.dropFirst(failures).contains { $0.hasSuffix("/aggregator.sqlite-wal") }
        }
        try await eventually("the centre says so") {
          try await fleet.problems(fleet.layout.centreSocket).contains("store_failing")
        }
        #expect(try await office.daemon.status().backlog?.changes == 50)
        // Once the same process goes on, once another that finds in the log what failed.
        if last == 110 { try await fleet.kill(RealFleet.centreName) }
        try disk.work()
        if last == 110 { try await fleet.startCentre(by: disk.wrapper) }
        try await fleet.agree([office], on: ["attendance"])
        let pins = try await fleet.query("SELECT pin FROM attendance").compactMap { Int($0) }
        #expect(pins.sorted() == Array(0..<last))
      }
    }
  }
}

/// What makes fsync(2) fail in a program while a file exists (`failsync.c`).
private struct FailingDisk {
  private let library: String
  private let control: String

  static func build(_ fleet: RealFleet) async throws -> FailingDisk {
    let disk = FailingDisk(library: fleet.layout.root + "/failsync.so", control: fleet.layout.root + "/failsync")
    let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("failsync.c").path
    let log = fleet.layout.root + "/failsync.txt"
    let end = try await fleet.processes.run(
      DemoProgram(
        name: "gcc", path: "/usr/bin/env", arguments: ["gcc", "-shared", "-fPIC", "-o", disk.library, source, "-ldl"],
        logPath: log))
    guard end.isSuccess else {
      throw TestFailure("gcc: \(end.text) \((try? String(contentsOfFile: log, encoding: .utf8)) ?? "")")
    }
    return disk
  }

  /// Runs a program on it.
  var wrapper: [String] {
    // A sanitizer may have a library of its own there.
    let others = ProcessInfo.processInfo.environment["LD_PRELOAD"].map { ":" + $0 } ?? ""
    return ["/usr/bin/env", "LD_PRELOAD=\(library)\(others)", "FAILSYNC=\(control)"]
  }

  func fail() throws { try Data().write(to: URL(fileURLWithPath: control)) }
  func work() throws { try FileManager.default.removeItem(atPath: control) }

  /// The files that were not synced, one for each call that failed.
  var failures: [Substring] {
    ((try? String(contentsOfFile: control + ".log", encoding: .utf8)) ?? "").split(separator: "\n")
  }
}

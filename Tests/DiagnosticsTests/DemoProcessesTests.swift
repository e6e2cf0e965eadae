import Foundation
import TestSupport
import Testing

@testable import Diagnostics

@Suite struct DemoProcessesTests {
  @Test func `a program's output goes to its log and its code comes back`() async throws {
    let directory = try Scratch()
    let end = try await DemoProcesses.supervising(environment: ["WORD": "halo"]) { processes in
      try await processes.run(
        program(
          "greeter", "read line; echo \"$WORD $line\"; echo oops >&2; exit 7", directory, input: "dunia\n"))
    }
    #expect(end.exitCode == 7)
    #expect(!end.isSuccess)
    #expect(directory.text("greeter.log") == "halo dunia\noops\n")
    #expect(DemoContext.lastLine(of: directory.path + "/greeter.log") == "oops")
  }

  @Test func `no program outlives the supervision, the last one ends last`() async throws {
    let directory = try Scratch()
    let order = directory.path + "/order"
    let processIDs = try await DemoProcesses.supervising(environment: [:]) { processes in
      try await processes.start(sleeper("centre", directory, isLast: true, onEnd: "echo centre >> \(order)"))
      for name in ["a", "b"] {
        try await processes.start(sleeper(name, directory, isLast: false, onEnd: "echo office >> \(order)"))
      }
      try await eventually("all of them to listen to signals") {
        ["centre", "a", "b"].allSatisfy { directory.text("\($0).log") == "up\n" }
      }
      return await processes.processIDs
    }
    #expect(processIDs.count == 3)
    for processID in processIDs.values { #expect(kill(processID, 0) == -1) }
    #expect(directory.text("order") == "office\noffice\ncentre\n")
  }

  @Test func `who does not want to end is killed`() async throws {
    let directory = try Scratch()
    let processIDs = try await DemoProcesses.supervising(environment: [:], grace: .milliseconds(200)) {
      processes in
      let stubborn = program(
        "stubborn", "trap '' TERM; echo up; while :; do /bin/sleep 0.05; done", directory)
      try await processes.start(stubborn)
      try await eventually("it to run") { directory.text("stubborn.log") == "up\n" }
      return await processes.processIDs
    }
    for processID in processIDs.values { #expect(kill(processID, 0) == -1) }
  }

  @Test func `programs end when the body throws`() async throws {
    struct Failure: Error {}
    let directory = try Scratch()
    await #expect(throws: Failure.self) {
      try await DemoProcesses.supervising(environment: [:]) { processes in
        try await processes.start(sleeper("a", directory, isLast: false, onEnd: "echo ended"))
        try await eventually("it to run") { directory.text("a.log") == "up\n" }
        throw Failure()
      }
    }
    #expect(directory.text("a.log") == "up\nended\n")
  }

  @Test func `a program that was to stay and ended is told of`() async throws {
    let directory = try Scratch()
    try await DemoProcesses.supervising(environment: [:]) { processes in
      _ = try await processes.run(program("short", "exit 3", directory))
      #expect(await processes.unexpectedEnd == nil)
      try await processes.start(program("daemon", "exit 78", directory))
      try await eventually("its end to be seen") { await processes.unexpectedEnd != nil }
      #expect(await processes.unexpectedEnd?.exitCode == 78)
      #expect(await processes.unexpectedEnd?.name == "daemon")
    }
  }

  @Test func `a program that was stopped is no surprise`() async throws {
    let directory = try Scratch()
    try await DemoProcesses.supervising(environment: [:]) { processes in
      try await processes.start(sleeper("a", directory, isLast: false, onEnd: "exit 5"))
      try await eventually("it to run") { directory.text("a.log") == "up\n" }
      await processes.stop("a")
      #expect(await processes.unexpectedEnd == nil)
      #expect(await processes.processIDs.isEmpty)
    }
  }

  @Test func `a program that is not there is an error`() async throws {
    let directory = try Scratch()
    await #expect(throws: (any Error).self) {
      try await DemoProcesses.supervising(environment: [:]) { processes in
        try await processes.start(
          DemoProgram(
            name: "none", path: directory.path + "/none", arguments: [], logPath: directory.path + "/none.log"
          ))
      }
    }
  }

  private func program(_ name: String, _ script: String, _ directory: Scratch, input: String = "")
    -> DemoProgram
  {
    DemoProgram(
      name: name, path: "/bin/sh", arguments: ["-c", script], logPath: "\(directory.path)/\(name).log",
      input: input)
  }

  /// Runs until SIGTERM, then does what `onEnd` says.
  private func sleeper(_ name: String, _ directory: Scratch, isLast: Bool, onEnd: String) -> DemoProgram {
    var program = program(
      name, "trap '\(onEnd); exit 0' TERM; echo up; while :; do /bin/sleep 0.05; done", directory)
    program.isLast = isLast
    return program
  }
}

/// A directory that goes with its test.
final class Scratch: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("simpul-\(UUID())").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func text(_ name: String) -> String? { try? String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }
}

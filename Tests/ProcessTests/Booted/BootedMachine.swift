import API
import Datasets
import Foundation
import Settings
import TestSupport
import Testing

@testable import Diagnostics

/// A machine with a really booted systemd and an installed Simpul, both daemons running: a container of its own.
struct BootedMachine: Sendable {
  static let needs = Needs(programs: [
    "systemd-nspawn", "systemctl", "journalctl", "systemd-analyze", "nsenter", "setpriv", "unshare", "strip", "ldd",
    "ldconfig", "sqlite3",
  ])
  /// The machine of the suite that runs.
  @TaskLocal static var current: BootedMachine?

  static let office = "kec-lalabata"
  static let password = "pengamat:rahasia-kamera"

  private let processes: DemoProcesses
  private let directory: String
  /// systemd, as this machine sees it.
  private let leader: Int32

  /// Boots, installs as the package and the README say, runs `body`, and powers off.
  static func run(_ body: (BootedMachine) async throws -> Void) async throws {
    try needs.require()
    let directory = FileManager.default.temporaryDirectory.appending(path: "simpul-machine-\(UUID())").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let cgroups = MachineCgroups(name: "simpul-machine-\(getpid())")
    let environment = ProcessInfo.processInfo.environment
    let outcome: Result<Void, any Error>
    do {
      try await DemoProcesses.supervising(environment: environment, grace: .seconds(90)) { processes in
        let tree = try await MachineRoot.make(in: directory, processes)
        try await processes.start(
          DemoProgram(
            name: "machine", path: "/bin/sh",
            arguments: ["-c", cgroups.entering, "sh"] + tree.arguments(name: cgroups.name),
            logPath: directory + "/boot.log", isLast: true))
        do {
          let outer = try #require(await processes.processIDs["machine"])
          let machine = BootedMachine(
            processes: processes, directory: directory, leader: try await leader(below: outer))
          try await machine.setUp()
          try await body(machine)
        } catch {
          Issue.record("boot.log: \((try? String(contentsOfFile: directory + "/boot.log", encoding: .utf8)) ?? "")")
          throw error
        }
      }
      outcome = .success(())
    } catch { outcome = .failure(error) }
    // Also after a failure: its cgroups are this machine's.
    try await tidy(directory, cgroups)
    try outcome.get()
  }

  /// The first process of the container, once it is systemd.
  private static func leader(below outer: Int32) async throws -> Int32 {
    var found: Int32?
    try await eventually("the container has a first process") {
      let children = (try? String(contentsOfFile: "/proc/\(outer)/task/\(outer)/children", encoding: .utf8)) ?? ""
      found = children.split(separator: " ").compactMap { Int32($0) }.first { child in
        let status = (try? String(contentsOfFile: "/proc/\(child)/status", encoding: .utf8)) ?? ""
        let lines = status.split(separator: "\n")
        return lines.contains("Name:\tsystemd")
          && lines.contains { $0.hasPrefix("NSpid:") && $0.split(separator: "\t").last == "1" }
      }
      return found != nil
    }
    return try #require(found)
  }

  private static func tidy(_ directory: String, _ cgroups: MachineCgroups) async throws {
    try await DemoProcesses.supervising(environment: ProcessInfo.processInfo.environment) { processes in
      let script = cgroups.removing + "\nrm -rf /run/systemd/nspawn/propagate/\(cgroups.name)"
      let log = directory + "/tidy.log"
      let end = try await processes.run(
        DemoProgram(name: "tidy", path: "/bin/sh", arguments: ["-c", script], logPath: log))
      #expect(end.isSuccess, "\((try? String(contentsOfFile: log, encoding: .utf8)) ?? "")")
    }
  }

  // MARK: Setting up

  /// A shorter watchdog than the package's, so that the test need not wait for it; and a camera's password.
  private static let dropIn = """
    [Service]
    WatchdogSec=10
    RestartSec=1
    """

  private func setUp() async throws {
    try await eventually("systemd has booted") {
      let (end, output) = try await shell("systemctl is-system-running || true")
      return end.isSuccess && ["running", "degraded"].contains(output.trimmed)
    }
    try await must("ldconfig; sh /opt/postinst configure")
    try await must(
      """
      umask 077
      sed 's|scc.example|127.0.0.1|' /usr/share/simpul/examples/aggregator.toml >/etc/simpul/aggregator.toml
      sed 's|"disdukcapil"|"\(Self.office)"|' /usr/share/simpul/examples/agent.toml >/etc/simpul/agent.toml
      printf '%s\\n' '[[collectors.camera]]' 'id = "gerbang"' 'url = "rtsp://192.0.2.10/1"' 'credentials = "cam-1"' \
        >>/etc/simpul/agent.toml
      chgrp simpul /etc/simpul/*.toml
      chmod 640 /etc/simpul/*.toml
      echo '\(Self.password)' >/etc/simpul/credentials/cam-1
      umask 022
      for unit in simpul-agent simpul-aggregator; do
        mkdir -p /etc/systemd/system/$unit.service.d
        echo '\(Self.dropIn)' >/etc/systemd/system/$unit.service.d/test.conf
      done
      echo 'LoadCredential=cam-1:/etc/simpul/credentials/cam-1' >>/etc/systemd/system/simpul-agent.service.d/test.conf
      systemctl daemon-reload
      systemctl enable --now simpul-aggregator
      """)
    let reply = try await must("simpulctl nodes invite \(Self.office) --json 2>/dev/null")
    let invitation = try APICoding.decoder.decode(InvitationReply.self, from: Data(reply.utf8)).invitation
    try await must("simpul-agent join --config /etc/simpul/agent.toml '\(invitation)'")
    try await must("systemctl enable --now simpul-agent")
    try await eventually("the office is online") { try await agent.status().state == "online" }
  }

  // MARK: Using it

  /// The daemons' admin sockets, reached through the container's own root.
  var agent: DemoDaemon { daemon("agent") }
  var aggregator: DemoDaemon { daemon("aggregator") }

  private func daemon(_ name: String) -> DemoDaemon {
    DemoDaemon(
      name: name, socketPath: "/proc/\(leader)/root/run/simpul/\(name).sock", language: .english)
  }

  /// Runs a script in the machine as root.
  func shell(_ script: String) async throws -> (end: DemoProgram.End, output: String) {
    let log = directory + "/\(UUID()).txt"
    let end = try await processes.run(
      DemoProgram(
        name: "shell \(UUID())", path: "/usr/bin/env",
        arguments: [
          "nsenter", "--target", "\(leader)", "--all", "--", "/usr/bin/env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
          "LC_ALL=C.UTF-8", "/bin/sh", "-euc", script,
        ], logPath: log))
    return (end, try String(contentsOfFile: log, encoding: .utf8))
  }

  /// The same for what has to succeed; returns what it printed.
  @discardableResult
  func must(_ script: String) async throws -> String {
    let (end, output) = try await shell(script)
    guard end.isSuccess else { throw TestFailure("\(end.text) of \(script.prefix(200)): \(output.suffix(2000))") }
    return output
  }

  /// What systemd says of a unit.
  func property(_ name: String, of unit: String) async throws -> String {
    try await must("systemctl show --value --property \(name) \(unit)").trimmed
  }

  /// Entries of this boot's journal that `matches` selects, as `journalctl -o json` has them.
  func journal(_ matches: String) async throws -> [[String: JSONValue]] {
    let text = try await must("journalctl --boot --quiet --no-pager --output json \(matches)")
    return try text.split(separator: "\n").map { line in
      try JSONDecoder().decode([String: JSONValue].self, from: Data(line.utf8))
    }
  }

  /// Runs a test's body; where it throws, the end of the journal says why.
  func explaining(_ body: () async throws -> Void) async throws {
    do { try await body() } catch {
      let journal = try? await shell("journalctl --boot --no-pager --lines 60")
      Issue.record("journal: \(journal?.output ?? "-")")
      throw error
    }
  }
}

/// Boots one machine for all tests of a suite.
struct Booted: SuiteTrait, TestScoping {
  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    try await BootedMachine.run { machine in
      try await BootedMachine.$current.withValue(machine) { try await function() }
    }
  }
}

extension Trait where Self == Booted {
  /// The suite's tests find a booted machine in `BootedMachine.current`.
  static var booted: Booted { Booted() }
}

extension String {
  fileprivate var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}

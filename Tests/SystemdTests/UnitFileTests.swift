import Foundation
import Testing

/// What the units in `systemd/` promise the rest of the project.
@Suite struct UnitFileTests {
  static let units = ["simpul-agent", "simpul-aggregator"]
  private static let directory = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "systemd")
  private static let analyzer = "/usr/bin/systemd-analyze"
  private static let isAnalyzable =
    FileManager.default.isExecutableFile(atPath: analyzer)
    || ProcessInfo.processInfo.environment["SIMPUL_REQUIRE_ALL"] == "1"

  private func assignments(of unit: String) throws -> [String] {
    let text = try String(contentsOf: Self.directory.appending(path: "\(unit).service"), encoding: .utf8)
    return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
  }

  @Test(
    arguments: units,
    [
      "Type=notify", "NotifyAccess=main", "User=simpul", "Group=simpul", "WatchdogSec=30", "Restart=always",
      "RestartPreventExitStatus=78", "StartLimitIntervalSec=0", "RuntimeDirectory=simpul",
      "RuntimeDirectoryPreserve=yes", "StateDirectoryMode=0700", "LimitCORE=0", "NoNewPrivileges=yes",
      "ProtectSystem=strict", "RestrictRealtime=yes", "SystemCallFilter=setpriority sched_setscheduler",
    ])
  func `a daemon is supervised, restarted for ever and kept in its place`(unit: String, line: String) throws {
    #expect(try assignments(of: unit).contains(line))
  }

  /// The agent may ask whether a file of the spool is still being written to, and what it makes there belongs to the
  /// spool's group; neither has any other right beyond its own files.
  @Test(arguments: [
    ("simpul-agent", ["CapabilityBoundingSet=CAP_LEASE", "AmbientCapabilities=CAP_LEASE", "UMask=0007"]),
    ("simpul-aggregator", ["CapabilityBoundingSet=", "AmbientCapabilities="]),
  ])
  func `a daemon has no other right than those it needs`(unit: String, lines: [String]) throws {
    let found = try assignments(of: unit)
    #expect(lines.allSatisfy(found.contains))
    #expect(found.contains("RestrictSUIDSGID=yes"))
  }

  @Test(arguments: units)
  func `a daemon reads its settings and keeps its state where the examples say`(unit: String) throws {
    let name = unit.replacing("simpul-", with: "")
    let lines = try assignments(of: unit)
    #expect(lines.contains("ExecStart=/usr/bin/\(unit) run --config /etc/simpul/\(name).toml"))
    #expect(lines.contains("StateDirectory=\(unit)"))
    let example = Self.directory.deletingLastPathComponent().appending(path: "packaging/\(name).toml")
    let settings = try String(contentsOf: example, encoding: .utf8).split(separator: "\n")
    #expect(settings.contains("data_dir = \"/var/lib/\(unit)\""))
    #expect(settings.contains("admin_socket = \"/run/simpul/\(name).sock\""))
  }

  @Test(.enabled(if: isAnalyzable, "systemd-analyze is not installed"), arguments: units)
  func `systemd finds nothing wrong with a unit`(unit: String) throws {
    let process = Process()
    process.executableURL = URL(filePath: Self.analyzer)
    process.arguments = ["verify", Self.directory.appending(path: "\(unit).service").path()]
    let output = Pipe()
    process.standardError = output
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    // The program is there only where the package is installed.
    let complaints = text.split(separator: "\n").filter { !$0.contains("is not executable") }
    #expect(complaints == [])
  }
}

import Foundation
import TestSupport

@testable import Diagnostics

/// A centre and an office in network namespaces of their own, joined by one line, which may be thin in both directions.
struct ThinLine: Sendable {
  static let needs = Needs(programs: ["ip", "tc", "unshare"])
  static let centreAddress = "10.77.0.1"

  private let name: String
  private let processes: DemoProcesses
  private let directory: String

  var centreSpace: String { name + "-c" }
  var officeSpace: String { name + "-o" }
  /// The office's end of the line.
  private var officeEnd: String { name + "-oe" }
  private var centreEnd: String { name + "-ce" }

  /// Makes the line, runs `body`, and takes it away.
  ///
  /// - Parameter bitsPerSecond: what it carries in each direction; nil is what the machine can.
  static func run(
    bitsPerSecond: Int?, in directory: String, _ processes: DemoProcesses, _ body: (ThinLine) async throws -> Void
  ) async throws {
    // An interface's name has at most 15 characters.
    let line = ThinLine(name: "sl\(getpid() % 1_000_000)", processes: processes, directory: directory)
    do {
      try await line.make(bitsPerSecond)
      try await body(line)
    } catch {
      try? await line.remove()
      throw error
    }
    try await line.remove()
  }

  private func make(_ bitsPerSecond: Int?) async throws {
    try await must(
      """
      ip netns add \(centreSpace)
      ip netns add \(officeSpace)
      ip link add \(centreEnd) netns \(centreSpace) type veth peer name \(officeEnd) netns \(officeSpace)
      """)
    for (space, end, address) in [
      (centreSpace, centreEnd, Self.centreAddress), (officeSpace, officeEnd, "10.77.0.2"),
    ] {
      try await must(
        """
        ip -n \(space) addr add \(address)/24 dev \(end)
        ip -n \(space) link set lo up
        ip -n \(space) link set \(end) up
        """)
      guard let bitsPerSecond else { continue }
      // A router's queue holds half a second, whatever the sender thinks of it.
      try await must("tc -n \(space) qdisc add dev \(end) root tbf rate \(bitsPerSecond)bit burst 16kb latency 500ms")
    }
  }

  private func remove() async throws {
    try await must("for space in \(centreSpace) \(officeSpace); do ip netns delete $space; done")
  }

  func cut() async throws { try await must("ip -n \(officeSpace) link set \(officeEnd) down") }
  func heal() async throws { try await must("ip -n \(officeSpace) link set \(officeEnd) up") }

  /// Bytes that have left the office, with all headers.
  func sentBytes() async throws -> Int { try await counter("tx_bytes") }
  /// Bytes that have come to the office, with all headers.
  func receivedBytes() async throws -> Int { try await counter("rx_bytes") }

  private func counter(_ name: String) async throws -> Int {
    let text = try await must(
      "ip netns exec \(officeSpace) cat /sys/class/net/\(officeEnd)/statistics/\(name)")
    guard let count = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw TestFailure("\(name): \(text)")
    }
    return count
  }

  /// The program as it runs in one of the namespaces.
  func program(_ program: DemoProgram, in space: String) -> DemoProgram {
    var program = program
    program.arguments = ["netns", "exec", space, program.path] + program.arguments
    program.path = "/usr/sbin/ip"
    for path in ["/usr/sbin/ip", "/usr/bin/ip", "/sbin/ip", "/bin/ip"]
    where FileManager.default.isExecutableFile(atPath: path) {
      program.path = path
      break
    }
    return program
  }

  @discardableResult
  private func must(_ script: String) async throws -> String {
    let log = directory + "/\(UUID()).txt"
    let end = try await processes.run(
      DemoProgram(
        name: "line \(UUID())", path: "/bin/sh", arguments: ["-euc", "PATH=$PATH:/usr/sbin:/sbin\n" + script],
        logPath: log))
    let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
    guard end.isSuccess else { throw TestFailure("\(end.text) of \(script): \(text)") }
    return text
  }
}

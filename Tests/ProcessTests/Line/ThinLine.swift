import Foundation
import Synchronization
import TestSupport

@testable import Diagnostics

/// A centre and an office in network namespaces of their own, joined by one line, which may be thin in both directions.
struct ThinLine: Sendable {
  enum Kind {
    /// A cable that carries so much in each direction; nil is what the machine can.
    case wire(bitsPerSecond: Int?)
    /// Packets go through a process that does to them what bad lines do.
    case relay(seed: UInt64)
  }

  static let needs = Needs(programs: ["ip", "tc", "unshare"])
  /// With a relay between.
  static let relayNeeds = Needs(programs: needs.programs + ["python3"], devices: ["/dev/net/tun"])
  static let centreAddress = "10.77.0.1"
  private static let made = Mutex(0)

  private let name: String
  private let processes: DemoProcesses
  private let directory: String
  private let packets: PacketRelay?

  /// What spoils the line.
  /// - Throws: for a wire.
  var relay: PacketRelay {
    get throws {
      guard let packets else { throw TestFailure("the line is a wire") }
      return packets
    }
  }

  var centreSpace: String { name + "-c" }
  var officeSpace: String { name + "-o" }
  /// The office's end of the line.
  private var officeEnd: String { name + "-oe" }
  private var centreEnd: String { name + "-ce" }
  /// Where the relay runs.
  private var relaySpace: String { name + "-r" }

  /// Makes the line, runs `body`, and takes it away.
  static func run(
    _ kind: Kind, in directory: String, _ processes: DemoProcesses, _ body: (ThinLine) async throws -> Void
  ) async throws {
    // An interface's name has at most 15 characters. Suites may run beside each other.
    let number = made.withLock { made in
      made += 1
      return made
    }
    let name = "s\(number % 100)l\(getpid() % 1_000_000)"
    let line = ThinLine(name: name, processes: processes, directory: directory, packets: nil)
    do {
      try await line.makeSpaces()
      switch kind {
      case .wire(let bitsPerSecond):
        try await line.makeWire(bitsPerSecond)
        try await body(line)
      case .relay(let seed):
        try await PacketRelay.with(
          seed: seed, office: line.officeEnd, centre: line.centreEnd,
          by: [Self.ip, "netns", "exec", line.relaySpace]
        ) { relay in
          try await line.moveEnds()
          try await body(ThinLine(name: name, processes: processes, directory: directory, packets: relay))
        }
      }
    } catch {
      try? await line.remove()
      throw error
    }
    try await line.remove()
  }

  private func makeSpaces() async throws {
    try await must("for space in \(spaces); do ip netns add $space; ip -n $space link set lo up; done")
  }

  private var spaces: String { "\(centreSpace) \(officeSpace) \(relaySpace)" }

  private func makeWire(_ bitsPerSecond: Int?) async throws {
    try await must(
      "ip link add \(centreEnd) netns \(centreSpace) type veth peer name \(officeEnd) netns \(officeSpace)")
    try await setUpEnds()
    guard let bitsPerSecond else { return }
    for (space, end) in [(centreSpace, centreEnd), (officeSpace, officeEnd)] {
      // A router's queue holds half a second, whatever the sender thinks of it.
      try await must("tc -n \(space) qdisc add dev \(end) root tbf rate \(bitsPerSecond)bit burst 16kb latency 500ms")
    }
  }

  /// The relay has made both; it goes on carrying their packets wherever they are.
  private func moveEnds() async throws {
    try await must(
      """
      ip -n \(relaySpace) link set \(centreEnd) netns \(centreSpace)
      ip -n \(relaySpace) link set \(officeEnd) netns \(officeSpace)
      """)
    try await setUpEnds()
  }

  private func setUpEnds() async throws {
    for (space, end, address) in [
      (centreSpace, centreEnd, Self.centreAddress), (officeSpace, officeEnd, "10.77.0.2"),
    ] {
      try await must(
        """
        ip -n \(space) addr add \(address)/24 dev \(end)
        ip -n \(space) link set \(end) up
        """)
    }
  }

  private func remove() async throws {
    try await must("for space in \(spaces); do ip netns delete $space; done")
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
    program.path = Self.ip
    return program
  }

  private static let ip =
    ["/usr/sbin/ip", "/usr/bin/ip", "/sbin/ip", "/bin/ip"]
    .first { FileManager.default.isExecutableFile(atPath: $0) } ?? "/usr/sbin/ip"

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

import Foundation
import TestSupport

/// The process between two network namespaces that loses, delays, doubles and reorders their packets (`relay.py`).
struct PacketRelay: Sendable {
  /// Everything that is wrong with the line, in both directions where nothing else is said; nothing at first.
  struct Faults: Codable, Sendable {
    enum Direction: String, Codable, CaseIterable {
      /// From the office to the centre.
      case up
      case down
    }

    /// How likely each packet meets it, 0 to 1.
    var loss = 0.0
    var duplicate = 0.0
    var reorder = 0.0
    /// One way, in milliseconds.
    var delay = 0.0
    /// Bit/s; 0 is what the relay can.
    var rate = 0
    /// What carries nothing.
    var dead: [Direction] = []
  }

  /// Packets of one direction so far.
  struct Count: Codable, Sendable {
    var taken: Int
    var given: Int
    /// Of what was given, with IP's headers.
    var bytes: Int
    var lost: Int
    var doubled: Int
    /// Those that came after one that had set out later.
    var overtaken: Int
    /// Those for which the queue of the rate had no room.
    var full: Int
    /// Those that met a dead direction.
    var blocked: Int
  }

  struct Counts: Codable, Sendable {
    var up: Count
    var down: Count

    subscript(direction: Faults.Direction) -> Count { direction == .up ? up : down }
  }

  private let process: AnsweringProcess

  /// Makes both devices in a namespace and carries packets between them while `body` runs.
  ///
  /// - Parameters:
  ///   - seed: of its dice: the same packets at the same times meet the same.
  ///   - command: runs a program in that namespace.
  static func with(
    seed: UInt64, office: String, centre: String, by command: [String], _ body: (PacketRelay) async throws -> Void
  ) async throws {
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("relay.py").path
    let process = try AnsweringProcess(
      "the relay", command + ["/usr/bin/python3", script, "\(seed)", office, centre])
    defer { process.end() }
    let relay = PacketRelay(process: process)
    // It answers once the devices are there.
    _ = try await relay.counts()
    try await body(relay)
  }

  /// From now on the line has these faults and no others.
  @discardableResult
  func set(_ faults: Faults) async throws -> Counts { try await process.ask(faults, within: .seconds(30)) }

  func counts() async throws -> Counts { try await process.ask(Faults?.none, within: .seconds(30)) }
}

import Datasets
import Foundation
import TestSupport

@testable import Diagnostics

extension RealFleet {
  /// The centre's public key as an office has it in its settings.
  func serverKey(at office: Office) throws -> String {
    let text = try String(contentsOfFile: layout.configuration(of: office.name), encoding: .utf8)
    let line = text.split(separator: "\n").first { $0.hasPrefix("public_key") }
    guard let key = line?.split(separator: "\"").dropFirst().first else { throw TestFailure("no key in \(text)") }
    return String(key)
  }

  /// What a thief finds in an office's data directory.
  func keys(of office: Office) throws -> HostilePeer.Keys {
    let path = layout.directory(of: office.name) + "/data/node.key"
    var halves: [Substring: String] = [:]
    for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count == 2 { halves[words[0]] = String(words[1]) }
    }
    guard let `public` = halves["public"], let secret = halves["secret"] else { throw TestFailure("no key in \(path)") }
    return HostilePeer.Keys(public: `public`, secret: secret)
  }

  /// The last incarnation on an office's disk, whose agent does not run.
  func incarnation(of office: Office) async throws -> Incarnation {
    let store = layout.directory(of: office.name) + "/data/agent.sqlite"
    let sql = "SELECT generation, random FROM _incarnation ORDER BY generation DESC LIMIT 1"
    let columns = try await query(sql, in: store).first?.split(separator: "|").compactMap { Int64($0) } ?? []
    guard columns.count == 2 else { throw TestFailure("no incarnation in \(store)") }
    return Incarnation(generation: UInt64(bitPattern: columns[0]), random: UInt64(bitPattern: columns[1]))
  }

  /// The sum of the centre's samples whose line begins so.
  func metric(_ start: String) async throws -> Double {
    guard let text = await centre.plain("/metrics")?.text else { throw TestFailure("the centre has no metrics") }
    let lines = text.split(separator: "\n").filter { $0.hasPrefix(start) }
    return lines.compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
  }

  /// What the centre's process holds in memory, KiB (proc_pid_status(5)).
  func residentKiB() async throws -> Int {
    guard let processID = await processes.processIDs[Self.centreName] else { throw TestFailure("no centre runs") }
    let status = try String(contentsOfFile: "/proc/\(processID)/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    return line?.split(separator: " ").compactMap { Int($0) }.first ?? 0
  }
}

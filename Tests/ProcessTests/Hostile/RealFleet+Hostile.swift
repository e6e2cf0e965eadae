import API
import Datasets
import Foundation
import Settings
import TestSupport
import Testing

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

  // MARK: Invitations

  /// What an admin gives to a new office, which others may get hold of.
  func invitation(for node: String) async throws -> String {
    let request = try APIRequest.invitation(node, validHours: 1)
    return try await centre.client.reply(InvitationReply.self, to: request).reply.invitation
  }

  /// Somebody's machine joins as an office.
  func join(as name: String, with invitation: String, machine: String) async throws -> (
    end: DemoProgram.End, output: String
  ) {
    let node = try #require(NodeName(name))
    let root = layout.root + "/" + machine
    try layout.makeDirectory(root + "/spool", .english)
    var settings = AgentSettings(node: node)
    settings.dataDirectory = root + "/data"
    settings.adminSocket = root + "/a.sock"
    settings.language = .english
    settings.spool.directory = root + "/spool"
    settings.aggregator.endpoints = [Settings.Endpoint(HostPort(host: "127.0.0.1", port: port))]
    try layout.write(settings.effectiveText, to: root + "/agent.toml", .english)
    return try await run("simpul-agent", ["join", "--config", root + "/agent.toml", invitation])
  }

  /// As if the time that invitations are good for had passed.
  func expireInvitations() async throws {
    try await kill(Self.centreName)
    let store = layout.centreDirectory + "/data/aggregator.sqlite"
    let end = try await processes.run(
      DemoProgram(
        name: "sqlite3", path: "/usr/bin/env",
        arguments: ["sqlite3", store, "UPDATE invitation SET expires_ms = created_ms + 1 WHERE used_ms IS NULL"],
        logPath: layout.root + "/expire.txt"))
    guard end.isSuccess else { throw TestFailure("sqlite3 \(end.text)") }
    try await startCentre()
  }
}

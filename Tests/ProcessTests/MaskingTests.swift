import API
import Datasets
import Foundation
import TestSupport
import Testing

@testable import Diagnostics

/// Numbers of people are shown to nobody who has not said why, and whoever has is in the audit log.
@Suite(.serialized) struct MaskingTests {
  /// Every address that `GET` has at a daemon, with all that there is in place of the names in braces.
  private func addresses(_ planted: PlantedNumbers, _ socket: String) async throws -> [String] {
    let document = try await planted.ask(socket, "/openapi.json")
    guard case .object(let root) = try APICoding.decoder.decode(JSONValue.self, from: Data(document.utf8)),
      case .object(let paths)? = root["paths"]
    else { throw TestFailure("no openapi.json at \(socket)") }
    var addresses: [String] = []
    for (path, operations) in paths.sorted(by: { $0.key < $1.key }) {
      guard case .object(let operations) = operations, operations["get"] != nil else { continue }
      for address in try await fillings(of: path, planted, socket) {
        addresses.append(address)
        if address.hasSuffix("/records") { addresses += [address + "?limit=1", address + "?q=ANDI"] }
        if address.hasSuffix("/duplicates") { addresses.append(address + "?state=all") }
      }
    }
    return addresses
  }

  private func fillings(of path: String, _ planted: PlantedNumbers, _ socket: String) async throws -> [String] {
    guard let start = path.firstIndex(of: "{"), let end = path.firstIndex(of: "}") else { return [path] }
    let name = path[path.index(after: start)..<end]
    let list: (path: String, member: String, id: String)? =
      switch name {
      case "dataset": ("/api/v1/datasets", "datasets", "id")
      case "record": (String(path[..<start].dropLast()) + "?limit=1000", "records", "id")
      case "conflict": ("/api/v1/conflicts?limit=1000", "conflicts", "id")
      case "pair": ("/api/v1/duplicates?state=all", "duplicates", "id")
      case "entry": ("/api/v1/quarantine", "quarantine", "id")
      case "node": ("/api/v1/nodes", "nodes", "node")
      default: nil
      }
    guard let list else { throw TestFailure("nobody knows what stands for \(name) in \(path)") }
    let ids = try await ids(planted, socket, list.path, list.member, list.id)
    var filled: [String] = []
    for id in ids {
      let segment = id.replacing("%", with: "%25").replacing("/", with: "%2F").replacing(",", with: "%2C")
      let rest = String(path[path.index(after: end)...])
      filled += try await fillings(of: String(path[..<start]) + segment + rest, planted, socket)
    }
    return filled
  }

  private func ids(
    _ planted: PlantedNumbers, _ socket: String, _ path: String, _ member: String, _ id: String
  ) async throws -> [String] {
    let text = try await planted.ask(socket, path)
    guard case .object(let reply) = try APICoding.decoder.decode(JSONValue.self, from: Data(text.utf8)),
      case .array(let elements)? = reply[member]
    else { return [] }
    return elements.compactMap { element in
      if case .object(let members) = element, case .string(let text)? = members[id] { text } else { nil }
    }
  }

  private func looks(_ planted: PlantedNumbers, _ socket: String) async throws -> Int {
    let text = try await planted.ask(socket, "/api/v1/audit?action=reveal&limit=1000")
    return try APICoding.decoder.decode(AuditReply.self, from: Data(text.utf8)).audit.count
  }

  @Test func `no number shows anywhere without a reason, and with one each look is in the audit log`() async throws {
    try await RealFleet.run { fleet in
      let planted = try await PlantedNumbers(fleet)
      try await planted.plant()
      let offices = [planted.registry, planted.district, planted.third]
      let sockets = [fleet.layout.centreSocket] + offices.map { fleet.layout.socket(of: $0.name) }
      for socket in sockets {
        let addresses = try await addresses(planted, socket)
        #expect(addresses.count > 20, "\(addresses)")
        // The centre's own edit had a reason, which is not why somebody looks.
        let before = try await looks(planted, socket)
        #expect(before == 0)
        for address in addresses {
          let found = planted.shown(in: try await planted.ask(socket, address))
          #expect(found.isEmpty, "\(address) at \(socket) shows \(found)")
        }
        #expect(try await looks(planted, socket) == before)
        if sockets.prefix(2).contains(socket) { try await commandsShowNothing(planted, socket) }
        // The same with a reason.
        var revealed = 0
        for address in addresses {
          let text = try await planted.ask(socket, address, reason: "pemeriksaan")
          if !planted.shown(in: text).isEmpty { revealed += 1 }
        }
        #expect(revealed > 3 || socket == sockets.last, "\(socket)")
        #expect(try await looks(planted, socket) == before + revealed, "\(socket)")
        let verified = try await fleet.run("simpulctl", ["--socket", socket, "audit", "verify"])
        #expect(verified.end.isSuccess, "\(verified)")
      }
      try filesShowNothing(planted)
    }
  }

  /// Everything that simpulctl lists, as text and as documents.
  private func commandsShowNothing(_ planted: PlantedNumbers, _ socket: String) async throws {
    let conflicts = try await ids(planted, socket, "/api/v1/conflicts?limit=1000", "conflicts", "id")
    let records = try await ids(planted, socket, "/api/v1/datasets/population/records", "records", "id")
    var commands = [
      ["status"], ["doctor"], ["nodes", "list"], ["streams"], ["records", "list", "population"],
      ["records", "export", "population"], ["conflicts", "list"], ["quarantine", "list"], ["ledger"],
      ["audit", "list"], ["digest", "population"],
    ]
    commands += conflicts.map { ["conflicts", "show", $0] }
    commands += records.prefix(3).map { ["records", "get", "population", $0, "--history"] }
    for entry in try await ids(planted, socket, "/api/v1/quarantine", "quarantine", "id") {
      commands.append(["quarantine", "show", entry])
    }
    if socket == planted.fleet.layout.centreSocket {
      commands += [["duplicates", "list", "--state", "all"], ["fleet-key", "show"], ["audit", "export"]]
      for pair in try await ids(planted, socket, "/api/v1/duplicates?state=all", "duplicates", "id") {
        commands.append(["duplicates", "show", pair])
      }
    }
    for command in commands {
      for form in [[], ["--json"]] where command != ["audit", "export"] || form.isEmpty {
        let (_, output) = try await planted.fleet.run("simpulctl", ["--socket", socket] + command + form)
        #expect(planted.shown(in: output).isEmpty, "\(command) \(form) shows \(planted.shown(in: output))")
      }
    }
  }

  /// Logs of all programs, and the tables of what was refused.
  private func filesShowNothing(_ planted: PlantedNumbers) throws {
    let logs = planted.fleet.logs
    #expect(logs.count >= 4)
    let spool = planted.registry.spool
    let tables = try FileManager.default.subpathsOfDirectory(atPath: spool).filter { $0.hasSuffix(".errors.csv") }
    #expect(tables.count == 4)
    for path in logs.map(\.path) + tables.map({ spool + "/" + $0 }) {
      let found = planted.shown(in: try String(contentsOfFile: path, encoding: .utf8))
      #expect(found.isEmpty, "\(path) shows \(found)")
    }
  }

  @Test func `an audit log that somebody edited or cut on the disk is found, and the backup's is told`() async throws {
    try await RealFleet.run { fleet in
      let office = try await fleet.open("setda")
      for round in 1...3 {
        let revoked = try await fleet.control(["nodes", "revoke", "setda", "--reason", "uji \(round)"])
        #expect(revoked.end.isSuccess, "\(revoked)")
      }
      let backup = fleet.layout.root + "/backup.sqlite"
      func head() async throws -> String {
        try await fleet.centre.client.reply(AuditHeadReply.self, to: APIRequest(.get, ["audit", "head"])).reply.head
      }
      let before = try await head()
      #expect(try await fleet.control(["backup", backup]).end.isSuccess)
      let head = try await head()
      let export = fleet.layout.root + "/audit.ndjson"
      let exported = try await fleet.control(["audit", "export", "-o", export])
      #expect(exported.end.isSuccess && exported.output.contains(head), "\(exported)")
      let noted = try await fleet.control(["audit", "verify", "--head", head])
      #expect(noted.end.isSuccess, "\(noted)")

      await fleet.processes.stop(RealFleet.centreName)
      // Its stop has left the head in the log.
      #expect(try String(contentsOfFile: fleet.layout.centreLog, encoding: .utf8).contains("head=\(head)"))
      try await sql("UPDATE audit SET reason = 'lain' WHERE sequence = 3", fleet)
      try await fleet.startCentre()
      let edited = try await fleet.control(["audit", "verify"])
      #expect(edited.end.exitCode == 1 && edited.output.contains("entry 3 is not as it was written"), "\(edited)")
      #expect(try await fleet.control(["audit", "verify", export, "--head", head]).end.isSuccess)

      await fleet.processes.stop(RealFleet.centreName)
      try await sql("DELETE FROM audit WHERE sequence >= 3", fleet)
      try await fleet.startCentre()
      #expect(try await fleet.control(["audit", "verify"]).end.isSuccess)
      let cut = try await fleet.control(["audit", "verify", "--head", head])
      #expect(cut.end.exitCode == 1 && cut.output.contains("stands nowhere"), "\(cut)")

      await fleet.processes.stop(RealFleet.centreName)
      let restored = try await fleet.run(
        "simpul-aggregator", ["restore", "--config", fleet.layout.centreConfiguration, backup])
      #expect(restored.end.isSuccess, "\(restored)")
      try await fleet.startCentre()
      let list = try await fleet.control(["audit", "list", "--action", "restore_backup"])
      #expect(list.output.contains("simpul-aggregator restore"), "\(list)")
      #expect(try await fleet.control(["audit", "verify", "--head", before]).end.isSuccess)
      // That the backup counts was noted when it was whole.
      #expect(try await fleet.control(["audit", "verify", "--head", head]).end.exitCode == 1)
      _ = office
    }
  }

  private func sql(_ statement: String, _ fleet: RealFleet) async throws {
    let answer = fleet.layout.root + "/\(UUID()).txt"
    let end = try await fleet.processes.run(
      DemoProgram(
        name: "sqlite3", path: "/usr/bin/env",
        arguments: ["sqlite3", fleet.layout.centreDirectory + "/data/aggregator.sqlite", statement], logPath: answer))
    #expect(end.isSuccess)
  }
}

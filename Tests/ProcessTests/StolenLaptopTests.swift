import API
import Datasets
import Foundation
import TestSupport
import Testing

@testable import Diagnostics

/// The drill of docs/stolen-laptop.md.
@Suite(.serialized) struct StolenLaptopTests {
  private func put(
    _ fields: [String: JSONValue], at office: RealFleet.Office, in village: String = "73.12.04.1001"
  ) async throws {
    var fields = fields
    fields["kode_wilayah"] = .string(village)
    let reply = try await office.daemon.client.reply(
      IntakeReply.self, to: try .upsert("population", fields, source: "loket")
    ).reply
    #expect(reply.accepted == 1, "\(reply.rejected)")
  }

  private func resident(_ serial: Int, _ name: String) -> [String: JSONValue] {
    [
      "nik": .string("731204050568\(String(10_000 + serial).dropFirst())"), "nama": .string(name),
      "tanggal_lahir": "1968-05-05",
    ]
  }

  private func ids(_ fleet: RealFleet, _ daemon: DemoDaemon) async throws -> [String: String] {
    let pairs = try await fleet.all("population", at: daemon).map { record -> (String, String) in
      guard case .string(let name)? = record.fields["nama"] else { return ("-", record.id) }
      return (name, record.id)
    }
    #expect(Set(pairs.map(\.0)).count == pairs.count, "somebody is there twice: \(pairs.map(\.0))")
    return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
  }

  @Test func `a stolen office is shut out, the key is renewed at the others at once, and nobody is doubled`()
    async throws
  {
    try await RealFleet.run { fleet in
      let registry = try await fleet.open("disdukcapil")
      let district = try await fleet.open("kec-lalabata")
      let stolen = try await fleet.open("kec-citta")
      for serial in 1...4 { try await put(resident(serial, "WARGA \(serial)"), at: registry) }
      try await put(["nama": "BAYI", "nama_ibu": "AMINAH"], at: district)
      try await put(resident(9, "WARGA CITTA"), at: stolen, in: "73.12.08.2001")
      try await fleet.agree([registry, district, stolen], on: ["population"])
      let before = try await ids(fleet, fleet.centre)
      #expect(before.count == 6 && before.values.allSatisfy { $0.hasPrefix("01") }, "\(before)")
      let deleted = try #require(before["WARGA 4"])
      let version = try await registry.daemon.record("population", deleted).version
      _ = try await registry.daemon.client.body(of: .deletion("population", deleted, version: version))
      let started = try await registry.daemon.status().startedAt

      try await rotate(fleet, stolen)
      // Within the session, and without a restart.
      for (index, office) in [registry, district].enumerated() {
        try await eventually("\(office.name) has the second version") {
          guard try keyVersions(office, fleet) == ["2", "1"] else { return false }
          // Kept before it is in force, which the session waits for.
          return try await office.daemon.status().state == "online"
        }
        try await put(resident(20 + index, "BARU \(index)"), at: office)
        #expect(try await ids(fleet, office.daemon)["BARU \(index)"]?.hasPrefix("02") == true)
      }
      #expect(try await registry.daemon.status().startedAt == started)

      // Next month's lists: everybody is found again under the first version's ids, also by the other office.
      for serial in 1...3 {
        try await put(resident(serial, "WARGA \(serial)"), at: registry)
        try await put(resident(serial, "WARGA \(serial)"), at: district)
      }
      try await put(["nama": "BAYI", "nama_ibu": "AMINAH"], at: district)
      try await fleet.agree([registry, district], on: ["population"])
      let after = try await ids(fleet, fleet.centre)
      for name in ["WARGA 1", "WARGA 2", "WARGA 3", "BAYI", "WARGA CITTA"] {
        #expect(after[name] == before[name], "\(name)")
      }
      #expect(after.count == 7 && after["WARGA 4"] == nil, "\(after.keys)")

      try await thiefGetsNothing(fleet, stolen, hidden: try #require(after["BARU 0"]))
      try await replacement(fleet, stolen)
      try await found(fleet, stolen)
    }
  }

  /// Steps 1 and 2 of the drill at the centre.
  private func rotate(_ fleet: RealFleet, _ stolen: RealFleet.Office) async throws {
    let revoked = try await fleet.control(["nodes", "revoke", "kec-citta", "--reason", "laptop dicuri"])
    #expect(revoked.end.isSuccess, "\(revoked)")
    let order = ["fleet-key", "rotate", "--reason", "laptop dicuri"]
    let dry = try await fleet.control(order)
    #expect(
      dry.end.isSuccess && dry.output.contains("version 2") && dry.output.contains("Nothing was changed"), "\(dry)")
    #expect(dry.output.contains("disdukcapil, kec-lalabata") && !dry.output.contains("kec-citta"), "\(dry)")
    let done = try await fleet.control(order + ["--yes"])
    #expect(done.end.isSuccess && done.output.contains("version 2"), "\(done)")
    let acts = try await fleet.centre.client.reply(
      AuditReply.self, to: .audit(Page(), action: nil, caller: nil)
    ).reply.audit
    #expect(acts.prefix(2).map { "\($0.action) \($0.subject)" } == ["fleet_key fleet-key/2", "revoke kec-citta"])
    #expect(acts.prefix(2).allSatisfy { $0.reason == "laptop dicuri" })
  }

  private func keyVersions(_ office: RealFleet.Office, _ fleet: RealFleet) throws -> [String] {
    let path = fleet.layout.directory(of: office.name) + "/data/fleet.keys"
    return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
      .compactMap { $0.split(separator: " ").first.map(String.init) }
  }

  /// The disk runs on in other hands, again and again.
  private func thiefGetsNothing(_ fleet: RealFleet, _ stolen: RealFleet.Office, hidden: String) async throws {
    try await eventually("the stolen agent is cut off") { try await stolen.daemon.status().state != "online" }
    try await fleet.kill("kec-citta")
    try await fleet.start(stolen)
    try await put(resident(30, "PALSU"), at: stolen, in: "73.12.08.2001")
    try await eventually("it is refused again") { try await stolen.daemon.status().state != "online" }
    #expect(try keyVersions(stolen, fleet) == ["1"])
    #expect(try await ids(fleet, stolen.daemon)["PALSU"]?.hasPrefix("01") == true)
    #expect(try await stolen.daemon.presentRecord("population", hidden) == nil)
    #expect(try await ids(fleet, fleet.centre)["PALSU"] == nil)
    #expect(try await fleet.centre.node(stolen.name).state == "revoked")
  }

  /// The office's new machine begins with an empty disk and a new key, and has both versions.
  private func replacement(_ fleet: RealFleet, _ stolen: RealFleet.Office) async throws {
    await fleet.stop(stolen)
    let data = fleet.layout.directory(of: stolen.name) + "/data"
    try FileManager.default.moveItem(atPath: data, toPath: data + ".stolen")
    try await fleet.joinAgain(stolen)
    try await fleet.start(stolen)
    try await eventually("the new machine is online") { try await stolen.daemon.status().state == "online" }
    try await fleet.agree([stolen], on: ["population"])
    #expect(try keyVersions(stolen, fleet) == ["2", "1"])
    #expect(try await ids(fleet, stolen.daemon).keys.sorted() == ["WARGA CITTA"])
  }
  /// The laptop turns up and is invited again in place of the new machine.
  private func found(_ fleet: RealFleet, _ stolen: RealFleet.Office) async throws {
    await fleet.stop(stolen)
    let data = fleet.layout.directory(of: stolen.name) + "/data"
    try FileManager.default.moveItem(atPath: data, toPath: data + ".new")
    try FileManager.default.moveItem(atPath: data + ".stolen", toPath: data)
    try await fleet.joinAgain(stolen)
    try await fleet.start(stolen)
    try await eventually("what was recorded in other hands is held at the centre") {
      try await fleet.held(at: fleet.centre).contains { $0.code == "revoked_backlog" && $0.node == stolen.name.text }
    }
    #expect(try await ids(fleet, fleet.centre)["PALSU"] == nil)
  }
}

import API
import Datasets
import Foundation
import TestSupport
import Testing

@testable import Diagnostics

/// One person whom two offices registered, and two people in one record.
@Suite(.serialized) struct PersonTests {
  private static let aminah: JSONValue = "ST. AMINAH"

  @Test func `a person whom two offices registered apart is found, merged everywhere, and made two again`() async throws
  {
    try await RealFleet.run { fleet in
      let registry = try await fleet.open("disdukcapil")
      let district = try await fleet.open("kec-lalabata")
      let offices = [registry, district]
      await district.relay.cut(.silent)
      try await put(
        ["nik": "7312040505680001", "nama": "MUHAMMAD YUSUF", "tanggal_lahir": "1968-05-05", "nama_ibu": Self.aminah],
        at: registry, source: "siak")
      let row: [String: JSONValue] = [
        "nama": "H. Moch. Jusuf, S.Pd", "tanggal_lahir": "1968-05-05", "nama_ibu": "Sitti Aminah", "telepon": "0811",
      ]
      try await put(row, at: district, source: "desa")
      try await district.relay.heal()
      try await fleet.agree(offices, on: ["population"])

      let found = try await pair(fleet, kind: "similar")
      #expect(found.records.count == 2)
      let shown = try await fleet.control(["duplicates", "show", found.id])
      #expect(
        shown.end.isSuccess && shown.output.contains("MUHAMMAD YUSUF") && shown.output.contains("merge"), "\(shown)")
      #expect(!shown.output.contains("7312040505680001"), "a number is shown unmasked")
      let merged = try await fleet.control([
        "duplicates", "merge", found.id, "--take", "telepon", "--reason", "KTP dicek",
      ])
      #expect(merged.end.isSuccess, "\(merged)")
      try await fleet.agree(offices, on: ["population"])
      for daemon in [fleet.centre, registry.daemon, district.daemon] {
        let records = try await fleet.all("population", at: daemon)
        #expect(records.map { $0.fields["nama"] } == ["MUHAMMAD YUSUF"], "\(daemon.name)")
        #expect(records.first?.fields["telepon"] == "0811", "\(daemon.name)")
      }
      let kept = try #require(try await fleet.all("population", at: fleet.centre).first?.id)
      let other = try #require(found.records.map(\.id).first { $0 != kept })
      let person = try await fleet.centre.record("population", other)
      #expect(person.id == kept && person.aliases == [other])

      // Next month's file says the same of him, and brings nobody back.
      try await put(row, at: district, source: "desa")
      try await fleet.agree(offices, on: ["population"])
      #expect(try await fleet.all("population", at: fleet.centre).count == 1)

      let undone = try await fleet.control(["duplicates", "undo", found.id, "--reason", "dua orang"])
      #expect(undone.end.isSuccess, "\(undone)")
      try await fleet.agree(offices, on: ["population"])
      for daemon in [fleet.centre, registry.daemon, district.daemon] {
        let names = try await fleet.all("population", at: daemon).map { $0.fields["nama"]?.text ?? "" }.sorted()
        #expect(names == ["H. Moch. Jusuf, S.Pd", "MUHAMMAD YUSUF"], "\(daemon.name)")
        // The telephone that came with the merge is the other's again.
        #expect(try await daemon.record("population", kept).fields["telepon"] == nil, "\(daemon.name)")
      }
      let again = try await fleet.control(["duplicates", "undo", found.id, "--reason", "lagi"])
      #expect(again.end.exitCode == 65 || again.end.exitCode == 1, "\(again)")
    }
  }

  @Test func `two people under one number are split, and a corrected number takes them off the list`() async throws {
    try await RealFleet.run { fleet in
      let registry = try await fleet.open("disdukcapil")
      let district = try await fleet.open("kec-lalabata")
      let offices = [registry, district]
      let number: JSONValue = "7312040505680002"
      await district.relay.cut(.silent)
      try await put(
        ["nik": number, "nama": "HASANUDDIN", "tanggal_lahir": "1968-05-05", "telepon": "0811"], at: registry,
        source: "siak")
      try await put(
        ["nik": number, "nama": "LA TAHIR", "tanggal_lahir": "1968-05-05", "alamat": "JL. MERDEKA"], at: district,
        source: "desa")
      try await district.relay.heal()
      try await fleet.agree(offices, on: ["population"])

      let found = try await pair(fleet, kind: "other_name")
      let record = try #require(found.records.first?.id)
      #expect(found.nodes == ["disdukcapil", "kec-lalabata"])
      let split = try await fleet.control([
        "duplicates", "split", "population", record, "--node", "kec-lalabata", "--reason", "dua KTP",
      ])
      #expect(split.end.isSuccess, "\(split)")
      try await fleet.agree(offices, on: ["population"])
      for daemon in [fleet.centre, registry.daemon, district.daemon] {
        let people = try await fleet.all("population", at: daemon).sorted { $0.id == record && $1.id != record }
        #expect(people.map { $0.fields["nama"] } == ["HASANUDDIN", "LA TAHIR"], "\(daemon.name)")
        #expect(people.map { $0.fields["telepon"] } == ["0811", nil], "\(daemon.name)")
        #expect(people.map { $0.fields["alamat"] } == [nil, "JL. MERDEKA"], "\(daemon.name)")
      }
    }
  }

  @Test func `the same number on two people is listed until it is put right at an office`() async throws {
    try await RealFleet.run { fleet in
      let registry = try await fleet.open("disdukcapil")
      for (name, born) in [("HASANUDDIN", "1968-05-05"), ("MARYAM", "1999-01-01")] {
        try await put(
          ["nik": "7312040505680003", "nama": .string(name), "tanggal_lahir": .string(born)], at: registry,
          source: "siak")
      }
      try await fleet.agree([registry], on: ["population"])
      let found = try await pair(fleet, kind: "same_number")
      let maryam = try #require(found.records.first { $0.fields["nama"] == "MARYAM" })
      let present = try await registry.daemon.record("population", maryam.id)
      _ = try await registry.daemon.client.body(
        of: try .edit(
          "population", maryam.id, ["nik": "7312044101990003"], version: present.version, isCorrection: false))
      try await eventually("the pair is off the list") { try await list(fleet).isEmpty }
      // A file with the right number finds her again, under the same id.
      try await put(
        ["nik": "7312044101990003", "nama": "MARYAM", "tanggal_lahir": "1999-01-01", "telepon": "0812"], at: registry,
        source: "puskesmas")
      #expect(try await registry.daemon.record("population", maryam.id).fields["telepon"] == "0812")
      #expect(try await fleet.all("population", at: registry.daemon).count == 2)
    }
  }

  // MARK: Steps

  private func put(
    _ fields: [String: JSONValue], at office: RealFleet.Office, source: String
  ) async throws {
    var fields = fields
    fields["kode_wilayah"] = "73.12.04.1001"
    let reply = try await office.daemon.client.reply(
      IntakeReply.self, to: try .upsert("population", fields, source: source)
    ).reply
    #expect(reply.accepted == 1, "\(reply.rejected)")
  }

  private func list(_ fleet: RealFleet) async throws -> [DuplicateReply] {
    try await fleet.centre.client.reply(
      DuplicatesReply.self, to: .duplicates(Page(), state: "open", dataset: nil)
    ).reply.duplicates
  }

  private func pair(_ fleet: RealFleet, kind: String) async throws -> DuplicateReply {
    var found: DuplicateReply?
    try await eventually("a pair \(kind) is on the list") {
      found = try await list(fleet).first { $0.kind == kind }
      return found != nil
    }
    return try #require(found)
  }
}

extension JSONValue {
  var text: String? { if case .string(let text) = self { text } else { nil } }
}

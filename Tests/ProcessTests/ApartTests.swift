import API
import Datasets
import Foundation
import TestSupport
import Testing

@testable import Diagnostics

/// Disdukcapil and a kecamatan edit the same residents while the line between them is dead.
@Suite(.serialized) struct ApartTests {
  private struct Case {
    var field: String
    var registry: JSONValue?
    var district: JSONValue
    /// What everybody sees afterwards.
    var shown: JSONValue
    /// Of the field, or of `lifecycle` where the registry deletes.
    var conflict: (field: String, state: String)
  }

  private static let cases = [
    // latest: the later edit, which is the kecamatan's.
    Case(
      field: "alamat", registry: "JL. PEMUDA 1", district: "JL. PASAR 2", shown: "JL. PASAR 2",
      conflict: ("alamat", "settled")),
    // review: the authority's shows until a person decides.
    Case(field: "nama", registry: "H. WARGA", district: "WARGA ABU", shown: "H. WARGA", conflict: ("nama", "open")),
    // authority: settled by who has the say.
    Case(field: "agama", registry: "2", district: "3", shown: "2", conflict: ("agama", "settled")),
    // monotone: whoever is further.
    Case(
      field: "status_hidup", registry: "meninggal", district: "pindah", shown: "meninggal",
      conflict: ("status_hidup", "settled")),
    // A delete against an edit: stays in sight, and a person decides.
    Case(
      field: "telepon", registry: nil, district: "081234567890", shown: "081234567890",
      conflict: ("lifecycle", "open")),
  ]

  @Test func `two offices that edit one resident apart agree afterwards under every policy`() async throws {
    try await RealFleet.run { fleet in
      let registry = try await fleet.open("disdukcapil")
      let district = try await fleet.open("kec-lalabata")
      let neighbour = try await fleet.open("kec-ganra")
      let residents = try await register(Self.cases.count + 1, fleet, registry, seenBy: district)
      let mover = residents[Self.cases.count]

      await district.relay.cut(.silent)
      for (resident, edits) in zip(residents, Self.cases) {
        if let value = edits.registry {
          try await save(["\(edits.field)": value], of: resident, at: registry)
        } else {
          let version = try await registry.daemon.record("population", resident).version
          _ = try await registry.daemon.client.body(of: .deletion("population", resident, version: version))
        }
        try await save(["\(edits.field)": edits.district], of: resident, at: district)
      }
      // Moves to Ganra, says the registry, while Lalabata still corrects the telephone number.
      try await save(["kode_wilayah": "73.12.07.2001"], of: mover, at: registry)
      try await save(["telepon": "08111"], of: mover, at: district)
      try await eventually("Ganra has who moved there") {
        try await neighbour.daemon.presentRecord("population", mover) != nil
      }
      try await eventually("the kecamatan sees that it is alone") {
        try await district.daemon.status().state != "online"
      }
      try await district.relay.heal()

      try await fleet.agree([registry, district, neighbour], on: ["population"])
      for (resident, edits) in zip(residents, Self.cases) {
        for daemon in [fleet.centre, registry.daemon, district.daemon] {
          let record = try await daemon.record("population", resident)
          #expect(record.fields[edits.field] == edits.shown, "\(edits.field) at \(daemon.name)")
          #expect(record.conflicts?[edits.conflict.field] == edits.conflict.state, "\(edits.field) at \(daemon.name)")
        }
      }
      // The mover has left Lalabata's copy, and what Lalabata wrote meanwhile went along to Ganra.
      #expect(try await district.daemon.presentRecord("population", mover) == nil)
      let moved = try await neighbour.daemon.record("population", mover)
      #expect(moved.fields["telepon"] == "08111")
      #expect(moved.fields["kode_wilayah"] == "73.12.07.2001")

      // Deciding ends a conflict everywhere; the version shown is what is decided upon.
      let request = APIRequest.conflicts(Page(limit: 100), state: "open", dataset: "population")
      let open = try await fleet.centre.client.reply(ConflictsReply.self, to: request).reply.conflicts
      #expect(Set(open.map(\.field)) == ["nama", "lifecycle"])
      let name = try #require(open.first { $0.field == "nama" })
      _ = try await fleet.centre.client.body(
        of: .resolution(name.id, ResolutionRequest(.value("WARGA ABU"), version: name.version, reason: "akta lahir")))
      try await fleet.agree([registry, district, neighbour], on: ["population"])
      for office in [registry, district] {
        let record = try await office.daemon.record("population", residents[1])
        #expect(record.fields["nama"] == "WARGA ABU")
        #expect(record.conflicts?["nama"] == nil)
      }
    }
  }

  private func register(
    _ count: Int, _ fleet: RealFleet, _ registry: RealFleet.Office, seenBy district: RealFleet.Office
  ) async throws -> [String] {
    for serial in 1...count {
      _ = try await registry.daemon.client.body(of: try .upsert("population", Clerk.resident(serial), source: nil))
    }
    try await fleet.agree([registry, district], on: ["population"])
    let records = try await fleet.all("population", at: district.daemon)
    #expect(records.count == count)
    return records.map(\.id)
  }

  private func save(_ fields: [String: JSONValue], of resident: String, at office: RealFleet.Office) async throws {
    let version = try await office.daemon.record("population", resident).version
    _ = try await office.daemon.client.body(
      of: try .edit("population", resident, fields, version: version, isCorrection: false))
  }
}

extension JSONValue: ExpressibleByStringLiteral {
  /// So that tests write values as they are.
  public init(stringLiteral text: String) { self = .string(text) }
}

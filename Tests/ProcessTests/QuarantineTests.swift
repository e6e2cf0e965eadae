import API
import Datasets
import Foundation
import TestSupport
import Testing

@testable import Diagnostics

/// What the centre cannot take: shown at both ends, decided by people, and in nobody's copy meanwhile.
@Suite(.serialized) struct QuarantineTests {
  /// Changes a file of the centre's definitions; the daemon looks every few seconds.
  private func change(_ file: String, of fleet: RealFleet, _ edit: (String) -> String) throws {
    let path = fleet.fleetFiles + "/datasets/" + file
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let changed = edit(text)
    try #require(changed != text)
    try changed.write(toFile: path, atomically: true, encoding: .utf8)
  }

  private static let rule = """
    [[write]]
    roles = ["kecamatan"]
    region = "own"
    """

  @Test func `edits that a new rule forbids are held, and requeued, put right or given up`() async throws {
    try await RealFleet.run(hasOwnFiles: true) { fleet in
      let registry = try await fleet.open("disdukcapil")
      let district = try await fleet.open("kec-lalabata")
      let offices = [registry, district]
      let residents = try await registry.register(4, fleet)
      try await fleet.agree(offices, on: ["population"])
      await district.relay.cut(.refused)
      for (index, resident) in residents.prefix(3).enumerated() {
        try await district.save(["alamat": .string("JL. DITAHAN \(index)")], of: resident)
      }
      try await district.punch(0..<5)
      try change("population.toml", of: fleet) { $0.replacing(Self.rule, with: "") }
      try await eventually("the new rule is in force") {
        try String(contentsOfFile: fleet.layout.centreLog, encoding: .utf8).contains("are in force")
      }
      try await district.relay.heal()
      try await eventually("three edits are held") { try await fleet.held(at: fleet.centre).count == 3 }
      // Nothing is blocked, no copy shows them, and the office says why.
      try await fleet.agree(offices, on: ["population", "attendance"])
      let shown = try await fleet.held(at: district.daemon)
      #expect(shown.map(\.code) == ["write_rule", "write_rule", "write_rule"])
      #expect(shown.allSatisfy { !$0.reason.isEmpty })
      #expect(try await district.daemon.record("population", residents[0]).fields["alamat"] == "JL. AWAL")
      #expect(try await fleet.problems(fleet.layout.centreSocket).contains("quarantine"))
      #expect(try await fleet.problems(of: district).contains("held_back"))

      let held = try await fleet.held(at: fleet.centre).sorted { $0.sequence < $1.sequence }
      let early = try await fleet.control(["quarantine", "requeue", held[0].id, "--reason", "coba"])
      #expect(early.end.exitCode == 1 && early.output.contains("still held"), "\(early)")
      let given = try await fleet.control(["quarantine", "discard", held[1].id, "--reason", "salah ketik"])
      #expect(given.end.isSuccess, "\(given)")
      let mended = try await fleet.control([
        "quarantine", "mend", held[2].id, "alamat=JL. DIPERBAIKI", "--reason", "menurut KK",
      ])
      #expect(mended.end.isSuccess, "\(mended)")
      try putBack(fleet)
      try await eventually("the rule is back, and the first is taken") {
        try await fleet.control(["quarantine", "requeue", held[0].id, "--reason", "aturan kembali"]).end.isSuccess
      }
      try await fleet.agree(offices, on: ["population", "attendance"])
      let addresses = try await residents.prefix(3).asyncMap {
        try await district.daemon.record("population", $0).fields["alamat"]
      }
      #expect(addresses == ["JL. DITAHAN 0", "JL. AWAL", "JL. DIPERBAIKI"])
      try await eventually("the office has nothing left") { try await fleet.held(at: district.daemon).isEmpty }
      #expect(try await fleet.ledger(at: fleet.centre) == ["population discarded 1"])
      #expect(try await fleet.ledger(at: district.daemon) == ["population discarded 1"])
    }
  }

  /// The definition as the project has it.
  private func putBack(_ fleet: RealFleet) throws {
    let original = try String(contentsOfFile: RealFleet.agents + "/datasets/population.toml", encoding: .utf8)
    try original.write(toFile: fleet.fleetFiles + "/datasets/population.toml", atomically: true, encoding: .utf8)
  }

  /// The next version of the definition: longer addresses fit.
  private static func widened(_ text: String) -> String {
    let alamat = "type = \"text\"\nmax = 200\npolicy = \"latest\"\npersonal = \"general\"\nheaders = [\"Alamat\""
    return text.replacing(alamat, with: alamat.replacing("max = 200", with: "max = 500"))
      .replacing("version = 2\n", with: "version = 3\n")
  }

  @Test func `a value that only a newer definition allows is held by a centre that went back to the older one`()
    async throws
  {
    try await RealFleet.run(hasOwnFiles: true) { fleet in
      let registry = try await fleet.open("disdukcapil")
      let district = try await fleet.open("kec-lalabata")
      let offices = [registry, district]
      let residents = try await registry.register(2, fleet)
      try await fleet.agree(offices, on: ["population"])
      let backup = fleet.layout.root + "/backup.sqlite"
      #expect(try await fleet.control(["backup", backup]).end.isSuccess)
      try change("population.toml", of: fleet, Self.widened)
      try await eventually("the office has it") {
        try await district.daemon.client.reply(DatasetsReply.self, to: .datasets).reply.datasets
          .contains { $0.id == "population" && $0.version == 3 }
      }
      await district.relay.cut(.refused)
      let long = String(repeating: "JL. PANJANG ", count: 25) + "1"
      try await district.save(["alamat": .string(long)], of: residents[0])
      try await district.punch(0..<5)
      // The centre is set back, with the files of that time.
      try await fleet.kill(RealFleet.centreName)
      try putBack(fleet)
      let restored = try await fleet.run(
        "simpul-aggregator", ["restore", "--config", fleet.layout.centreConfiguration, backup])
      #expect(restored.end.isSuccess, "\(restored)")
      try await fleet.startCentre()
      try await district.relay.heal()
      try await eventually("it is held") { try await fleet.held(at: fleet.centre).map(\.code) == ["schema"] }
      try await fleet.agree(offices, on: ["population", "attendance"])
      #expect(try await fleet.held(at: district.daemon).map(\.code) == ["schema"])
      #expect(try await district.daemon.record("population", residents[0]).fields["alamat"] == "JL. AWAL")
      let id = try #require(try await fleet.held(at: fleet.centre).first?.id)
      try change("population.toml", of: fleet, Self.widened)
      try await eventually("the newer definition is back, and it is taken") {
        try await fleet.control(["quarantine", "requeue", id, "--reason", "definisi baru"]).end.isSuccess
      }
      try await fleet.agree(offices, on: ["population", "attendance"])
      #expect(try await fleet.centre.record("population", residents[0]).fields["alamat"] == .string(long))
      try await eventually("the office has nothing left") { try await fleet.held(at: district.daemon).isEmpty }
    }
  }

  @Test func `entries of a dataset that the centre does not know wait, and are taken in by themselves once it does`()
    async throws
  {
    try await RealFleet.run(hasOwnFiles: true) { fleet in
      let office = try await fleet.open("setda")
      await office.relay.cut(.refused)
      let rows = (0..<20).map {
        #"{"camera":"c1","time":"2026-11-02T07:00:\#(String(format: "%02d", $0))+08:00","verdict":"ok"}"# + "\n"
      }
      try await office.take("camera", rows.joined())
      try await office.punch(0..<5)
      let path = fleet.fleetFiles + "/datasets/camera.toml"
      let text = try String(contentsOfFile: path, encoding: .utf8)
      try FileManager.default.removeItem(atPath: path)
      // The running centre would keep what it has: it is a centre that was set up with older files.
      try await fleet.kill(RealFleet.centreName)
      try await fleet.startCentre()
      try await office.relay.heal()
      try await eventually("they are held") { try await fleet.held(at: fleet.centre).count == 20 }
      #expect(try await fleet.held(at: fleet.centre).allSatisfy { $0.code == "unknown_dataset" })
      try await fleet.agree([office], on: ["attendance"])
      #expect(try await fleet.centre.digest("attendance").count == 5)
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      try await eventually("they are taken in") { try await fleet.held(at: fleet.centre).isEmpty }
      try await fleet.agree([office], on: ["camera", "attendance"])
      #expect(try await fleet.centre.digest("camera").count == 20)
      #expect(try await fleet.held(at: office.daemon).isEmpty)

      // Now that the centre holds data of it, a definition that is gone is no decision.
      try FileManager.default.removeItem(atPath: path)
      try await eventually("the centre tells it") {
        try await fleet.control(["doctor"]).output.contains("the definition of camera is gone")
      }
      #expect(try await fleet.centre.digest("camera").count == 20)
    }
  }
}

extension Swift.Sequence {
  fileprivate func asyncMap<Result>(_ transform: (Element) async throws -> Result) async rethrows -> [Result] {
    var results: [Result] = []
    for element in self { results.append(try await transform(element)) }
    return results
  }
}

import API
import Datasets
import Foundation
import Settings
import TestSupport
import Testing

@testable import Diagnostics

/// A disk of the centre's that changes what it keeps.
@Suite(.serialized) struct CentreDamageTests {
  @Test func `flipped bits in the centre's file are said by the backup and by doctor, mended, and in no copy`()
    async throws
  {
    try await RealFleet.run { fleet in
      let address = "JL. KERUSAKAN 12345"
      let registry = try await fleet.open("disdukcapil")
      var row = Clerk.resident(1)
      row["alamat"] = .string(address)
      _ = try await registry.daemon.client.body(of: try .upsert("population", row, source: nil))
      try await fleet.agree([registry], on: ["population"])
      let resident = try #require(try await fleet.all("population", at: registry.daemon).first).id

      await fleet.processes.stop(RealFleet.centreName)
      // The change, the record's state and its typed row.
      try await fleet.damage(address, inStore: fleet.layout.centreDirectory + "/data/aggregator.sqlite")
      try await fleet.startCentre()
      let backup = fleet.layout.root + "/backup.sqlite"
      let made = try await fleet.control(["backup", backup])
      #expect(made.end.exitCode == 1 && made.output.contains("do not match their checksums"), "\(made)")
      let dry = try await fleet.run(
        "simpul-aggregator", ["restore", "--config", fleet.layout.centreConfiguration, backup, "--dry-run"])
      #expect(dry.output.contains("DAMAGED: 2 rows"), "\(dry)")

      // An office without a copy takes all of it from the centre, damaged as it is.
      let district = try await fleet.open("kec-lalabata")
      try await eventually("what was damaged is whole again") {
        let record = try? await fleet.centre.record("population", resident)
        return record?.fields["alamat"] == .string(address)
      }
      try await fleet.agree([registry, district], on: ["population"])
      for office in [registry, district] {
        #expect(try await office.daemon.record("population", resident).fields["alamat"] == .string(address))
      }
      let finding = try #require(
        try await fleet.doctor(fleet.layout.centreSocket).findings.first { $0.code == "store_damaged" })
      #expect(finding.evidence.hasPrefix("0 could not be put right; 2 were"), "\(finding)")
      #expect(try await fleet.control(["backup", "--replace", backup]).end.isSuccess)
    }
  }
}

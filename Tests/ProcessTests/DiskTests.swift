import API
import Datasets
import Foundation
import TestSupport
import Testing

@testable import Diagnostics

/// An office's disk that burns, runs twice, or is set back while it runs.
@Suite(.serialized) struct DiskTests {
  @Test func `a new machine with an empty disk goes on as the office, and the old disk is refused and reported`()
    async throws
  {
    try await RealFleet.run { fleet in
      let registry = try await fleet.open("disdukcapil")
      let district = try await fleet.open("kec-lalabata")
      let offices = [registry, district]
      let residents = try await registry.register(3, fleet)
      try await fleet.agree(offices, on: ["population"])
      try await district.save(["alamat": "JL. LAMA"], of: residents[0])
      try await district.punch(0..<10)
      try await fleet.agree(offices, on: ["population", "attendance"])
      await fleet.stop(district)
      let burnt = try fleet.removeDisk(of: district)

      try await fleet.joinAgain(district)
      try await fleet.start(district)
      try await eventually("the new machine is online") { try await district.daemon.status().state == "online" }
      // Its copy comes by the feed, its own events among it.
      try await fleet.agree(offices, on: ["population", "attendance"])
      #expect(try await district.daemon.digest("attendance").count == 10)
      #expect(try await district.daemon.record("population", residents[0]).fields["alamat"] == "JL. LAMA")
      // It edits what its predecessor wrote, under numbers that begin anew.
      try await district.save(["alamat": "JL. BARU"], of: residents[0])
      try await district.punch(5..<15)
      try await fleet.agree(offices, on: ["population", "attendance"])
      #expect(try await fleet.centre.record("population", residents[0]).fields["alamat"] == "JL. BARU")
      #expect(try await fleet.query("SELECT count(*) FROM conflict") == ["0"])
      #expect(try await fleet.centre.digest("attendance").count == 15)
      #expect(try await fleet.problemsAtCentre(of: district).contains("node_replaced"))

      // Somebody switches the old machine on again.
      await fleet.stop(district)
      let new = try fleet.exchangeDisk(of: district, for: burnt)
      try await fleet.start(district)
      try await eventually("the centre says so") {
        try await fleet.problemsAtCentre(of: district).contains("old_key_used")
      }
      #expect(try await district.daemon.status().state != "online")
      let told = try await fleet.problems(of: district)
      #expect(told.contains("key_refused"), "\(told)")
      await fleet.stop(district)
      try fleet.exchangeDisk(of: district, for: new)
      try await fleet.start(district)
      try await fleet.agree(offices, on: ["population", "attendance"])
      #expect(try await fleet.centre.node(district.name).state == "online")
    }
  }

  @Test func `two machines that run at once as one office are fenced, and the one that is invited goes on`()
    async throws
  {
    try await RealFleet.run { fleet in
      let office = try await fleet.open("setda")
      try await office.punch(0..<5)
      try await fleet.agree([office], on: ["attendance"])
      await fleet.stop(office)
      let second = try await fleet.copy(office, disk: try fleet.copyDisk(of: office))
      try await fleet.start(office)
      try await eventually("the first is online") { try await office.daemon.status().state == "online" }
      try await fleet.start(second)
      try await eventually("both are refused") {
        let first = try await office.daemon.status().state
        let other = try await second.daemon.status().state
        return first == "refused" && other == "refused"
      }
      #expect(try await fleet.centre.node(office.name).state == "fenced")
      #expect(try await fleet.problemsAtCentre(of: office).contains("node_fenced"))
      #expect(try await fleet.problems(of: office).contains("fenced"))
      try await office.punch(5..<9)
      try await second.punch(9..<12)

      // The admin chooses the first, which is not the one that spoke last.
      await fleet.stop(office)
      try await fleet.joinAgain(office)
      try await fleet.start(office)
      try await eventually("the chosen one is back") { try await office.daemon.status().state == "online" }
      try await fleet.agree([office], on: ["attendance"])
      #expect(try await fleet.centre.digest("attendance").count == 9)
      // The other keeps what it has, is told why it is not heard, and the centre that it knocks.
      try await eventually("the other one knocks in vain") {
        try await fleet.problemsAtCentre(of: office).contains("old_key_used")
      }
      #expect(try await second.daemon.status().backlog?.changes == 3)
      #expect(try await fleet.centre.node(office.name).state == "online")
    }
  }

  @Test func `a snapshot of the disk of a running office that is set back loses nothing that was sent`() async throws {
    try await RealFleet.run { fleet in
      let registry = try await fleet.open("disdukcapil")
      let district = try await fleet.open("kec-lalabata")
      let offices = [registry, district]
      let residents = try await registry.register(2, fleet)
      try await fleet.agree(offices, on: ["population"])
      try await district.punch(0..<10)
      // As storage does it: at one instant, with the log of transactions that are not in the file yet.
      var snapshot = ""
      try await fleet.freeze(district) { snapshot = try fleet.copyDisk(of: district) }
      try await district.punch(10..<30)
      try await district.save(["alamat": "JL. SESUDAH"], of: residents[0])
      try await fleet.agree(offices, on: ["population", "attendance"])

      try await fleet.kill(district.name.text)
      try fleet.exchangeDisk(of: district, for: snapshot)
      try await fleet.start(district)
      try await district.punch(25..<35)
      try await fleet.agree(offices, on: ["population", "attendance"])
      #expect(try await fleet.centre.digest("attendance").count == 35)
      #expect(try await district.daemon.record("population", residents[0]).fields["alamat"] == "JL. SESUDAH")
      #expect(try await fleet.problemsAtCentre(of: district).contains("node_restored"))
    }
  }
}

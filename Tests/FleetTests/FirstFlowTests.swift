import Agent
import CentreStorage
import Datasets
import NodeStorage
import Replication
import Sessions
import Settings
import TestSupport
import Testing

@Suite(.serialized) struct FirstFlowTests {
  @Test func `a punch travels from an office to the centre and to the personnel office`() async throws {
    let fleet = try await Fleet()
    let office = try await Office("setda", of: fleet)
    let personnel = try await Office("bkpsdm", of: fleet)
    try await eventually("the office is welcomed") { office.catalogue.current.profile != nil }
    let receipt = try await office.take(
      "attendance",
      [
        ["device": "X1", "pin": "7", "time": "2026-11-20T07:29:00+08:00", "status": "0"],
        ["device": "X1", "pin": "8", "time": "2026-11-20T07:31:00+08:00", "status": "0"],
      ])
    #expect(receipt.accepted == 2)
    #expect(receipt.rejected.isEmpty)
    let attendance = try #require(DatasetName("attendance"))
    try await eventually("the centre has both") {
      try await fleet.store.digest(attendance).count == 2
    }
    try await eventually("the personnel office has both") {
      guard personnel.catalogue.dataset(attendance) != nil else { return false }
      return try await personnel.store.digest(attendance).count == 2
    }
    try await eventually("nothing waits") { try await office.store.status().backlogChanges == 0 }
    await office.stop()
    await personnel.stop()
    await fleet.stop()
  }

  @Test func `a resident travels from Disdukcapil to the kecamatan and the digests agree`() async throws {
    let fleet = try await Fleet()
    let registry = try await Office("disdukcapil", of: fleet)
    let district = try await Office("kec-lalabata", of: fleet)
    let other = try await Office("kec-citta", of: fleet)
    try await eventually("the registry is welcomed") { registry.catalogue.fleetKey != nil }
    let receipt = try await registry.take(
      "population",
      [
        [
          "nik": "7312040508680001", "nama": "ANDI BASO", "tanggal_lahir": "1968-08-05",
          "kode_wilayah": "73.12.04.1001", "jenis_kelamin": "L", "alamat": "Jl. Merdeka 1",
        ]
      ])
    #expect(receipt.rejected.isEmpty, "\(receipt.rejected)")
    #expect(receipt.accepted == 1)
    let population = try #require(DatasetName("population"))
    try await eventually("the kecamatan has the resident") {
      guard district.catalogue.dataset(population) != nil else { return false }
      return try await district.store.digest(population).count == 1
    }
    for office in [registry, district, other] {
      try await eventually("the digest of \(office.name) agrees") {
        guard office.catalogue.dataset(population) != nil else { return false }
        let here = try await office.store.digest(population)
        let there = try await fleet.store.digest(population, node: try fleet.node(office.name))
        return here.digest == there.digest && here.count == there.count && here.pending == 0
      }
    }
    #expect(try await other.store.digest(population).count == 0)
    for office in [registry, district, other] { await office.stop() }
    await fleet.stop()
  }
}

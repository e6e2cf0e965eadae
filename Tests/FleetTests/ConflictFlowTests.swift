import Agent
import Aggregator
import CentreStorage
import Datasets
import Machine
import NodeStorage
import Replication
import Sessions
import Settings
import TestSupport
import Testing
import Wire

/// Two offices edit the same resident while neither hears of the other.
@Suite(.serialized) struct ConflictFlowTests {
  static let resident: [String: String] = [
    "nik": "7312040508680001", "nama": "ANDI BASO", "tanggal_lahir": "1968-08-05",
    "kode_wilayah": "73.12.04.1001", "jenis_kelamin": "L", "alamat": "Jl. Merdeka 1", "agama": "ISLAM",
    "status_hidup": "hidup",
  ]

  /// A fleet whose Disdukcapil and kecamatan hold one resident.
  struct Scene {
    let fleet: Fleet
    let registry: Office
    let district: Office
    let population: DatasetName
    let id: RecordID

    init() async throws {
      fleet = try await Fleet()
      registry = try await Office("disdukcapil", of: fleet)
      district = try await Office("kec-lalabata", of: fleet)
      let population = try #require(DatasetName("population"))
      self.population = population
      let registry = registry
      let district = district
      try await eventually("the registry is welcomed") { registry.catalogue.fleetKey != nil }
      let receipt = try await registry.take("population", [ConflictFlowTests.resident])
      id = try #require(receipt.records.first)
      try await eventually("the kecamatan has the resident") {
        guard district.catalogue.dataset(population) != nil else { return false }
        return try await district.store.records(population).elements.count == 1
      }
    }

    /// Both edit what their screens showed, with the link down.
    func editOffline(
      registry registryEdit: (String, Value), district districtEdit: (String, Value)
    ) async throws {
      let (population, id) = (population, id)
      for (office, edit) in [(registry, registryEdit), (district, districtEdit)] {
        let shown = try #require(try await office.store.record(population, id))
        await office.pauseLink()
        let field = try #require(FieldName(edit.0))
        _ = try await office.store.save(
          population, id: id, values: [(field, edit.1)], version: shown.version, now: MachineClock.reading())
      }
      for office in [registry, district] { try await office.resumeLink(of: fleet) }
    }

    func settled() async throws {
      for office in [registry, district] {
        try await eventually("the digest of \(office.name) agrees") {
          let here = try await office.store.digest(population)
          let there = try await fleet.store.digest(population, node: try fleet.node(office.name))
          return here.digest == there.digest && here.count == there.count && here.pending == 0
            && here.cursor?.position == there.cursor.position
        }
      }
    }

    func shown(_ field: String, at office: Office) async throws -> Value? {
      let name = try #require(FieldName(field))
      return try await office.store.record(population, id)?[name]
    }

    func stop() async {
      await registry.stop()
      await district.stop()
      await fleet.stop()
    }
  }

  @Test(arguments: [
    ("alamat", "Jl. Pasar 2", "Jl. Kebun 3", ConflictState.settled),
    ("nama", "ANDI BASO A", "ANDI BASO B", .open),
    ("agama", "2", "3", .settled),
    ("status_hidup", "pindah", "meninggal", .settled),
  ])
  func `edits of one field keep both values and show one everywhere`(
    field: String, registryValue: String, districtValue: String, expected: ConflictState
  ) async throws {
    let scene = try await Scene()
    try await scene.editOffline(
      registry: (field, .text(registryValue)), district: (field, .text(districtValue)))
    try await scene.settled()
    let name = try #require(FieldName(field))
    for office in [scene.registry, scene.district] {
      let view = try #require(try await office.store.record(scene.population, scene.id))
      let conflict = try #require(view.conflicts.first { $0.field == name })
      #expect(conflict.state == expected)
      #expect(Set(conflict.siblings.map(\.value)) == [.text(registryValue), .text(districtValue)])
    }
    let shown = try await scene.shown(field, at: scene.registry)
    #expect(try await scene.shown(field, at: scene.district) == shown)
    switch field {
    case "nama", "agama": #expect(shown == .text(registryValue), "the authority's word shows")
    case "status_hidup": #expect(shown == .text("meninggal"), "the furthest state shows")
    default: #expect(shown == .text(districtValue), "the later edit shows")
    }
    await scene.stop()
  }

  @Test func `an open conflict ends everywhere when the centre resolves it`() async throws {
    let scene = try await Scene()
    try await scene.editOffline(
      registry: ("nama", .text("ANDI BASO A")), district: ("nama", .text("ANDI BASO B")))
    try await scene.settled()
    let name = try #require(FieldName("nama"))
    let view = try #require(try await scene.registry.store.record(scene.population, scene.id))
    let edit = try await scene.fleet.store.resolve(
      scene.population, scene.id, field: name, value: .text("ANDI BASO B"), version: view.version,
      reason: "akta lahir", now: MachineClock.wall())
    _ = try #require(edit)
    await scene.fleet.hub.feedChanged()
    for office in [scene.registry, scene.district] {
      try await eventually("the resolution reaches \(office.name)") {
        let view = try await office.store.record(scene.population, scene.id)
        return view?.conflicts.isEmpty == true && view?[name] == .text("ANDI BASO B")
      }
    }
    try await scene.settled()
    await scene.stop()
  }

  @Test func `a delete against an edit keeps the resident in sight with an open conflict`() async throws {
    let scene = try await Scene()
    let version = try #require(try await scene.registry.store.record(scene.population, scene.id)).version
    let shown = try #require(try await scene.district.store.record(scene.population, scene.id))
    await scene.registry.pauseLink()
    await scene.district.pauseLink()
    _ = try await scene.registry.store.setLifecycle(
      scene.population, id: scene.id, .deleted, version: version, reason: "ganda", now: MachineClock.reading())
    let address = try #require(FieldName("alamat"))
    _ = try await scene.district.store.save(
      scene.population, id: scene.id, values: [(address, .text("Jl. Baru 9"))], version: shown.version,
      now: MachineClock.reading())
    try await scene.registry.resumeLink(of: scene.fleet)
    try await scene.district.resumeLink(of: scene.fleet)
    try await scene.settled()
    for office in [scene.registry, scene.district] {
      let view = try #require(try await office.store.record(scene.population, scene.id))
      #expect(!view.isHidden)
      #expect(view.conflicts.contains { $0.field == .lifecycle && $0.state == .open })
      #expect(view[address] == .text("Jl. Baru 9"))
    }
    await scene.stop()
  }

  @Test func `a resident who moves leaves one kecamatan and comes to the other`() async throws {
    let scene = try await Scene()
    let other = try await Office("kec-citta", of: scene.fleet)
    let version = try #require(try await scene.registry.store.record(scene.population, scene.id)).version
    // The kecamatan is away while the resident moves.
    await scene.district.pauseLink()
    let region = try #require(FieldName("kode_wilayah"))
    let saved = try await scene.registry.store.save(
      scene.population, id: scene.id, values: [(region, .text("73.12.08.2001"))], version: version,
      now: MachineClock.reading())
    let dot = try #require(saved.dot)
    await scene.registry.appended(scene.population, dot)
    try await eventually("the resident comes to Citta") {
      guard other.catalogue.dataset(scene.population) != nil else { return false }
      return try await other.store.records(scene.population).elements.count == 1
    }
    try await scene.district.resumeLink(of: scene.fleet)
    try await eventually("the resident leaves Lalabata") {
      try await scene.district.store.records(scene.population).elements.isEmpty
    }
    try await scene.settled()
    await other.stop()
    await scene.stop()
  }
}

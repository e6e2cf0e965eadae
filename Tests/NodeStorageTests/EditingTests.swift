import Datasets
import NodeStorage
import Replication
import Storage
import Testing
import Wire

@Suite struct EditingTests {
  private let alamat = Fixture.field("alamat")

  private func store() async throws -> (NodeStore, RecordView) {
    let store = try await TemporaryStore().open()
    _ = try await store.add([Fixture.person(1)])
    return (store, try await store.person(1))
  }

  @Test func `a save is on the disk with a new version and a dot`() async throws {
    let (store, view) = try await store()
    let saved = try await store.save(
      Fixture.population, id: view.id, values: [(alamat, .text("JL. BARU"))], version: view.version,
      now: Fixture.clock(2))
    #expect(saved.dot == Dot(author: store.author, sequence: Fixture.sequence(2)))
    #expect(saved.view[alamat] == .text("JL. BARU") && saved.view.version != view.version)
    #expect(try await store.record(Fixture.population, view.id)?.version == saved.view.version)
  }

  @Test func `a save over this office's own later change is 412, of another field is not`() async throws {
    let (store, view) = try await store()
    _ = try await store.save(
      Fixture.population, id: view.id, values: [(alamat, .text("SATU"))], version: view.version,
      now: Fixture.clock(2))
    await #expect(throws: EditRefusal.stale(fields: [alamat])) {
      try await store.save(
        Fixture.population, id: view.id, values: [(alamat, .text("DUA"))], version: view.version,
        now: Fixture.clock(3))
    }
    _ = try await store.save(
      Fixture.population, id: view.id, values: [(Fixture.field("telepon"), .text("081234567"))],
      version: view.version, now: Fixture.clock(4))
    #expect(try await store.stream(Fixture.population).last == Fixture.sequence(3))
  }

  @Test func `a record that was seen deleted is 410 until it is restored`() async throws {
    let (store, view) = try await store()
    let deleted = try await store.setLifecycle(
      Fixture.population, id: view.id, .deleted, version: view.version, reason: "ganda", now: Fixture.clock(2)
    )
    #expect(deleted.view.isHidden && deleted.view.lifecycle == .deleted)
    await #expect(throws: EditRefusal.gone) {
      try await store.save(
        Fixture.population, id: view.id, values: [(alamat, .text("X"))], version: deleted.view.version,
        now: Fixture.clock(3))
    }
    // Who looked at it before the delete has to look again.
    await #expect(throws: EditRefusal.self) {
      try await store.save(
        Fixture.population, id: view.id, values: [(alamat, .text("X"))], version: view.version,
        now: Fixture.clock(3))
    }
    let restored = try await store.setLifecycle(
      Fixture.population, id: view.id, .present, version: deleted.view.version, now: Fixture.clock(4))
    #expect(!restored.view.isHidden)
    _ = try await store.save(
      Fixture.population, id: view.id, values: [(alamat, .text("X"))], version: restored.view.version,
      now: Fixture.clock(5))
    #expect(try await store.person(1)[alamat] == .text("X"))
  }

  @Test func `a monotone field goes back only as a correction`() async throws {
    let (store, view) = try await store()
    let status = Fixture.field("status_hidup")
    let moved = try await store.save(
      Fixture.population, id: view.id, values: [(status, .text("meninggal"))], version: view.version,
      now: Fixture.clock(2))
    await #expect(throws: EditRefusal.stepBack(field: status)) {
      try await store.save(
        Fixture.population, id: view.id, values: [(status, .text("hidup"))], version: moved.view.version,
        now: Fixture.clock(3))
    }
    let corrected = try await store.save(
      Fixture.population, id: view.id, values: [(status, .text("hidup"))], version: moved.view.version,
      isCorrection: true, reason: "salah orang", now: Fixture.clock(4))
    #expect(corrected.view[status] == .text("hidup"))
  }

  @Test func `what the office may not write is refused with the reason`() async throws {
    let (store, view) = try await store()
    let moved = try await store.save(
      Fixture.population, id: view.id, values: [(Fixture.field("kode_wilayah"), .text("73.12.05.1001"))],
      version: view.version, now: Fixture.clock(2))
    // The record is another office's now.
    let refusal = await #expect(throws: QuarantineReason.self) {
      try await store.save(
        Fixture.population, id: view.id, values: [(alamat, .text("X"))], version: moved.view.version,
        now: Fixture.clock(3))
    }
    #expect(refusal?.code == .writeRule)
    #expect(try await store.stream(Fixture.population).last == Fixture.sequence(2))
  }

  @Test func `records that nobody here knows are not found`() async throws {
    let (store, _) = try await store()
    let error = await #expect(throws: StoreError.self) {
      try await store.save(
        Fixture.population, id: RecordID(high: 1, low: 2), values: [(alamat, .text("X"))], version: nil,
        now: Fixture.clock(3))
    }
    #expect(error?.code == .notFound)
    #expect(try await store.record(Fixture.population, RecordID(high: 1, low: 2)) == nil)
  }

  @Test func `a conflict is listed with its siblings, and a resolution that saw them closes it`() async throws {
    let (store, view) = try await store()
    let name = Fixture.field("nama")
    var centre = FakeCentre()
    try await store.send(Fixture.population, to: &centre)
    // Another office changed the name; this office did at the same time.
    let saw = centre.states[view.id]?[name].context
    _ = try await store.save(
      Fixture.population, id: view.id, values: [(name, .text("ORANG SATU"))], version: view.version,
      now: Fixture.clock(2))
    centre.edit(view.id, "nama", .text("ORANG PERTAMA"), sequence: 1, saw: saw)
    try await store.take(try centre.feed())
    let page = try await store.conflicts(state: .open)
    let conflict = try #require(page.elements.first)
    #expect(page.elements.count == 1 && page.next == nil)
    #expect(conflict.record == view.id && conflict.conflict.field == name)
    #expect(Set(conflict.conflict.siblings.map(\.value)) == [.text("ORANG SATU"), .text("ORANG PERTAMA")])
    #expect(try await store.conflicts(state: .settled).elements.isEmpty)
    // One more edit comes before the resolution is made.
    centre.edit(view.id, "nama", .text("ORANG KETIGA"), by: Fixture.name("bkpsdm"), sequence: 1, saw: saw)
    try await store.take(try centre.feed())
    await #expect(throws: SiblingArrived(field: name)) {
      try await store.resolve(
        Fixture.population, id: view.id, field: name, value: .text("ORANG SATU"), version: conflict.version,
        reason: "KTP", now: Fixture.clock(4))
    }
    let version = try #require(try await store.conflicts().elements.first?.version)
    _ = try await store.resolve(
      Fixture.population, id: view.id, field: name, value: .text("ORANG SATU"), version: version,
      reason: "KTP", now: Fixture.clock(5))
    #expect(try await store.conflicts().elements.isEmpty)
    #expect(try await store.conflictCounts() == (0, 0))
    try await store.send(Fixture.population, to: &centre)
    #expect(centre.states[view.id]?[name].siblings.map(\.value) == [.text("ORANG SATU")])
  }

  @Test func `records come in pages, filtered and searched`() async throws {
    let store = try await TemporaryStore().open()
    _ = try await store.add((0..<25).map { Fixture.person($0) })
    var ids: [RecordID] = []
    var cursor: String?
    repeat {
      let page = try await store.records(Fixture.population, RecordQuery(limit: 7, cursor: cursor))
      ids += page.elements.map(\.id)
      cursor = page.next
    } while cursor != nil
    #expect(ids.count == 25 && ids == ids.sorted())
    let found = try await store.records(Fixture.population, RecordQuery(search: "orang 2"))
    #expect(Set(found.elements.map { $0[Fixture.field("nama")] }).count == 6)
    #expect(try await store.records(Fixture.population, RecordQuery(search: "100%")).elements.isEmpty)
    let unknown = RecordQuery(equals: [(Fixture.field("tidak_ada"), .text("x"))])
    #expect(try await store.records(Fixture.population, unknown).elements.isEmpty)
  }

  @Test func `lookups of one record and of one person use an index`() async throws {
    let store = try await TemporaryStore().open()
    for sql in [
      "SELECT row FROM _record WHERE stream = 1 AND id = x'00'",
      "SELECT id FROM population WHERE nik = 'x' AND tanggal_lahir = 'y' ORDER BY id LIMIT 1",
      "SELECT sequence FROM _edit WHERE record = 1 AND sequence > 5 ORDER BY sequence",
      "SELECT id FROM _entry WHERE id BETWEEN 1 AND 2 ORDER BY id",
      "SELECT id FROM _seal WHERE id BETWEEN 1 AND 2 ORDER BY id DESC LIMIT 1",
      "SELECT id FROM _mark WHERE id BETWEEN 1 AND 2 ORDER BY id DESC LIMIT 1",
      "SELECT id FROM population WHERE (id) > ('00') ORDER BY id LIMIT 5",
      """
      SELECT * FROM _conflict WHERE (stream, record, field) > (1, x'00', 'a') AND state = 'open'
      ORDER BY stream, record, field LIMIT 5
      """,
      "SELECT body FROM _held_back WHERE record = x'00'",
      "SELECT 1 FROM attendance WHERE device = 'a' AND pin = 'b' AND time = 'c' AND status = 1",
      "SELECT * FROM attendance WHERE (device, pin, time, status) > ('a', 'b', 'c', 1) ORDER BY device, pin, time, status",
    ] {
      let plan = try await store.queryPlan(sql)
      #expect(plan.allSatisfy { $0.hasPrefix("SEARCH") }, "\(sql): \(plan)")
    }
  }
}

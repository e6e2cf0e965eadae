import Datasets
import NodeStorage
import Replication
import Storage
import Testing
import Wire

/// What a restored centre does not know, offered back or given up.
@Suite struct RecoveredTests {
  private let elsewhere = RecordID(high: 0x0100_0000_0000_0000, low: 5)
  private let nama = Fixture.field("nama")
  private let alamat = Fixture.field("alamat")

  /// A person of another office whom the centre had, and whom `forget` takes from it in a restore.
  ///
  /// - Parameter last: what was edited after the backup; the address unless a test says otherwise.
  private func shelved(
    forgetting forget: (inout FakeCentre, RecordID) -> Void = { $0.touch($1) },
    losing last: (inout FakeCentre, RecordID) -> Void = { $0.edit($1, "alamat", .text("JL. BARU"), sequence: 5) }
  ) async throws -> (NodeStore, FakeCentre) {
    let store = try await TemporaryStore().open()
    _ = try await store.add([Fixture.person(1)])
    var centre = FakeCentre()
    try await store.send(Fixture.population, to: &centre)
    centre.edit(elsewhere, "kode_wilayah", .text("73.12.04.1001"), sequence: 1)
    centre.edit(elsewhere, "nama", .text("DARI LAIN"), sequence: 2)
    centre.edit(elsewhere, "alamat", .text("JL. LAMA"), sequence: 3)
    centre.edit(elsewhere, "status_hidup", .text("pindah"), sequence: 4)
    let before = centre
    last(&centre, elsewhere)
    try await store.take(try centre.feed())
    centre.states[elsewhere] = before.states[elsewhere]
    forget(&centre, elsewhere)
    centre.epoch = Incarnation(generation: 1, random: 0xC1)
    try await store.beginReset(sweepAt: centre.position, epoch: centre.epoch, ruleVersion: 1)
    for feed in try centre.feed() { _ = try await store.apply(feed, now: Fixture.clock(21)) }
    return (store, centre)
  }

  private func agree(_ store: NodeStore, _ centre: FakeCentre) async throws {
    let digest = try await store.digest(Fixture.population)
    #expect(digest.digest == centre.digest().sum && digest.pending == 0 && digest.count == centre.digest().count)
  }

  @Test func `a record that the centre lost whole is made again under its id`() async throws {
    var (store, centre) = try await shelved { centre, id in
      centre.states[id] = nil
      centre.positions[id] = nil
    }
    let number = try #require(try await store.recovered().first).number
    let offer = try await store.offerRecovered(number, reason: "hilang di pusat", now: Fixture.clock(22))
    #expect(offer.recorded != nil && offer.left.isEmpty)
    #expect(try await store.recovered().isEmpty)
    try await store.send(Fixture.population, to: &centre)
    #expect(centre.states[elsewhere]?[nama].siblings.map(\.value) == [.text("DARI LAIN")])
    #expect(centre.states[elsewhere]?[alamat].siblings.map(\.value) == [.text("JL. BARU")])
    try await store.take(try centre.feed())
    try await agree(store, centre)
  }

  @Test func `a file that says again what a restored centre has lost makes it known again`() async throws {
    let store = try await TemporaryStore().open()
    var centre = FakeCentre()
    let row = Fixture.person(7, ["nama": .text("DARI LAIN")])
    // Another office made the same person of the same number.
    let elsewhere = try #require(try await TemporaryStore().open().add([row]).records.first)
    for (index, field) in row.row.fields.enumerated() {
      centre.edit(elsewhere, field.name.text, field.value, sequence: UInt64(index + 1))
    }
    try await store.take(try centre.feed())
    #expect(try await store.add([row]).records == [elsewhere])
    try await store.send(Fixture.population, to: &centre)
    try await store.take(try centre.feed())
    #expect(try await store.add([row], at: 2).unchanged == 1)
    // The centre is set back to before it had the person, and the office has let go of what it had sent.
    centre.states[elsewhere] = nil
    centre.positions[elsewhere] = nil
    centre.epoch = Incarnation(generation: 1, random: 0xC1)
    try await store.beginReset(sweepAt: centre.position, epoch: centre.epoch, ruleVersion: 1)
    for feed in try centre.feed() { _ = try await store.apply(feed, now: Fixture.clock(21)) }
    #expect(try await store.recovered().map(\.record) == [elsewhere])
    let dryRun = try await store.dryRun(of: Fixture.population)
    let tried = try await dryRun.importRows([row], run: Fixture.run(), now: Fixture.clock(22))
    #expect(tried.outcomes?.map(\.kind) == [.new])
    let again = try await store.add([row], at: 22)
    #expect(again.created == 1 && again.records == [elsewhere])
    #expect(try await store.person(7)[nama] == .text("DARI LAIN"))
  }

  @Test func `a file that says what it said before takes nothing back of a record that the centre still has`()
    async throws
  {
    let store = try await TemporaryStore().open()
    let row = Fixture.person(1, ["alamat": .text("JL. BERKAS")])
    let id = try #require(try await store.add([row]).records.first)
    var centre = FakeCentre()
    try await store.send(Fixture.population, to: &centre)
    centre.edit(id, "alamat", .text("JL. KECAMATAN"), sequence: 1)
    try await store.take(try centre.feed())
    let before = centre
    centre.edit(id, "telepon", .text("0811"), sequence: 2)
    try await store.take(try centre.feed())
    // Set back to before the telephone.
    centre.states[id] = before.states[id]
    centre.touch(id)
    centre.epoch = Incarnation(generation: 1, random: 0xC1)
    try await store.beginReset(sweepAt: centre.position, epoch: centre.epoch, ruleVersion: 1)
    for feed in try centre.feed() { _ = try await store.apply(feed, now: Fixture.clock(21)) }
    #expect(try await store.recovered().map(\.record) == [id])
    let again = try await store.add([row], at: 22)
    #expect(again.unchanged == 1 && again.held == 0 && again.changed == 0)
    #expect(try await store.person(1)[alamat] == .text("JL. KECAMATAN"))
  }

  @Test func `a lost edit replaces what it had replaced, and stands beside what came since`() async throws {
    for isEditedSince in [false, true] {
      var (store, centre) = try await shelved { centre, id in
        if isEditedSince {
          centre.edit(id, "alamat", .text("JL. LAIN"), by: Fixture.name("bkpsdm"), sequence: 1)
        } else {
          centre.touch(id)
        }
      }
      let number = try #require(try await store.recovered().first).number
      _ = try await store.offerRecovered(number, reason: nil, now: Fixture.clock(22))
      try await store.send(Fixture.population, to: &centre)
      let values = centre.states[elsewhere]?[alamat].siblings.map(\.value.text).sorted()
      #expect(values == (isEditedSince ? ["JL. BARU", "JL. LAIN"] : ["JL. BARU"]))
      #expect(centre.states[elsewhere]?[nama].siblings.count == 1)
      try await store.take(try centre.feed())
      try await agree(store, centre)
    }
  }

  @Test func `this office's own later edit stands, and what shows already writes nothing`() async throws {
    let (store, _) = try await shelved { centre, id in centre.touch(id) }
    let view = try #require(try await store.record(Fixture.population, elsewhere))
    _ = try await store.save(
      Fixture.population, id: elsewhere, values: [(alamat, .text("JL. KANTOR"))], version: view.version,
      now: Fixture.clock(22))
    let number = try #require(try await store.recovered().first).number
    let offer = try await store.offerRecovered(number, reason: nil, now: Fixture.clock(23))
    #expect(offer.recorded == nil && offer.left.isEmpty)
    #expect(try await store.record(Fixture.population, elsewhere)?[alamat] == .text("JL. KANTOR"))
    #expect(try await store.recovered().isEmpty)
  }

  @Test func `of values that stood beside each other one is offered, and the rest stays shelved and is named`()
    async throws
  {
    var (store, centre) = try await shelved(losing: { centre, id in
      let saw = centre.states[id]?[Fixture.field("nama")].context
      centre.edit(id, "nama", .text("NAMA SATU"), sequence: 5)
      centre.edit(id, "nama", .text("NAMA DUA"), by: Fixture.name("bkpsdm"), sequence: 1, saw: saw)
    })
    let number = try #require(try await store.recovered().first).number
    let offer = try await store.offerRecovered(number, reason: nil, now: Fixture.clock(22))
    #expect(offer.recorded != nil && offer.left == [nama])
    #expect(try await store.recovered().map(\.number) == [number])
    try await store.send(Fixture.population, to: &centre)
    let sent = try #require(centre.states[elsewhere]?[nama].siblings.map(\.value.text))
    #expect(sent.count == 1 && ["NAMA SATU", "NAMA DUA"].contains(sent[0]))

    // Asked again, nothing more is sent, and it is still not dropped.
    let again = try await store.offerRecovered(number, reason: nil, now: Fixture.clock(23))
    #expect(again.recorded == nil && again.left == [nama])
    #expect(try await store.recovered().count == 1)
    // Whoever writes the other value by hand has it all.
    let view = try #require(try await store.record(Fixture.population, elsewhere))
    let other = sent == ["NAMA SATU"] ? "NAMA DUA" : "NAMA SATU"
    _ = try await store.save(
      Fixture.population, id: elsewhere, values: [(nama, .text(other))], version: view.version, now: Fixture.clock(24))
    let last = try await store.offerRecovered(number, reason: nil, now: Fixture.clock(25))
    #expect(last.recorded == nil && last.left.isEmpty)
    #expect(try await store.recovered().isEmpty)
  }

  @Test func `a lost value that stood beside one that the centre still has stands beside it again`() async throws {
    var (store, centre) = try await shelved(losing: { centre, id in
      // The greater name: this was shown.
      centre.edit(id, "nama", .text("NAMA DUA"), by: Fixture.name("setda"), sequence: 1, saw: .empty)
    })
    let number = try #require(try await store.recovered().first).number
    let offer = try await store.offerRecovered(number, reason: nil, now: Fixture.clock(22))
    #expect(offer.recorded != nil && offer.left.isEmpty)
    #expect(try await store.recovered().isEmpty)
    try await store.send(Fixture.population, to: &centre)
    #expect(
      centre.states[elsewhere]?[nama].siblings.map(\.value.text).sorted() == ["DARI LAIN", "NAMA DUA"])
  }

  @Test func `a field that was cleared is cleared again`() async throws {
    var (store, centre) = try await shelved(losing: { $0.edit($1, "alamat", .null, sequence: 5) })
    let number = try #require(try await store.recovered().first).number
    let offer = try await store.offerRecovered(number, reason: nil, now: Fixture.clock(22))
    #expect(offer.recorded != nil && offer.left.isEmpty)
    #expect(try await store.recovered().isEmpty)
    try await store.send(Fixture.population, to: &centre)
    #expect(centre.states[elsewhere]?[alamat].siblings.map(\.value) == [.null])
  }

  @Test func `a step back and a delete are not offered but stay shelved, and are named`() async throws {
    let status = Fixture.field("status_hidup")
    let (store, _) = try await shelved(losing: { centre, id in
      centre.edit(id, "status_hidup", .text("hidup"), sequence: 5)
      centre.edit(id, "lifecycle", .text("deleted"), by: Fixture.name("bkpsdm"), sequence: 1, saw: .empty)
    })
    let number = try #require(try await store.recovered().first).number
    let offer = try await store.offerRecovered(number, reason: nil, now: Fixture.clock(22))
    #expect(offer.recorded == nil && offer.left == [.lifecycle, status])
    #expect(try await store.recovered().count == 1)
    try await store.discardRecovered(number, now: Fixture.clock(23))
    #expect(try await store.ledger().map(\.reason) == [.recovered])
  }

  @Test func `what is given up is counted in the ledger, and nothing is given up twice`() async throws {
    let (store, _) = try await shelved { centre, id in centre.touch(id) }
    let number = try #require(try await store.recovered().first).number
    try await store.discardRecovered(number, now: Fixture.clock(22))
    let line = try #require(try await store.ledger().first)
    #expect(line.reason == .recovered && line.recordCount == 1 && line.dataset == Fixture.population)
    await #expect(throws: StoreError.self) { try await store.discardRecovered(number, now: Fixture.clock(23)) }
    await #expect(throws: StoreError.self) {
      try await store.offerRecovered(number, reason: nil, now: Fixture.clock(23))
    }
    #expect(try await store.status().recovered == 0)
  }
}

import Datasets
import NodeStorage
import Replication
import Storage
import Testing
import Wire

@Suite struct ImportTests {
  @Test func `the same file twice changes nothing`() async throws {
    let store = try await TemporaryStore().open()
    let rows = (0..<300).map { Fixture.person($0) }
    let first = try await store.add(rows)
    #expect(first.created == 300 && first.rejected.isEmpty && first.last == Fixture.sequence(300))
    let again = try await store.add(rows, at: 2)
    #expect(again.unchanged == 300 && again.accepted == 300 && again.first == nil)
    #expect(again.records == first.records)
    #expect(try await store.stream(Fixture.population).last == Fixture.sequence(300))
  }

  @Test func `another source that says the same changes nothing, now and when it says it again`() async throws {
    let store = try await TemporaryStore().open()
    _ = try await store.add([Fixture.person(1)], Fixture.run("siak"))
    let other = try await store.add([Fixture.person(1)], Fixture.run("bpjs"))
    #expect(other.unchanged == 1)
    #expect(try await store.add([Fixture.person(1)], Fixture.run("bpjs")).unchanged == 1)
  }

  @Test func `a changed cell is one change of that field`() async throws {
    let store = try await TemporaryStore().open()
    _ = try await store.add([Fixture.person(1)])
    let changed = try await store.add([Fixture.person(1, ["alamat": .text("JL. BARU")])], at: 2)
    #expect(changed.changed == 1 && changed.last == Fixture.sequence(2))
    let id = try #require(changed.records.first)
    let history = try await store.history(Fixture.population, id)
    #expect(history.count == 2)
    #expect(history.last?.change.edits.map(\.field.text) == ["alamat"])
    #expect(history.last?.change.source == ImportRun.defaultSource)
    #expect(try await store.person(1)[Fixture.field("alamat")] == .text("JL. BARU"))
  }

  @Test
  func `a monthly file does not revert what the office changed, and a new value there waits for a person`()
    async throws
  {
    let store = try await TemporaryStore().open()
    _ = try await store.add([Fixture.person(1)])
    let view = try await store.person(1)
    _ = try await store.save(
      Fixture.population, id: view.id, values: [(Fixture.field("alamat"), .text("JL. KANTOR"))],
      version: view.version, now: Fixture.clock(3))
    let same = try await store.add([Fixture.person(1)], at: 4)
    #expect(same.unchanged == 1 && same.rejected.isEmpty)
    let other = try await store.add([Fixture.person(1, ["alamat": .text("JL. BERKAS")])], at: 5)
    #expect(other.accepted == 0 && other.rejected.map(\.problem.code) == ["held"])
    #expect(other.rejected.first?.problem.field == "alamat" && other.first == nil)
    #expect(try await store.person(1)[Fixture.field("alamat")] == .text("JL. KANTOR"))
    let held = try await store.heldValues()
    #expect(held.map(\.value) == [.text("JL. BERKAS")] && held.first?.record == view.id)
    // What else the row says is taken.
    let both = try await store.add(
      [Fixture.person(1, ["alamat": .text("JL. BERKAS"), "telepon": .text("081234567")])], at: 6)
    #expect(both.changed == 1 && both.rejected.count == 1)
    #expect(try await store.heldValues().count == 1)
    try await store.dismissHeldValue(try #require(held.first?.number))
    #expect(try await store.heldValues().isEmpty)
  }

  @Test func `a life status that goes back is refused, the rest of the row is taken`() async throws {
    let store = try await TemporaryStore().open()
    _ = try await store.add([Fixture.person(1, ["status_hidup": .text("pindah")])])
    let back = try await store.add(
      [Fixture.person(1, ["status_hidup": .text("hidup"), "telepon": .text("081234567")])], at: 2)
    #expect(back.changed == 1 && back.rejected.map(\.problem.code) == ["step_back"])
    #expect(try await store.person(1)[Fixture.field("status_hidup")] == .text("pindah"))
  }

  @Test func `a person is found by identity, whatever source and row order`() async throws {
    let store = try await TemporaryStore().open()
    let created = try await store.add((0..<5).map { Fixture.person($0) })
    let other = try await store.add([4, 0].map { Fixture.person($0) }, Fixture.run("lain"))
    #expect(other.records == [created.records[4], created.records[0]])
    // Without a fleet key too: the record shows the identity.
    let again = try await store.add([Fixture.person(2)], Fixture.run("tanpa-kunci", hasKey: false))
    #expect(again.records == [created.records[2]])
  }

  @Test func `two offices make the same id of the same identity`() async throws {
    let one = try await TemporaryStore().open()
    let other = try await TemporaryStore().open(node: Fixture.otherNode)
    let ids = try await (one.add([Fixture.person(7)]).records, other.add([Fixture.person(7)]).records)
    #expect(ids.0 == ids.1)
  }

  @Test func `the same key at two offices is two people`() async throws {
    var row = Fixture.person(7)
    row.row.fields.removeAll { $0.name == Fixture.field("nik") }
    for isTyped in [false, true] {
      let request = Fixture.run(kind: .request(idempotencyKey: "1"), isTyped: isTyped)
      let one = try await TemporaryStore().open().add([row], request).records
      let other = try await TemporaryStore().open(node: Fixture.otherNode).add([row], request).records
      #expect(one.count == 1 && other.count == 1 && one != other)
    }
  }

  @Test func `an id is not used again when its record now shows another identity`() async throws {
    let store = try await TemporaryStore().open()
    let first = try #require(try await store.add([Fixture.person(1)]).records.first)
    let view = try await store.person(1)
    _ = try await store.save(
      Fixture.population, id: first, values: [(Fixture.field("nik"), .text(Fixture.nik(2)))],
      version: view.version, now: Fixture.clock(2))
    let second = try await store.add([Fixture.person(1)], Fixture.run("lain"), at: 3)
    #expect(second.created == 1 && second.records != [first])
    // The corrected one is found by what it shows now.
    let corrected = try await store.add([Fixture.person(2)], Fixture.run("ketiga"), at: 4)
    #expect(corrected.created == 0 && !corrected.rejected.isEmpty)
    #expect(try await store.heldValues().allSatisfy { $0.record == first })
  }

  @Test func `one batch may say two things of one person, in order`() async throws {
    let store = try await TemporaryStore().open()
    let result = try await store.add([
      Fixture.person(1), Fixture.person(1, ["alamat": .text("JL. DUA")]), Fixture.person(2),
      Fixture.person(1, ["alamat": .text("JL. TIGA")]),
    ])
    #expect(result.created == 2 && result.changed == 2 && Set(result.records).count == 2)
    #expect(try await store.person(1)[Fixture.field("alamat")] == .text("JL. TIGA"))
    #expect(try await store.conflicts().elements.isEmpty)
  }

  @Test func `rows without identity are told by their content and how often it came`() async throws {
    let store = try await TemporaryStore().open()
    func nameless(_ name: String) -> ImportRow {
      var row = Fixture.person(1, ["nama": .text(name), "no_kk": .text("7312040000000001")])
      row.row.fields.removeAll { $0.name == Fixture.field("nik") }
      return row
    }
    let rows = [nameless("BAYI"), nameless("BAYI"), nameless("ANDI")]
    var run = Fixture.run("desa")
    let first = try await store.add(Array(rows[..<2]), run)
    run = first.run
    let second = try await store.add(Array(rows[2...]) + [nameless("BAYI")], run)
    let ids = first.records + second.records
    #expect(Set(ids).count == 4)
    let again = try await store.add(rows + [nameless("BAYI")], Fixture.run("desa"), at: 2)
    #expect(again.records == ids && again.unchanged == 4)
    #expect(try await store.add([nameless("ANDI")], Fixture.run("desa-lain"), at: 3).created == 1)
  }

  @Test func `namesakes with two numbers are two people, in whatever order their rows come`() async throws {
    let store = try await TemporaryStore().open()
    func dateless(_ number: Int) -> ImportRow {
      var row = Fixture.person(number, ["nama": .text("SITI AMINAH")])
      row.row.fields.removeAll { $0.name == Fixture.field("tanggal_lahir") }
      return row
    }
    let first = try await store.add([dateless(1), dateless(2)], Fixture.run("desa"))
    #expect(first.created == 2)
    let again = try await store.add([dateless(2), dateless(1)], Fixture.run("desa"), at: 2)
    #expect(again.records == first.records.reversed() && again.unchanged == 2)
    // Another list of the same office too, and the birth date that comes later.
    let other = try await store.add([dateless(2)], Fixture.run("lain"), at: 3)
    #expect(other.records == [first.records[1]] && other.created == 0)
    let dated = try await store.add([Fixture.person(1, ["nama": .text("SITI AMINAH")])], at: 4)
    #expect(dated.records == [first.records[0]] && dated.created == 0)
  }

  @Test func `a file with the number alone updates the one who has it`() async throws {
    let store = try await TemporaryStore().open()
    let created = try await store.add([Fixture.person(1), Fixture.person(2)])
    func update(_ number: Int) -> ImportRow {
      ImportRow(
        ValidRow(
          line: number,
          fields: [
            (Fixture.field("nik"), .text(Fixture.nik(number))), (Fixture.field("alamat"), .text("JL. BARU")),
          ]))
    }
    let updated = try await store.add([update(2), update(3)], at: 2)
    #expect(updated.records == [created.records[1]] && updated.changed == 1)
    #expect(updated.rejected.map(\.problem.code) == ["required"])
    #expect(try await store.person(2)[Fixture.field("alamat")] == .text("JL. BARU"))
  }

  @Test func `a number that two records have is refused until it is clear whose row it is`() async throws {
    let store = try await TemporaryStore().open()
    let born = CalendarDate(year: 1950, month: 1, day: 1).map { Value.date($0) } ?? .null
    _ = try await store.add([Fixture.person(1), Fixture.person(1, ["tanggal_lahir": born])])
    var row = Fixture.person(1, ["alamat": .text("JL. BARU")])
    row.row.fields.removeAll { $0.name == Fixture.field("tanggal_lahir") }
    let unclear = try await store.add([row], Fixture.run("desa"), at: 2)
    #expect(unclear.rejected.map(\.problem.code) == ["ambiguous"])
    #expect(unclear.rejected.map(\.problem.field) == ["tanggal_lahir"] && unclear.first == nil)
  }

  @Test func `a request's key makes its rows the same people when it comes again`() async throws {
    let store = try await TemporaryStore().open()
    var row = Fixture.person(1)
    row.row.fields.removeAll { $0.name == Fixture.field("nik") }
    let request = Fixture.run(kind: .request(idempotencyKey: "k-1"))
    let first = try await store.add([row, row], request)
    #expect(Set(first.records).count == 2)
    let again = try await store.add([row, row], request, at: 2)
    #expect(again.records == first.records && again.unchanged == 2)
    let once = try await store.add([row, row], Fixture.run(kind: .once), at: 3)
    #expect(once.created == 2 && Set(once.records + first.records).count == 4)
  }

  @Test func `what somebody enters of a known person is written at once, and no file takes it for its own`()
    async throws
  {
    let store = try await TemporaryStore().open()
    let person = Fixture.person(1, ["alamat": .text("JL. LAMA")])
    let id = try #require(try await store.add([person]).records.first)
    func typed(_ key: String) -> ImportRun { Fixture.run(kind: .request(idempotencyKey: key), isTyped: true) }
    let row = Fixture.person(1, ["alamat": .text("JL. LAIN")])
    let entered = try await store.add([row], typed("k-1"), at: 2)
    #expect(entered.records == [id] && entered.changed == 1 && entered.rejected.isEmpty)
    // Over what this office has just changed itself: still a person's word.
    let other = try await store.add([Fixture.person(1, ["alamat": .text("JL. BARU")])], typed("k-2"), at: 3)
    #expect(other.changed == 1 && other.held == 0)
    #expect(try await store.person(1)[Fixture.field("alamat")] == .text("JL. BARU"))
    // Who got no answer repeats the first one, and does not take back what came since.
    let repeated = try await store.add([row], typed("k-1"), at: 4)
    #expect(repeated.records == [id] && repeated.unchanged == 1)
    #expect(try await store.person(1)[Fixture.field("alamat")] == .text("JL. BARU"))
    #expect(try await store.add([row], typed("k-3"), at: 5).changed == 1)
    _ = try await store.add([Fixture.person(1, ["alamat": .text("JL. BARU")])], typed("k-4"), at: 5)
    // The month's file: what it says as before is no change, what it says anew waits for a person.
    #expect(try await store.add([person], at: 6).unchanged == 1)
    let changed = try await store.add([Fixture.person(1, ["alamat": .text("JL. BERKAS")])], at: 7)
    #expect(changed.held == 1 && changed.changed == 0)
    #expect(try await store.person(1)[Fixture.field("alamat")] == .text("JL. BARU"))
  }

  @Test func `another person under a key that was used is refused, not taken for the first`() async throws {
    let store = try await TemporaryStore().open()
    let typed = Fixture.run(kind: .request(idempotencyKey: "1"), isTyped: true)
    let first = try await store.add([Fixture.person(1)], typed)
    let other = try await store.add([Fixture.person(2)], typed, at: 2)
    #expect(other.accepted == 0 && other.rejected.map(\.problem.code) == ["key_reused"])
    let dryRun = try await store.dryRun(of: Fixture.population)
    let tried = try await dryRun.importRows([Fixture.person(1)], run: typed, now: Fixture.clock(3))
    #expect(tried.unchanged == 1 && tried.records == first.records)
    // After a week nobody repeats anything any more.
    let later = try await store.add([Fixture.person(2)], typed, at: 8 * 86_400)
    #expect(later.created == 1 && later.rejected.isEmpty)
  }

  @Test func `what this office has said already is not said again where others are shown`() async throws {
    let store = try await TemporaryStore().open()
    let id = try #require(try await store.add([Fixture.person(1)]).records.first)
    var centre = FakeCentre()
    try await store.send(Fixture.population, to: &centre)
    centre.edit(id, "nama", .text("NAMA MEREKA"), sequence: 5)
    try await store.take(try centre.feed())
    for (key, changed) in [("k-1", 1), ("k-2", 0)] {
      let typed = Fixture.run(kind: .request(idempotencyKey: key), isTyped: true)
      let entered = try await store.add([Fixture.person(1, ["nama": .text("NAMA KAMI")])], typed, at: 3)
      #expect(entered.changed == changed && entered.accepted == 1)
      let conflict = try await store.person(1).conflicts.first { $0.field == Fixture.field("nama") }
      #expect(conflict?.siblings.count == 2)
      #expect(try await store.person(1)[Fixture.field("nama")] == .text("NAMA MEREKA"))
    }
  }

  @Test func `what somebody enters without looking stands beside what another office wrote`() async throws {
    let store = try await TemporaryStore().open()
    let id = try #require(try await store.add([Fixture.person(1)]).records.first)
    var centre = FakeCentre()
    try await store.send(Fixture.population, to: &centre)
    centre.edit(id, "nama", .text("NAMA MEREKA"), sequence: 5)
    try await store.take(try centre.feed())
    #expect(try await store.person(1)[Fixture.field("nama")] == .text("NAMA MEREKA"))
    let typed = Fixture.run(kind: .request(idempotencyKey: "k"), isTyped: true)
    let entered = try await store.add([Fixture.person(1, ["nama": .text("NAMA KAMI")])], typed, at: 3)
    #expect(entered.changed == 1)
    let conflict = try await store.person(1).conflicts.first { $0.field == Fixture.field("nama") }
    #expect(Set(conflict?.siblings.map(\.value) ?? []) == [.text("NAMA MEREKA"), .text("NAMA KAMI")])
  }

  @Test func `somebody who is entered by hand is the office's, not the source's`() async throws {
    let store = try await TemporaryStore().open()
    _ = try await store.add([Fixture.person(1)], Fixture.run(kind: .once, isTyped: true))
    let file = try await store.add([Fixture.person(1, ["alamat": .text("JL. BERKAS")])], at: 2)
    #expect(file.held == 1 && file.changed == 0)
  }

  @Test func `an explicit id says whose row it is`() async throws {
    let store = try await TemporaryStore().open()
    let id = try #require(try await store.add([Fixture.person(1)]).records.first)
    var row = Fixture.person(9, ["alamat": .text("JL. ID")])
    row.id = id
    // The row after it has the identity that the row before gave the record.
    let result = try await store.add([row, Fixture.person(9)], at: 2)
    #expect(result.records == [id, id])
    #expect(try await store.person(9).id == id)
  }

  @Test func `the write rules are judged here, and what creation needs`() async throws {
    let store = try await TemporaryStore().open()
    var nameless = Fixture.person(3)
    nameless.row.fields.removeAll { $0.name == Fixture.field("nama") }
    let result = try await store.add([
      Fixture.person(1), Fixture.person(2, ["kode_wilayah": .text("73.12.05.1001")]), nameless,
    ])
    #expect(result.created == 1)
    #expect(result.rejected.map(\.line) == [3, 4])
    #expect(result.rejected.map(\.problem.code) == ["write_rule", "required"])
    // Named, with what to do about it.
    #expect(result.rejected.map(\.problem.field) == ["kode_wilayah", "nama"])
    #expect(result.last == Fixture.sequence(1))
  }

  @Test func `a deleted person is not brought back by a file`() async throws {
    let store = try await TemporaryStore().open()
    _ = try await store.add([Fixture.person(1)])
    let view = try await store.person(1)
    _ = try await store.setLifecycle(
      Fixture.population, id: view.id, .deleted, version: view.version, reason: "ganda", now: Fixture.clock(2)
    )
    let same = try await store.add([Fixture.person(1)], at: 3)
    #expect(same.unchanged == 1)
    let changed = try await store.add([Fixture.person(1, ["alamat": .text("JL. LAIN")])], at: 4)
    #expect(changed.rejected.map(\.problem.code) == ["gone"] && changed.first == nil)
    #expect(try await store.records(Fixture.population).elements.isEmpty)
    #expect(try await store.record(Fixture.population, view.id)?.isHidden == true)
  }
}

import CentreStorage
import Datasets
import Replication
import Testing
import Wire

struct DuplicateTests {
  private let reason = "KTP dan KK"

  private static func registry() throws -> DatasetDefinition {
    var definition = try Fleet.population(extra: [
      try Fleet.field("nik", policy: .review, authority: ["disdukcapil"]), try Fleet.field("tanggal_lahir", .date),
      try Fleet.field("nama_ibu"), try Fleet.field("telepon"),
    ])
    definition.person = PersonFields(
      number: try name("nik"), name: try name("nama"), birthDate: try name("tanggal_lahir"),
      mother: try name("nama_ibu"))
    return definition
  }

  private func store() async throws -> TestStore { try await TestStore.ready([try Self.registry()]) }

  private func resident(
    _ record: RecordID, _ text: String, nik: String? = nil, born: String = "1980-02-01", mother: String? = "St. Aminah",
    in code: String = "73.12.04.1001"
  ) throws -> Entry {
    let date = try #require(CalendarDate(born))
    let values: [(String, Value?)] = [
      ("nama", .text(text)), ("kode_wilayah", .text(code)), ("nik", nik.map { .text($0) }),
      ("tanggal_lahir", .date(date)),
      ("nama_ibu", mother.map { .text($0) }),
    ]
    return try edit(record, values.compactMap { name, value in value.map { (name, $0) } }, traits: .creation)
  }

  /// Takes rows in, and lets the search look at all of them.
  private func found(_ test: TestStore, _ entries: [Entry]) async throws -> [DuplicateEntry] {
    var office = try await test.office("disdukcapil")
    try await test.apply(office, try office.batch(population, entries))
    return try await found(test)
  }

  private func found(_ test: TestStore, state: DuplicateEntry.State? = .open) async throws -> [DuplicateEntry] {
    while try await test.store.searchDuplicates(now: start).hasMore {}
    return try await test.store.duplicates(state: state, limit: 100).elements
  }

  @Test func `the same number on two records and alike people come to the list, others do not`() async throws {
    let test = try await store()
    let list = try await found(
      test,
      [
        try resident(id(1), "Muh. Yusuf", nik: "1"), try resident(id(2), "Maryam", nik: "1", born: "1999-01-01"),
        try resident(id(3), "Moch. Jusuf", mother: "Sitti Aminah"), try resident(id(4), "Hasan"),
      ])
    #expect(list.map(\.match.kind) == [.sameNumber, .similar])
    #expect(list.map(\.pair) == [DuplicatePair(population, id(1), id(2)), DuplicatePair(population, id(1), id(3))])
    #expect(list.first?.records.map(\.id) == [id(1), id(2)])
    #expect(try await test.store.openDuplicates() == 2)
  }

  @Test func `a corrected number takes the pair off the list, and the search goes on after a restart`() async throws {
    let test = try await store()
    let list = try await found(
      test, [try resident(id(1), "Hasan", nik: "1"), try resident(id(2), "Maryam", nik: "1", born: "1999-01-01")])
    #expect(list.count == 1)
    try await test.reopen([try Self.registry()])
    _ = try await test.store.save(population, id(2), values: [(try name("nik"), .text("2"))], version: nil, now: start)
    #expect(try await found(test).isEmpty)
  }

  @Test func `a merge hides one behind the other, takes what is asked for, names the rest, and can be undone`()
    async throws
  {
    let test = try await store()
    let list = try await found(test, [try resident(id(1), "Muh. Yusuf"), try resident(id(2), "Moch. Jusuf")])
    let pair = try #require(list.first)
    _ = try await test.store.save(
      population, id(2), values: [(try name("telepon"), .text("0811"))], version: nil, now: start)
    let merged = try await test.store.merge(
      population, id(2), into: id(1), take: [try name("telepon")], match: pair.match, reason: reason, now: start)
    #expect(merged.edits.count == 2 && merged.taken.map(\.text) == ["telepon"])
    #expect(merged.hidden.map(\.text) == ["nama"])
    #expect(try await found(test).isEmpty)
    #expect(try await found(test, state: .merged).map(\.decision) == [reason])
    #expect(try test.sql("SELECT nama, telepon FROM population") == ["Muh. Yusuf|0811"])
    #expect(try await test.store.person(population, id(2))?.id == id(1))
    #expect(try await test.store.aliases(of: id(1), in: population) == [id(2)])
    #expect(try await test.store.digest(population, node: nil).count == 1)

    _ = try await test.store.undoMerge(pair.pair, match: pair.match, reason: "keliru", now: start)
    #expect(try test.sql("SELECT nama FROM population ORDER BY id") == ["Muh. Yusuf", "Moch. Jusuf"])
    #expect(try await test.store.person(population, id(2))?.id == id(2))
    // Nobody is asked again what a person has decided.
    #expect(try await found(test).isEmpty)
    #expect(try await test.store.aliases(of: id(1), in: population).isEmpty)
    #expect(try await test.store.record(population, id(2))?.state.aliasTarget == nil)
    await #expect(throws: DuplicateRefusal.notMerged) {
      try await test.store.undoMerge(pair.pair, match: pair.match, reason: "lagi", now: start)
    }
  }

  @Test func `undoing gives back what was taken over, but not where somebody has changed it since`() async throws {
    for isChangedSince in [false, true] {
      let test = try await store()
      let pair = try #require(
        try await found(
          test, [try resident(id(1), "Muh. Yusuf", nik: "1"), try resident(id(2), "Moch. Jusuf", nik: "2")]
        ).first)
      _ = try await test.store.save(
        population, id(2), values: [(try name("telepon"), .text("0811"))], version: nil, now: start)
      _ = try await test.store.merge(
        population, id(2), into: id(1), take: [try name("nik"), try name("telepon"), try name("nama_ibu")],
        match: pair.match, reason: reason, now: start)
      #expect(try test.sql("SELECT nama, nik, telepon FROM population") == ["Muh. Yusuf|2|0811"])
      if isChangedSince {
        _ = try await test.store.save(
          population, id(1), values: [(try name("telepon"), .text("0822"))], version: nil, now: start)
      }
      let undone = try await test.store.undoMerge(pair.pair, match: pair.match, reason: "keliru", now: start)
      #expect(undone.edits.count == 2)
      #expect(undone.left.map(\.text) == (isChangedSince ? ["telepon"] : []))
      #expect(
        try test.sql("SELECT nama, nik, telepon FROM population ORDER BY id") == [
          isChangedSince ? "Muh. Yusuf|1|0822" : "Muh. Yusuf|1|", "Moch. Jusuf|2|0811",
        ])
      // Merged again without asking for anything: nothing of the first time is left, and what is out of sight is named.
      let merged = try await test.store.merge(
        population, id(2), into: id(1), match: pair.match, reason: reason, now: start)
      #expect(merged.taken.isEmpty && merged.hidden.map(\.text).sorted() == ["nama", "nik", "telepon"])
      let again = try await test.store.undoMerge(pair.pair, match: pair.match, reason: "keliru", now: start)
      #expect(again.edits.count == 1 && again.left.isEmpty)
    }
  }

  /// An office that has no copy of the second one enters that person anew.
  private func enterAnew(_ test: TestStore, _ text: String = "Moch. Jusuf") async throws {
    var office = try await test.office("kec-lalabata")
    let entered = try edit(
      id(2), [("nama", .text(text)), ("kode_wilayah", .text("73.12.04.1001")), ("alamat", .text("Jl. B"))],
      traits: .creation)
    try await test.apply(office, try office.batch(population, [entered]))
  }

  /// Writes a telephone number as the centre.
  private func save(_ test: TestStore, _ record: RecordID, telephone: String) async throws {
    _ = try await test.store.save(
      population, record, values: [(try name("telepon"), .text(telephone))], version: nil, now: start)
  }

  /// Two with a telephone number each, the second merged into the first with its number, entered anew and on the list.
  private func inQuestion(_ test: TestStore) async throws -> DuplicateEntry {
    _ = try await found(test, [try resident(id(1), "Muh. Yusuf"), try resident(id(2), "Moch. Jusuf")])
    try await save(test, id(1), telephone: "0800")
    try await save(test, id(2), telephone: "0811")
    let match = try #require(try await found(test).first).match
    _ = try await test.store.merge(
      population, id(2), into: id(1), take: [try name("telepon")], match: match, reason: reason, now: start)
    try await enterAnew(test)
    return try #require(try await found(test).first)
  }

  @Test(arguments: [false, true])
  func `what two merges of one pair took is given back as it was before the first, unless somebody wrote in between`(
    isChangedBetween: Bool
  ) async throws {
    let test = try await store()
    let pair = try await inQuestion(test)
    if isChangedBetween { try await save(test, id(1), telephone: "0822") }
    let again = try await test.store.merge(
      population, id(2), into: id(1), take: [try name("telepon"), try name("alamat")], match: pair.match,
      reason: reason, now: start)
    // It has the number already, unless it was changed.
    #expect(again.taken.map(\.text) == (isChangedBetween ? ["alamat", "telepon"] : ["alamat"]))
    #expect(try test.sql("SELECT telepon, alamat FROM population") == ["0811|Jl. B"])
    let undone = try await test.store.undoMerge(pair.pair, match: pair.match, reason: "keliru", now: start)
    #expect(undone.left.isEmpty)
    #expect(
      try test.sql("SELECT telepon, alamat FROM population ORDER BY id") == [
        isChangedBetween ? "0822|" : "0800|", "0811|Jl. B",
      ])
  }

  @Test func `another value that a second merge takes is given back as it was before the first`() async throws {
    let test = try await store()
    let pair = try await inQuestion(test)
    try await save(test, id(2), telephone: "0899")
    _ = try await test.store.merge(
      population, id(2), into: id(1), take: [try name("telepon")], match: pair.match, reason: reason, now: start)
    #expect(try test.sql("SELECT telepon FROM population") == ["0899"])
    let undone = try await test.store.undoMerge(pair.pair, match: pair.match, reason: "keliru", now: start)
    #expect(undone.left.isEmpty)
    #expect(try test.sql("SELECT telepon FROM population ORDER BY id") == ["0800", "0899"])
  }

  /// Decides by the record alone that the second one is there.
  private func bringBack(_ test: TestStore) async throws {
    let version = try #require(try await test.store.record(population, id(2))).version
    _ = try await test.store.resolve(
      population, id(2), field: .lifecycle, value: Lifecycle.present.value, version: version, reason: reason,
      now: start)
  }

  @Test(arguments: [false, true])
  func `what a merge took is given back also where the other one is in sight again by a resolution`(isUndo: Bool)
    async throws
  {
    let test = try await store()
    let pair = try await inQuestion(test)
    try await bringBack(test)
    #expect(try await found(test).map(\.pair) == [pair.pair])
    let (store, match) = (test.store, pair.match)
    let back =
      try await isUndo
      ? store.undoMerge(pair.pair, match: match, reason: "dua orang", now: start)
      : store.keepApart(pair.pair, match: match, reason: "dua orang", now: start)
    #expect(back.edits.count == 1 && back.left.isEmpty)
    #expect(try test.sql("SELECT telepon FROM population ORDER BY id") == ["0800", "0811"])
    #expect(try await found(test, state: .distinct).map(\.pair) == [pair.pair])
    await #expect(throws: DuplicateRefusal.notMerged) {
      try await test.store.undoMerge(pair.pair, match: pair.match, reason: "lagi", now: start)
    }
  }

  @Test func `what a merge took is given back also where the pair was merged the other way since`() async throws {
    let test = try await store()
    let pair = try await inQuestion(test)
    try await bringBack(test)
    let merged = try await test.store.merge(
      population, id(1), into: id(2), take: [try name("telepon")], match: pair.match, reason: reason, now: start)
    #expect(merged.taken.isEmpty)
    #expect(try test.sql("SELECT nama, telepon FROM population") == ["Moch. Jusuf|0811"])
    let undone = try await test.store.undoMerge(pair.pair, match: pair.match, reason: "keliru", now: start)
    #expect(undone.edits.count == 2 && undone.left.isEmpty)
    #expect(try test.sql("SELECT telepon FROM population ORDER BY id") == ["0800", "0811"])
  }

  @Test func `a merge in question stays on the list when the two are alike no more, until it is decided`() async throws
  {
    let test = try await store()
    let match = try #require(
      try await found(test, [try resident(id(1), "Muh. Yusuf"), try resident(id(2), "Moch. Jusuf")]).first
    ).match
    _ = try await test.store.merge(population, id(2), into: id(1), match: match, reason: reason, now: start)
    try await enterAnew(test)
    let pair = DuplicatePair(population, id(1), id(2))
    #expect(try await found(test).map(\.pair) == [pair])
    let born = try #require(CalendarDate("1951-12-31"))
    _ = try await test.store.save(
      population, id(1), values: [(try name("nama"), .text("Zainal")), (try name("tanggal_lahir"), .date(born))],
      version: nil, now: start)
    #expect(try await found(test).map(\.pair) == [pair])
    // Also where the one that stayed is out of sight itself.
    _ = try await test.store.setLifecycle(population, id(1), to: .deleted, version: nil, now: start)
    #expect(try await found(test).map(\.pair) == [pair])
    _ = try await test.store.undoMerge(pair, match: match, reason: "dua orang", now: start)
    #expect(try await found(test).isEmpty)
  }

  @Test func `a merge that was put in question before the search came by is on the list, alike or not`() async throws {
    let test = try await store()
    let entries = [try resident(id(1), "Hasan"), try resident(id(2), "Maryam", born: "1999-01-01")]
    #expect(try await found(test, entries).isEmpty)
    _ = try await test.store.setLifecycle(population, id(2), to: .alias, aliasOf: id(1), version: nil, now: start)
    try await enterAnew(test, "Maryam")
    #expect(try await found(test).map(\.pair) == [DuplicatePair(population, id(1), id(2))])
  }

  @Test func `what was taken over stays where the record that stayed is out of sight itself`() async throws {
    let test = try await store()
    let pair = try #require(
      try await found(
        test, [try resident(id(1), "Muh. Yusuf", nik: "1"), try resident(id(2), "Moch. Jusuf", nik: "2")]
      )
      .first)
    _ = try await test.store.merge(
      population, id(2), into: id(1), take: [try name("nik")], match: pair.match, reason: reason, now: start)
    _ = try await test.store.setLifecycle(population, id(1), to: .deleted, version: nil, now: start)
    let undone = try await test.store.undoMerge(pair.pair, match: pair.match, reason: "keliru", now: start)
    #expect(undone.edits.count == 1 && undone.left.map(\.text) == ["nik"])
    #expect(try test.sql("SELECT nama, nik FROM population") == ["Moch. Jusuf|2"])
  }

  @Test func `what cannot be merged is refused and nothing changes`() async throws {
    let test = try await store()
    let list = try await found(test, [try resident(id(1), "Muh. Yusuf"), try resident(id(2), "Moch. Jusuf")])
    let match = try #require(list.first?.match)
    await #expect(throws: DuplicateRefusal.sameRecord) {
      try await test.store.merge(population, id(1), into: id(1), match: match, reason: reason, now: start)
    }
    await #expect(throws: DuplicateRefusal.unknownRecord(id(9))) {
      try await test.store.merge(population, id(1), into: id(9), match: match, reason: reason, now: start)
    }
    _ = try await test.store.setLifecycle(population, id(2), to: .deleted, version: nil, now: start)
    await #expect(throws: DuplicateRefusal.hidden(id(2))) {
      try await test.store.merge(population, id(2), into: id(1), match: match, reason: reason, now: start)
    }
    #expect(try await found(test).isEmpty)
  }

  @Test func `two people are kept apart for good`() async throws {
    let test = try await store()
    let list = try await found(test, [try resident(id(1), "Muh. Yusuf"), try resident(id(2), "Moch. Jusuf")])
    let pair = try #require(list.first)
    try await test.store.keepApart(pair.pair, match: pair.match, reason: "kembar", now: start)
    _ = try await test.store.save(
      population, id(2), values: [(try name("nama"), .text("Muhammad Yusuf"))], version: nil, now: start)
    #expect(try await found(test).isEmpty)
    #expect(try await found(test, state: .distinct).count == 1)
  }

  @Test func `what is merged is not called two people before that is undone`() async throws {
    let test = try await store()
    let pair = try #require(
      try await found(test, [try resident(id(1), "Muh. Yusuf"), try resident(id(2), "Moch. Jusuf")]).first)
    _ = try await test.store.merge(population, id(2), into: id(1), match: pair.match, reason: reason, now: start)
    await #expect(throws: DuplicateRefusal.merged) {
      try await test.store.keepApart(pair.pair, match: pair.match, reason: "kembar", now: start)
    }
    #expect(try await found(test, state: .merged).count == 1)
  }

  @Test func `a creation that met another name is listed and can be split, with nothing of either lost`() async throws {
    let test = try await store()
    var dukcapil = try await test.office("disdukcapil")
    var lalabata = try await test.office("kec-lalabata")
    try await test.apply(
      dukcapil, try dukcapil.batch(population, [try resident(id(1), "Hasan", nik: "1", mother: nil)]))
    try await test.apply(lalabata, try lalabata.batch(population, [try resident(id(1), "Maryam", nik: "1")]))
    let list = try await found(test)
    #expect(list.map(\.match.kind) == [.otherName])
    #expect(list.first?.records.count == 1)

    let edits = try await test.store.split(
      population, id(1), saidBy: lalabata.node, newID: id(2), version: nil, reason: reason, now: start)
    #expect(edits.count == 2)
    #expect(
      try test.sql("SELECT nama, nik, nama_ibu FROM population ORDER BY id") == ["Hasan|1|", "Maryam|1|St. Aminah"])
    #expect(try await test.store.record(population, id(1))?.shown.conflicts.isEmpty == true)
    // They still show one number, but somebody has said that they are two people.
    #expect(try await found(test).isEmpty)
    await #expect(throws: DuplicateRefusal.notSplittable) {
      try await test.store.split(
        population, id(1), saidBy: lalabata.node, newID: id(3), version: nil, reason: reason, now: start)
    }
  }

  @Test func `of two records that offices merged into each other the lesser stays in sight`() async throws {
    let test = try await store()
    var dukcapil = try await test.office("disdukcapil")
    var lalabata = try await test.office("kec-lalabata")
    try await test.apply(
      dukcapil, try dukcapil.batch(population, [try resident(id(1), "Muh. Yusuf"), try resident(id(2), "Moch. Jusuf")]))
    func alias(_ record: RecordID, of target: RecordID, dot: Dot) throws -> Entry {
      try edit(
        record, [("lifecycle", Lifecycle.alias.value), ("alias_of", .text(target.description))],
        saw: ["lifecycle": Context(dot)], affirms: nil, scopeSeen: dot)
    }
    try await test.apply(dukcapil, try dukcapil.batch(population, [try alias(id(1), of: id(2), dot: dukcapil.dot(1))]))
    try await test.apply(lalabata, try lalabata.batch(population, [try alias(id(2), of: id(1), dot: dukcapil.dot(2))]))
    #expect(try test.sql("SELECT nama FROM population").isEmpty)
    #expect(try await found(test).isEmpty)
    #expect(try test.sql("SELECT nama FROM population") == ["Muh. Yusuf"])
    #expect(try await test.store.person(population, id(2))?.id == id(1))
  }

  @Test func `what an office merged and brought back is open again`() async throws {
    let test = try await store()
    var office = try await test.office("disdukcapil")
    try await test.apply(
      office, try office.batch(population, [try resident(id(1), "Muh. Yusuf"), try resident(id(2), "Moch. Jusuf")]))
    _ = try await test.store.setLifecycle(population, id(2), to: .alias, aliasOf: id(1), version: nil, now: start)
    #expect(try await found(test, state: .merged).count == 1)
    _ = try await test.store.setLifecycle(population, id(2), to: .present, version: nil, now: start)
    #expect(try await found(test).count == 1)
  }

  @Test func `pages of the list follow each other without a hole`() async throws {
    let test = try await store()
    let all = try await found(test, try (1...6).map { try resident(id($0), "Muhammad Yusuf", nik: "77") })
    #expect(all.count == 15)
    var seen: [DuplicatePair] = []
    var after: DuplicateCursor?
    repeat {
      let page = try await test.store.duplicates(after: after, limit: 4)
      seen += page.elements.map(\.pair)
      after = page.next
    } while after != nil
    #expect(seen == all.map(\.pair))
  }
}

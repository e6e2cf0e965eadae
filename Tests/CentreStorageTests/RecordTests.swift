import CentreStorage
import Datasets
import Replication
import TestSupport
import Testing
import Wire

struct RecordTests {
  private func context(_ dots: Dot...) -> Context {
    var context = Context.empty
    for dot in dots { context.insert(dot) }
    return context
  }

  /// A record made at Disdukcapil and known to Lalabata, which both then edit without seeing each other.
  private func conflicting(
    _ field: String, _ mine: Value, _ theirs: Value, suspect: Bool = false
  ) async throws -> (TestStore, RecordEntry) {
    let test = try await TestStore.ready()
    var dukcapil = try await test.office("disdukcapil")
    var lalabata = try await test.office("kec-lalabata")
    let creation = try edit(
      id(1),
      [
        ("nama", .text("ANDI")), ("kode_wilayah", .text("73.12.04.1001")), ("alamat", .text("Jl. Lama")),
        ("agama", .text("1")), ("status_hidup", .text("hidup")), ("bantuan", .list(["PKH"])),
      ], traits: .creation)
    try await test.apply(dukcapil, try dukcapil.batch(population, [creation]))
    let seen = context(dukcapil.dot(1))
    try await test.apply(
      dukcapil,
      try dukcapil.batch(
        population, [try edit(id(1), [(field, mine)], saw: [field: seen], affirms: nil, at: 10)]))
    let other = try edit(
      id(1), [(field, theirs)], saw: [field: seen], affirms: nil, scopeSeen: dukcapil.dot(1), at: 20,
      suspect: suspect)
    try await test.apply(lalabata, try lalabata.batch(population, [other]))
    return (test, try #require(try await test.store.record(population, id(1))))
  }

  @Test(arguments: [
    ("nama", "ANDI A", "ANDI B", "ANDI A", "open"), ("alamat", "Jl. A", "Jl. B", "Jl. B", "settled"),
    ("agama", "2", "3", "2", "settled"), ("status_hidup", "meninggal", "pindah", "meninggal", "settled"),
    ("nama", "ANDI A", "ANDI A", "ANDI A", "none"),
  ])
  func `each policy shows its value and says what stands against it`(
    _ field: String, _ mine: String, _ theirs: String, _ shown: String, _ state: String
  ) async throws {
    let (test, record) = try await conflicting(field, .text(mine), .text(theirs))
    #expect(record.shown[try name(field)] == .text(shown))
    #expect(try test.sql("SELECT \(field) FROM population") == [shown])
    let conflicts = try await test.store.conflicts(limit: 10).elements
    guard state != "none" else {
      #expect(conflicts.isEmpty)
      return
    }
    let conflict = try #require(conflicts.first)
    #expect(conflicts.count == 1)
    #expect(conflict.state.rawValue == state)
    #expect(conflict.shown == .text(shown))
    #expect(Set(conflict.siblings.map(\.value)) == [.text(mine), .text(theirs)])
    let before = ["nama": "ANDI", "alamat": "Jl. Lama", "agama": "1", "status_hidup": "hidup"]
    #expect(conflict.base == before[field].map { .text($0) })
    #expect(conflict.id == "population/\(id(1))/\(field)")
    let filtered = try await test.store.conflicts(state: .open, limit: 10).elements
    #expect(filtered.count == (state == "open" ? 1 : 0))
  }

  @Test func `a union shows all elements`() async throws {
    let (test, record) = try await conflicting("bantuan", .list(["BPNT", "PKH"]), .list(["PBI"]))
    #expect(record.shown[try name("bantuan")] == .list(["BPNT", "PBI", "PKH"]))
    #expect(try test.sql("SELECT bantuan FROM population") == [#"["BPNT","PBI","PKH"]"#])
  }

  @Test func `latest is open while a clock is suspect`() async throws {
    let (_, record) = try await conflicting("alamat", .text("Jl. A"), .text("Jl. B"), suspect: true)
    #expect(record.shown[try name("alamat")] == .text("Jl. A"))
    #expect(record.shown.conflicts.map(\.state) == [.open])
  }

  @Test func `an edit while another office deletes keeps the record in sight with an open conflict`()
    async throws
  {
    let test = try await TestStore.ready()
    var dukcapil = try await test.office("disdukcapil")
    var lalabata = try await test.office("kec-lalabata")
    try await test.apply(
      dukcapil, try dukcapil.batch(population, [try person(id(1)), try person(id(2), "BUDI")]))
    let deletions = try (1...2).map { number in
      try edit(
        id(number), [("lifecycle", Lifecycle.deleted.value)],
        saw: ["lifecycle": context(dukcapil.dot(number))],
        affirms: nil)
    }
    try await test.apply(dukcapil, try dukcapil.batch(population, deletions))
    #expect(try test.sql("SELECT count(*) FROM population") == ["0"])
    #expect(try await test.store.record(population, id(2))?.shown.isHidden == true)
    let late = try edit(
      id(1), [("alamat", .text("Jl. Baru"))], affirms: context(dukcapil.dot(1)), scopeSeen: dukcapil.dot(1))
    try await test.apply(lalabata, try lalabata.batch(population, [late]))
    #expect(try test.sql("SELECT nama, alamat FROM population") == ["ANDI|Jl. Baru"])
    let open = try await test.store.conflicts(state: .open, limit: 10).elements
    #expect(open.map(\.field) == [.lifecycle])
    #expect(open.map(\.base) == [nil])
  }

  @Test func `write rules are judged by the scope that the editor saw`() async throws {
    let test = try await TestStore.ready()
    var dukcapil = try await test.office("disdukcapil")
    var lalabata = try await test.office("kec-lalabata")
    var citta = try await test.office("kec-citta")
    try await test.apply(dukcapil, try dukcapil.batch(population, [try person(id(1))]))
    // The record moves to Citta before Lalabata's edit arrives; Lalabata saw it in its own region.
    let move = try edit(
      id(1), [("kode_wilayah", .text("73.12.08.2001"))], saw: ["kode_wilayah": context(dukcapil.dot(1))],
      affirms: nil)
    try await test.apply(dukcapil, try dukcapil.batch(population, [move]))
    let allowed = try edit(id(1), [("alamat", .text("Jl. L"))], affirms: nil, scopeSeen: dukcapil.dot(1))
    #expect(try await test.apply(lalabata, try lalabata.batch(population, [allowed])).counts.applied == 1)
    // Citta claims to have seen it in Lalabata: not its region then.
    let refused = try edit(id(1), [("alamat", .text("Jl. C"))], affirms: nil, scopeSeen: dukcapil.dot(1))
    let (ack, _) = try await test.apply(citta, try citta.batch(population, [refused]))
    #expect(ack.quarantined.map(\.code) == ["write_rule"])
    let invented = try edit(id(1), [("alamat", .text("Jl. C"))], affirms: nil, scopeSeen: dukcapil.dot(9))
    let (again, _) = try await test.apply(citta, try citta.batch(population, [invented]))
    #expect(again.quarantined.map(\.code) == ["unknown_context"])
    let right = try edit(id(1), [("alamat", .text("Jl. C"))], affirms: nil, scopeSeen: dukcapil.dot(2))
    #expect(try await test.apply(citta, try citta.batch(population, [right])).counts.applied == 1)
  }

  @Test func `a change that saw more than the centre knows is set aside`() async throws {
    let test = try await TestStore.ready()
    var dukcapil = try await test.office("disdukcapil")
    let lalabata = try await test.office("kec-lalabata")
    let forged = try edit(
      id(1), [("alamat", .text("x"))], saw: ["alamat": context(lalabata.dot(7))], affirms: nil)
    let (ack, _) = try await test.apply(
      dukcapil, try dukcapil.batch(population, [try person(id(1)), forged]))
    #expect(ack.quarantined.map(\.code) == ["unknown_context"])
    // Epochs of the centre that a restore lost are accepted: nothing more comes from them.
    let lost = Dot(
      author: Author(node: .centre, incarnation: Incarnation(generation: 4, random: 4)), sequence: place(3))
    let seen = try edit(id(1), [("alamat", .text("y"))], saw: ["alamat": context(lost)], affirms: nil)
    #expect(try await test.apply(dukcapil, try dukcapil.batch(population, [seen])).counts.applied == 1)
    let ahead = Dot(author: Author(node: .centre, incarnation: test.store.epoch), sequence: place(3))
    let above = try edit(id(1), [("alamat", .text("z"))], saw: ["alamat": context(ahead)], affirms: nil)
    #expect(
      try await test.apply(dukcapil, try dukcapil.batch(population, [above])).ack.quarantined.count == 1)
  }

  @Test func `history holds every change, also what was replaced or held back`() async throws {
    let test = try await TestStore.ready()
    var dukcapil = try await test.office("disdukcapil")
    var lalabata = try await test.office("kec-lalabata")
    try await test.apply(dukcapil, try dukcapil.batch(population, [try person(id(1))]))
    let first = try edit(id(1), [("alamat", .text("A"))], affirms: nil)
    let second = try edit(
      id(1), [("alamat", .text("B"))], saw: ["alamat": context(dukcapil.dot(2))], affirms: nil)
    try await test.apply(dukcapil, try dukcapil.batch(population, [first, second]))
    let wrong = try edit(id(1), [("nama", .integer(4))], affirms: nil, scopeSeen: dukcapil.dot(1))
    try await test.apply(
      lalabata, try lalabata.batch(population, [wrong]), now: start.advanced(byMilliseconds: 5))
    let history = try await test.store.history(population, id(1))
    #expect(history.map(\.dot) == [dukcapil.dot(1), dukcapil.dot(2), dukcapil.dot(3), lalabata.dot(1)])
    #expect(history.dropLast().map(\.fate) == [.applied, .applied, .applied])
    guard case .held? = history.last?.fate else { throw TestFailure("not held") }
  }

  @Test func `requeueing something that was replaced by now says so`() async throws {
    let test = try await TestStore.ready()
    var dukcapil = try await test.office("disdukcapil")
    try await test.apply(dukcapil, try dukcapil.batch(population, [try person(id(1))]))
    let late = try edit(id(1), [("alamat", .text("A"))], affirms: nil, at: 400_000)
    #expect(
      try await test.apply(dukcapil, try dukcapil.batch(population, [late])).ack.quarantined.map(\.code) == [
        "future_time"
      ])
    let next = try edit(
      id(1), [("alamat", .text("B"))], saw: ["alamat": context(dukcapil.dot(2))], affirms: nil)
    try await test.apply(dukcapil, try dukcapil.batch(population, [next]))
    let held = try #require(try await test.store.quarantine(limit: 1).elements.first)
    let later = start.advanced(byMilliseconds: 500_000)
    #expect(try await test.store.requeue(held.id, now: later) == .replaced)
    #expect(try test.sql("SELECT alamat FROM population") == ["B"])
    #expect(try await test.store.quarantine(limit: 1).elements.isEmpty)
  }

  @Test(arguments: 0..<6)
  func `any order of any edits gives the digest of a plain merge`(_ seed: Int) async throws {
    let test = try await TestStore.ready()
    var random = SeededRandom(seed: UInt64(seed) + 100)
    let definition = try Fleet.population()
    var offices = [
      try await test.office("disdukcapil"), try await test.office("kec-lalabata"),
      try await test.office("kec-citta"),
    ]
    var states: [RecordID: RecordState] = [:]
    for _ in 0..<60 {
      let author = Int.random(in: 0..<offices.count, using: &random)
      var entries: [Entry] = []
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let record = id(UInt64.random(in: 1...8, using: &random))
        let state = states[record] ?? .empty
        let field = ["nama", "alamat", "agama"].randomElement(using: &random) ?? "nama"
        // Either saw all there is, or nothing of the others but its own.
        let whole = state[try name(field)].context
        let saw = Bool.random(using: &random) ? whole : whole.restricted(to: offices[author].node)
        var values: [(String, Value)] = [(field, .text("v\(Int.random(in: 0..<5, using: &random))"))]
        if state.isEmpty {
          values.append(
            ("kode_wilayah", .text("73.12.0\([4, 8][Int.random(in: 0...1, using: &random)]).1001")))
        }
        let scope = definition.scope.flatMap { state[$0].best(by: definition.rule(for: $0))?.dot }
        let entry = try edit(
          record, values, saw: [field: saw], affirms: nil, scopeSeen: author == 0 ? nil : scope,
          at: Int64.random(in: 0..<50, using: &random))
        entries.append(entry)
        guard case .change(let seal, let change) = entry else { continue }
        let judge = EntryJudge(
          definition: definition,
          write: Access(rules: definition.write, profile: try Fleet.profiles()[author]), now: start)
        let seen = change.scopeSeen.flatMap { dot in
          state[Names.field("kode_wilayah")].siblings.first { $0.dot == dot }.flatMap {
            RegionCode($0.value.text)
          }
        }
        if (try? judge.judge(change, scopeSeen: seen, knows: { _ in true })) != nil {
          var next = state
          let sequence = offices[author].chain(population).last.advanced(by: UInt64(entries.count))
          next.apply(
            change, dot: Dot(author: offices[author].author, sequence: sequence), time: seal.effective,
            isSuspect: false)
          states[record] = next
        }
      }
      try await test.apply(offices[author], try offices[author].batch(population, entries))
    }
    var sum = DigestSum()
    for (record, state) in states {
      if let part = state.digest(id: record, fields: nil, scope: definition.scope) { sum += part }
    }
    let digest = try await test.store.digest(population)
    #expect(digest.digest == sum)
    #expect(digest.count == UInt64(states.count))
    #expect(digest.cursor.epoch == test.store.epoch)
    // A reader's digest is over its scope and fields.
    let read = Access(rules: definition.read, profile: try Fleet.profiles()[1])
    var scoped = DigestSum()
    for (record, state) in states
    where read.includes(scope: state.scope(definition: definition, previous: nil)) {
      if let part = state.digest(id: record, fields: nil, scope: definition.scope) { scoped += part }
    }
    #expect(try await test.store.digest(population, node: offices[1].node).digest == scoped)
  }

  @Test func `records page by id and match shown values`() async throws {
    let test = try await TestStore.ready()
    var dukcapil = try await test.office("disdukcapil")
    let people = try (1...5).map { try person(id($0), $0 == 3 ? "BUDI" : "ANDI") }
    try await test.apply(dukcapil, try dukcapil.batch(population, people))
    let first = try await test.store.records(population, limit: 3)
    #expect(first.elements.map(\.id) == [id(1), id(2), id(3)])
    let rest = try await test.store.records(population, after: first.next, limit: 3)
    #expect(rest.elements.map(\.id) == [id(4), id(5)])
    #expect(rest.next == nil)
    let found = try await test.store.records(
      population, matching: [(name: try name("nama"), text: "BUDI")], limit: 9)
    #expect(found.elements.map(\.id) == [id(3)])
    #expect(found.elements.first?.scope == (try region("73.12.04.1001")))
  }

  @Test func `what saw too much is taken in once its author's stream has passed`() async throws {
    let test = try await TestStore.ready()
    var dukcapil = try await test.office("disdukcapil")
    var lalabata = try await test.office("kec-lalabata")
    let early = try edit(
      id(1), [("alamat", .text("B"))], saw: ["alamat": context(dukcapil.dot(2))], affirms: nil,
      scopeSeen: dukcapil.dot(1))
    let (ack, _) = try await test.apply(lalabata, try lalabata.batch(population, [early]))
    #expect(ack.quarantined.map(\.code) == ["unknown_context"])
    #expect(try await test.store.requeueHeld(dataset: population, code: .unknownContext, now: start) == 0)
    let end = try await test.store.feedEnd()
    try await test.apply(
      dukcapil,
      try dukcapil.batch(population, [try person(id(1)), try edit(id(1), [("alamat", .text("A"))])]))
    #expect(try await test.store.feedEnd() == end + 2)
    #expect(try await test.store.requeueHeld(dataset: population, code: .unknownContext, now: start) == 1)
    #expect(try test.sql("SELECT alamat FROM population") == ["B"])
    #expect(try await test.store.conflicts(limit: 5).elements.isEmpty)
  }

  @Test func `undeclared fields are kept, and one too many is set aside without holding up the rest`()
    async throws
  {
    let test = try await TestStore.ready()
    var dukcapil = try await test.office("disdukcapil")
    func noted(_ number: UInt64, _ names: Range<Int>) throws -> Entry {
      try edit(id(number), names.map { ("kolom_\($0)", .text("x")) }, affirms: nil)
    }
    let entries = [
      try person(id(1)), try person(id(2)), try noted(1, 0..<40), try noted(2, 30..<64),
      try noted(1, 64..<65),
      try noted(2, 0..<1), try edit(id(2), [("alamat", .text("Jl. Baru"))], affirms: nil),
    ]
    let (ack, counts) = try await test.apply(dukcapil, try dukcapil.batch(population, entries))
    #expect(ack.quarantined.map(\.sequence.value) == [5] && ack.quarantined.map(\.code) == ["schema"])
    #expect(ack.quarantined.first?.reason.contains("kolom_64") == true)
    #expect(counts.applied == 6)
    let extra = try test.sql("SELECT extra FROM population WHERE id = '\(id(1))'")
    #expect(extra.first?.contains(#""kolom_0":"x""#) == true && extra.first?.contains("kolom_64") == false)
    let entry = try #require(try await test.store.record(population, id(2)))
    let last = try name("kolom_63")
    #expect(entry.state[last].siblings.map(\.value) == [.text("x")])
  }

  @Test func `a digest that was kept is not given after a change`() async throws {
    let test = try await TestStore.ready()
    var dukcapil = try await test.office("disdukcapil")
    try await test.apply(dukcapil, try dukcapil.batch(population, [try person(id(1))]))
    let first = try await test.store.digest(population)
    try await test.apply(dukcapil, try dukcapil.batch(attendance, [try punch()]))
    let later = try await test.store.digest(population)
    #expect(later.digest == first.digest)
    #expect(later.cursor.position == 2)
    try await test.apply(
      dukcapil, try dukcapil.batch(population, [try edit(id(1), [("alamat", .text("A"))])]))
    #expect(try await test.store.digest(population).digest != first.digest)
  }

  @Test func `conflicts page from the newest to the oldest`() async throws {
    let test = try await TestStore.ready()
    var dukcapil = try await test.office("disdukcapil")
    var lalabata = try await test.office("kec-lalabata")
    try await test.apply(dukcapil, try dukcapil.batch(population, try (1...4).map { try person(id($0)) }))
    for number in UInt64(1)...4 {
      let saw = ["nama": context(dukcapil.dot(number)), "agama": Context.empty]
      let mine = try edit(id(number), [("nama", .text("A")), ("agama", .text("1"))], saw: saw, affirms: nil)
      let theirs = try edit(
        id(number), [("nama", .text("B")), ("agama", .text("2"))], saw: saw, affirms: nil,
        scopeSeen: dukcapil.dot(number))
      try await test.apply(dukcapil, try dukcapil.batch(population, [mine]))
      try await test.apply(lalabata, try lalabata.batch(population, [theirs]))
    }
    for limit in [1, 3, 8] {
      var seen: [String] = []
      var after: ConflictCursor?
      repeat {
        let page = try await test.store.conflicts(after: after, limit: limit)
        seen += page.elements.map(\.id)
        after = page.next
      } while after != nil
      let numbers: [UInt64] = [4, 3, 2, 1]
      let expected = numbers.flatMap { number in
        ["nama", "agama"].map { "population/\(id(number))/\($0)" }
      }
      #expect(seen == expected, "limit \(limit)")
    }
    let overview = try await test.store.fleetOverview(now: start)
    #expect(overview.openConflicts == 4)
    #expect(overview.settledConflicts == 4)
    #expect(overview.openConflictsByNode == [dukcapil.node: 4, lalabata.node: 4])
    #expect(overview.newest[lalabata.node] == start)
    #expect(overview.nodes.map(\.node.text) == ["disdukcapil", "kec-lalabata"])
  }

  @Test func `a change that leaves out its office's own one before is set aside`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("disdukcapil")
    try await test.apply(office, try office.batch(population, [try person(id(1))]))
    let forged = try edit(id(1), [("alamat", .text("A"))])
    let again = try edit(id(1), [("alamat", .text("B"))])
    let (ack, _) = try await test.apply(office, try office.batch(population, [forged, again]))
    #expect(ack.quarantined.map(\.code) == ["schema"])
    #expect(ack.applied.sequence.value == 3)
  }
}

import Datasets
import Replication
import Testing
import Wire

/// What must hold for any set of changes, whatever its order.
@Suite struct MergePropertyTests {
  /// Edits of one field by a few nodes that see each other at random.
  private static func operations(seed: UInt64, count: Int, values: [Value]) -> [(Sibling, Context)] {
    var random = SplitMix64(seed: seed)
    var counters: [Int: UInt64] = [:]
    var seen = [FieldState](repeating: .empty, count: 3)
    var made: [(Sibling, Context)] = []
    for index in 0..<count {
      let node = random.below(3)
      // Offices learn of some of what the others did.
      for (sibling, saw) in made where random.below(3) == 0 { seen[node].apply(sibling, saw: saw) }
      counters[node, default: 0] += 1 + UInt64(random.below(2))
      let dot = Fixture.dot(["disdukcapil", "kec-citta", "kec-ganra"][node], counters[node] ?? 1)
      let sibling = Fixture.sibling(
        dot, random.pick(values), time: Int64(random.below(4)), isSuspect: random.below(4) == 0)
      let saw = seen[node].context
      seen[node].apply(sibling, saw: saw)
      made.append((sibling, saw))
      precondition(made.count == index + 1)
    }
    return made
  }

  private static func permutations<Element>(_ elements: [Element]) -> [[Element]] {
    guard let first = elements.first else { return [[]] }
    return permutations(Array(elements.dropFirst())).flatMap { rest in
      (0...rest.count).map { Array(rest[..<$0]) + [first] + Array(rest[$0...]) }
    }
  }

  @Test(arguments: 0..<12 as Range<UInt64>)
  func `every order of the same changes ends in one digest`(seed: UInt64) {
    let made = Self.operations(seed: seed, count: 6, values: [.text("A"), .text("B"), .null])
    var digests: Set<DigestSum?> = []
    for order in Self.permutations(made) {
      var record = RecordState.empty
      for (sibling, saw) in order {
        record.apply(
          Fixture.change([(Fixture.nama, sibling.value, saw)], affirming: saw), dot: sibling.dot,
          time: sibling.time, isSuspect: sibling.isSuspect)
      }
      digests.insert(record.digest(id: Fixture.record, fields: nil, scope: nil))
    }
    #expect(digests.count == 1)
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func `siblings are exactly the changes that no other change has seen`(seed: UInt64) {
    let made = Self.operations(seed: seed, count: 12, values: [.text("A"), .text("B")])
    var state = FieldState.empty
    for (sibling, saw) in made { state.apply(sibling, saw: saw) }
    let unseen = made.filter { candidate in
      !made.contains { $0.0.dot != candidate.0.dot && $0.1.covers(candidate.0.dot) }
    }
    #expect(state.siblings == unseen.map(\.0).sorted { $0.dot < $1.dot })
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func `a union shows every element that stands`(seed: UInt64) {
    let values: [Value] = [.list(of: ["a", "b"]), .list(of: ["b", "c"]), .list(of: []), .null]
    var state = FieldState.empty
    for (sibling, saw) in Self.operations(seed: seed, count: 8, values: values) {
      state.apply(sibling, saw: saw)
    }
    var elements: Set<String> = []
    for sibling in state.siblings { if case .list(let list) = sibling.value { elements.formUnion(list) } }
    let rule = FieldRule(policy: .union, authority: [])
    switch state.shown(by: rule) {
    case .list(let shown): #expect(shown == elements.sorted())
    case .null: #expect(elements.isEmpty)
    case let other: Issue.record("a union shows \(String(describing: other))")
    }
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func `a monotone field shows the furthest, and the change that it names wrote it`(seed: UInt64) {
    let order = ["hidup", "pindah", "meninggal"]
    let rule = FieldRule(policy: .monotone(order: order), authority: [Fixture.node("kec-ganra")])
    var state = FieldState.empty
    let made = Self.operations(seed: seed, count: 8, values: order.map(Value.text) + [.text("?")])
    for (sibling, saw) in made { state.apply(sibling, saw: saw) }
    func place(_ value: Value?) -> Int { order.firstIndex(of: value?.text ?? "") ?? -1 }
    #expect(place(state.shown(by: rule)) == state.siblings.map { place($0.value) }.max())
    #expect(state.best(by: rule)?.value == state.shown(by: rule))
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func `the latest sure value shows, and a suspect one opens the conflict`(seed: UInt64) {
    let rule = FieldRule(policy: .latest, authority: [])
    var state = FieldState.empty
    for (sibling, saw) in Self.operations(seed: seed, count: 8, values: [.text("A"), .text("B"), .text("C")]) {
      state.apply(sibling, saw: saw)
    }
    let sure = state.siblings.filter { !$0.isSuspect }
    let latest = (sure.isEmpty ? state.siblings : sure).map(\.time).max()
    #expect(state.best(by: rule)?.time == latest)
    #expect(state.best(by: rule)?.isSuspect == sure.isEmpty)
    let differ = Set(state.siblings.map(\.value)).count > 1
    let expected: ConflictState = !differ ? .none : sure.count == state.siblings.count ? .settled : .open
    #expect(state.conflict(by: rule) == expected)
  }

  @Test func `the centre's word ranks before every authority`() {
    let rule = FieldRule(policy: .authority, authority: [Fixture.node("disdukcapil")])
    var state = FieldState.empty
    state.apply(Fixture.sibling(Fixture.dot("disdukcapil", 1), .text("A"), time: 9), saw: .empty)
    state.apply(Fixture.sibling(Fixture.dot("scc", 1), .text("B"), time: 1), saw: .empty)
    #expect(state.shown(by: rule) == .text("B"))
    #expect(state.conflict(by: rule) == .settled)
  }

  @Test func `lists that were cleared everywhere show as cleared`() {
    let rule = FieldRule(policy: .union, authority: [])
    var state = FieldState.empty
    state.apply(Fixture.sibling(Fixture.dot("kec-citta", 1), .null), saw: .empty)
    state.apply(Fixture.sibling(Fixture.dot("kec-ganra", 1), .null), saw: .empty)
    #expect(state.shown(by: rule) == .null)
    #expect(state.conflict(by: rule) == .none)
  }
}

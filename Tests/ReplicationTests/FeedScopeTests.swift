import Datasets
import Replication
import Testing
import Wire

@Suite struct FeedScopeTests {
  private let village = RegionCode(Fixture.village)
  private let other = RegionCode(Fixture.otherVillage)

  private func scope(_ role: String, _ region: RegionCode = Fixture.lalabata) -> FeedScope {
    FeedScope(definition: Fixture.residents, read: Fixture.read(role, region: region))
  }

  private func delivery(
    _ scope: FeedScope, at region: RegionCode?, hidden: Bool = false,
    left: [(RegionCode?, UInt64)] = [], since position: UInt64 = 0
  ) -> FeedScope.Delivery {
    scope.delivery(
      scope: region, isHidden: hidden,
      departures: left.map { FeedScope.Departure(scope: $0.0, position: $0.1) }, since: position)
  }

  @Test func `a kecamatan gets its own residents and nobody else's`() {
    #expect(delivery(scope("kecamatan"), at: village) == .state(fields: nil))
    #expect(delivery(scope("kecamatan"), at: other) == .nothing)
    #expect(delivery(scope("kecamatan"), at: nil) == .nothing)
    #expect(delivery(scope("dukcapil"), at: nil) == .state(fields: nil))
    #expect(delivery(scope("kepegawaian"), at: village) == .nothing)
  }

  @Test func `a reader by agreement gets its fields, lifecycle and the scope field`() {
    let scope = scope("mitra-data")
    #expect(delivery(scope, at: village) == .state(fields: [Fixture.nama]))
    var state = RecordState.empty
    for field in [Fixture.nama, Fixture.alamat, Fixture.wilayah, .lifecycle, .aliasOf] {
      state[field].apply(Fixture.sibling(Fixture.dot("disdukcapil", 1), .text("x")), saw: .empty)
    }
    let visible = scope.visible(state, fields: [Fixture.nama]).fields.map(\.name)
    #expect(visible == [.aliasOf, Fixture.wilayah, .lifecycle, Fixture.nama].sorted())
  }

  @Test
  func `a record that moved on learns of it wherever it was, also when the node was away for both moves`() {
    // Lalabata until 5, then Citta until 9, then somewhere else.
    let third = RegionCode("73.12.01.2001")
    let left: [(RegionCode?, UInt64)] = [(village, 5), (other, 9)]
    let lalabata = scope("kecamatan", Fixture.lalabata)
    let citta = scope("kecamatan", Fixture.citta)
    #expect(delivery(lalabata, at: third, left: left, since: 3) == .retraction)
    #expect(delivery(citta, at: third, left: left, since: 3) == .retraction)
    // A copy past position 5 need not know: the record may have changed again before page 5 was read.
    #expect(delivery(lalabata, at: third, left: left, since: 5) == .retraction)
    #expect(delivery(citta, at: third, left: left, since: 9) == .retraction)
    #expect(delivery(scope("kecamatan", Fixture.region("73.12.02")), at: third, left: left) == .nothing)
    #expect(
      delivery(scope("kecamatan", Fixture.region("73.12.01")), at: third, left: left, since: 3)
        == .state(fields: nil))
  }

  @Test func `a record that came back is delivered, not retracted`() {
    let left: [(RegionCode?, UInt64)] = [(village, 5), (other, 9)]
    #expect(delivery(scope("kecamatan"), at: village, left: left, since: 3) == .state(fields: nil))
  }

  @Test func `a deleted record is retracted from those who may read it`() {
    #expect(delivery(scope("kecamatan"), at: village, hidden: true) == .retraction)
    #expect(delivery(scope("kecamatan"), at: other, hidden: true) == .nothing)
    #expect(delivery(scope("dukcapil"), at: nil, hidden: true) == .retraction)
  }

  // MARK: The scope that a record has

  private func claimed(_ values: [(String, UInt64, String)]) -> RecordState {
    var state = RecordState.empty
    for (node, counter, value) in values {
      state[Fixture.wilayah].apply(
        Fixture.sibling(Fixture.dot(node, counter), .text(value), time: Int64(counter)), saw: .empty)
    }
    return state
  }

  @Test func `a claim on somebody else's resident pulls nothing`() {
    let state = claimed([("kec-lalabata", 1, Fixture.village), ("kec-citta", 2, Fixture.otherVillage)])
    #expect(state.scope(definition: Fixture.residents, previous: village) == village)
    #expect(state.scope(definition: Fixture.residents, previous: other) == other)
  }

  @Test func `the authority's word moves a record although a claim stands`() {
    let state = claimed([("disdukcapil", 1, Fixture.otherVillage), ("kec-lalabata", 2, Fixture.village)])
    #expect(state.scope(definition: Fixture.residents, previous: village) == other)
  }

  @Test func `a record never scoped before follows what is shown`() {
    let state = claimed([("kec-lalabata", 1, Fixture.village), ("kec-citta", 2, Fixture.otherVillage)])
    #expect(state.scope(definition: Fixture.residents, previous: nil) == other)
    #expect(RecordState.empty.scope(definition: Fixture.residents, previous: nil) == nil)
    #expect(
      claimed([("kec-citta", 1, "di sini")]).scope(definition: Fixture.residents, previous: village) == nil)
  }

  // MARK: Rule version

  private func version(_ accesses: [(String, Access)]) -> UInt64 {
    RuleVersion.of(accesses.map { (dataset: Fixture.dataset($0.0), read: $0.1) })
  }

  @Test func `the rule version changes with what may be read, and with nothing else`() {
    let population = Fixture.read("kecamatan")
    let all = Access(rules: Fixture.punches.read, profile: Fixture.profile("x", role: "dukcapil"))
    let base = version([("population", population), ("attendance", all)])
    #expect(base != 0)
    #expect(version([("attendance", all), ("population", population)]) == base)
    #expect(version([("attendance", all), ("population", population), ("site", .nothing)]) == base)
    #expect(version([("population", population)]) != base)
    #expect(
      version([("attendance", all), ("population", Fixture.read("kecamatan", region: Fixture.citta))]) != base
    )
    #expect(version([("attendance", all), ("population", Fixture.read("dukcapil"))]) != base)
    #expect(version([("attendance", all), ("population", Fixture.read("mitra-data"))]) != base)
    #expect(version([]) != 0)
  }
}

import Datasets
import Replication
import Testing
import Wire

/// Which change of a record's region an edit names as the one that its editor was shown.
@Suite struct ScopeClaimTests {
  private static let node = "kec-lalabata"

  /// A resident of Lalabata whom Citta has claimed at the same time, later by the clock.
  private func claimed() -> RecordState {
    var state = RecordState()
    for (dot, village) in [
      (Fixture.dot(Self.node, 1), Fixture.village), (Fixture.dot("kec-citta", 1), Fixture.otherVillage),
    ] {
      let edits = [(Fixture.nama, "Andi"), (Fixture.wilayah, village)].map {
        Change.Edit(field: $0.0, value: .text($0.1), saw: .empty)
      }
      let change = Change(record: Fixture.record, traits: .creation, edits: edits, affirmation: .empty)
      state.apply(
        change, dot: dot, time: Fixture.time(dot.author.node.text == Self.node ? 1 : 2), isSuspect: false)
    }
    return state
  }

  private func editor(_ state: RecordState) throws -> RecordEditor {
    let write = Access(
      rules: [AccessRule(roles: ["*"], ownRegionOnly: true)],
      profile: NodeProfile(
        node: Fixture.node(Self.node), title: BilingualText(id: "x", en: "x"), kind: "kecamatan",
        region: Fixture.lalabata, roles: []))
    return RecordEditor(
      definition: Fixture.residents, node: Fixture.node(Self.node), record: Fixture.record, state: state, own: .none,
      write: write)
  }

  private func version(_ state: RecordState) -> RecordVersion {
    RecordVersion(of: state, record: Fixture.record, definition: Fixture.residents)
  }

  @Test func `an edit from a screen with another office's claim names what its own office made of the claims since`()
    throws
  {
    var state = claimed()
    let screen = version(state)
    #expect(screen.scopeSeen == Fixture.dot("kec-citta", 1))
    let stays = try #require(
      try editor(state).save([(Fixture.wilayah, .text(Fixture.village))], version: screen))
    state.apply(stays, dot: Fixture.dot(Self.node, 2), time: Fixture.time(3), isSuspect: false)
    let late = try #require(try editor(state).save([(Fixture.nama, .text("Andi M."))], version: screen))
    #expect(late.scopeSeen == Fixture.dot(Self.node, 2))
  }

  @Test func `an edit from an old screen does not name its own office's word against one that ranks above it`() throws {
    var state = claimed()
    let screen = version(state)
    let moved = Change(
      record: Fixture.record,
      edits: [Change.Edit(field: Fixture.wilayah, value: .text(Fixture.otherVillage), saw: .empty)], affirmation: .empty
    )
    let stays = try #require(
      try editor(state).save([(Fixture.wilayah, .text(Fixture.village))], version: screen))
    state.apply(stays, dot: Fixture.dot(Self.node, 2), time: Fixture.time(3), isSuspect: false)
    state.apply(moved, dot: Fixture.dot("disdukcapil", 1), time: Fixture.time(4), isSuspect: false)
    let rule = Fixture.residents.rule(for: Fixture.wilayah)
    try #require(rule.rank(of: Fixture.node("disdukcapil")) < rule.rank(of: Fixture.node(Self.node)))
    let late = try #require(try editor(state).save([(Fixture.nama, .text("Andi M."))], version: screen))
    #expect(late.scopeSeen == screen.scopeSeen)
  }

  @Test func `an edit from a screen with its own office's word names that, also when it was said anew since`() throws {
    var state = claimed()
    let settled = try #require(
      try editor(state).save([(Fixture.wilayah, .text(Fixture.village))], version: version(state)))
    state.apply(settled, dot: Fixture.dot(Self.node, 2), time: Fixture.time(3), isSuspect: false)
    let screen = version(state)
    let again = try #require(
      try editor(state).save([(Fixture.wilayah, .text("73.12.04.1002"))], version: screen))
    state.apply(again, dot: Fixture.dot(Self.node, 3), time: Fixture.time(4), isSuspect: false)
    let late = try #require(try editor(state).save([(Fixture.nama, .text("Andi M."))], version: screen))
    #expect(late.scopeSeen == Fixture.dot(Self.node, 2))
  }
}

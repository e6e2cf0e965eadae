import Datasets
import Replication
import Testing
import Wire

@Suite struct RecordEditorTests {
  /// An office's copy of one record, edited as the store would.
  private struct Office {
    let node: String
    var copy = CopyRecord()
    var sequence: UInt64 = 0

    init(_ node: String) { self.node = node }

    var editor: RecordEditor {
      RecordEditor(
        definition: Fixture.residents, node: Fixture.node(node), record: Fixture.record, state: copy.state,
        own: copy.own)
    }

    var version: RecordVersion {
      RecordVersion(of: copy.state, record: Fixture.record, definition: Fixture.residents)
    }

    @discardableResult
    mutating func append(_ change: Change) -> CopyRecord.Pending {
      sequence += 1
      let pending = CopyRecord.Pending(
        change: change, dot: Fixture.dot(node, sequence), time: Fixture.time(Int64(sequence)),
        isSuspect: false)
      copy.edit(pending)
      return pending
    }

    mutating func save(
      _ field: FieldName, _ value: String, version: RecordVersion? = nil
    ) throws -> CopyRecord.Pending {
      let change = try editor.save([(field, .text(value))], version: version)
      return append(try #require(change))
    }

    mutating func receive(_ pending: CopyRecord.Pending) {
      var state = copy.state
      state.apply(pending.change, dot: pending.dot, time: pending.time, isSuspect: pending.isSuspect)
      copy.receive(state, pending: [])
    }
  }

  private func refusal(_ body: () throws -> Void) -> EditRefusal? {
    do { try body() } catch { return error as? EditRefusal }
    return nil
  }

  /// Two offices that both know a record which the population office made.
  private func offices() throws -> (Office, Office) {
    var one = Office("disdukcapil")
    var two = Office("kec-lalabata")
    let creation = one.append(
      try one.editor.create(
        [(Fixture.nama, .text("Andi")), (Fixture.wilayah, .text(Fixture.village))], source: "default"))
    two.receive(creation)
    return (one, two)
  }

  @Test func `a creation saw nothing, affirms present and says so`() throws {
    let office = Office("disdukcapil")
    let change = try office.editor.create([(Fixture.nama, .text("Andi"))], source: "a")
    #expect(change.traits == .creation)
    #expect(change.edits.map(\.saw) == [.empty])
    #expect(change.affirmation == .empty)
    #expect(change.scopeSeen == nil)
    #expect(change.source == "a")
  }

  @Test func `a save saw what was on the screen, not what arrived since`() throws {
    var (one, two) = try offices()
    let screen = two.version
    let later = try one.save(Fixture.nama, "Andi M.", version: one.version)
    two.receive(later)
    let edit = try two.save(Fixture.nama, "Andy", version: screen)
    #expect(edit.change.edits[0].saw == Fixture.context(("disdukcapil", 1)))
    #expect(!edit.change.traits.contains(.blind))
    #expect(two.copy.state[Fixture.nama].siblings.count == 2)
    #expect(two.copy.state[Fixture.nama].conflict(by: Fixture.residents.rule(for: Fixture.nama)) == .open)
  }

  @Test func `a save without a version saw the present state and is marked blind`() throws {
    var (_, two) = try offices()
    let edit = try two.save(Fixture.nama, "Andy")
    #expect(edit.change.traits == .blind)
    #expect(two.copy.state[Fixture.nama].siblings.map(\.value) == [.text("Andy")])
    #expect(edit.change.scopeSeen == Fixture.dot("disdukcapil", 1))
  }

  @Test func `a version without this office's own later change is refused, and the next one taken`() throws {
    var (_, two) = try offices()
    let screen = two.version
    _ = try two.save(Fixture.nama, "Andy", version: screen)
    let stale = refusal { _ = try two.save(Fixture.nama, "Andre", version: screen) }
    #expect(stale == .stale(fields: [Fixture.nama]))
    // Another field of the same screen is not affected.
    _ = try two.save(Fixture.alamat, "Jl. Merdeka", version: screen)
    let edit = try two.save(Fixture.nama, "Andre", version: two.version)
    #expect(edit.change.edits[0].saw.covers(Fixture.dot("kec-lalabata", 1)))
    #expect(two.copy.state[Fixture.nama].siblings.count == 1)
  }

  @Test func `an edit that the centre holds back does not lock its field`() throws {
    var (_, two) = try offices()
    let held = try two.save(Fixture.nama, "Andy", version: two.version)
    // The ack said quarantined, and the feed shows the record without it.
    var fed = two.copy.state
    fed[Fixture.nama] = FieldState(
      context: Fixture.context(("disdukcapil", 1)),
      siblings: [Fixture.sibling(Fixture.dot("disdukcapil", 1), .text("Andi"))])
    fed[.lifecycle] = FieldState(
      context: Fixture.context(("disdukcapil", 1)),
      siblings: [Fixture.sibling(Fixture.dot("disdukcapil", 1), Lifecycle.present.value)])
    two.copy.receive(fed, pending: [])
    let edit = try two.save(Fixture.nama, "Andre", version: two.version)
    // The law of own edits: if the held change is requeued one day, it has been replaced.
    #expect(edit.change.edits[0].saw.covers(held.dot))
    #expect(edit.change.affirmation?.covers(held.dot) == true)
  }

  @Test func `own changes stay in what is seen after the record left and came back`() throws {
    var (_, two) = try offices()
    let edit = try two.save(Fixture.alamat, "Jl. Merdeka", version: two.version)
    let known = two.copy.state
    two.copy.retract(pending: [])
    #expect(refusal { _ = try two.save(Fixture.alamat, "x") } == .unknownRecord)
    // It returns from a centre that was restored to before the edit.
    var older = known
    older[Fixture.alamat] = .empty
    two.copy.receive(older, pending: [])
    let next = try two.save(Fixture.alamat, "Jl. Pemuda", version: two.version)
    #expect(next.change.edits[0].saw.covers(edit.dot))
  }

  @Test func `a version of another record or from elsewhere is refused`() throws {
    var (one, two) = try offices()
    let other = RecordVersion(
      of: two.copy.state, record: RecordID(high: 9, low: 9), definition: Fixture.residents)
    #expect(refusal { _ = try two.save(Fixture.nama, "x", version: other) } == .foreignVersion)
    _ = try one.save(Fixture.nama, "Andi M.", version: one.version)
    // Taken over, it would hide an edit that this node has not received.
    #expect(refusal { _ = try two.save(Fixture.nama, "x", version: one.version) } == .foreignVersion)
  }

  @Test func `nothing to save is no change`() throws {
    let (_, two) = try offices()
    #expect(try two.editor.save([], version: two.version) == nil)
  }

  // MARK: Lifecycle

  @Test func `an edit made while another office deletes keeps the record in sight with an open conflict`()
    throws
  {
    var (one, two) = try offices()
    let delete = one.append(try one.editor.setLifecycle(.deleted, version: one.version, reason: "ganda"))
    let edit = try two.save(Fixture.alamat, "Jl. Merdeka", version: two.version)
    two.receive(delete)
    one.receive(edit)
    for office in [one, two] {
      #expect(office.copy.state[.lifecycle].conflict(by: .lifecycle) == .open)
      #expect(!office.copy.state.isHidden)
    }
    #expect(one.copy.state == two.copy.state)
  }

  @Test func `no ordinary edit closes a delete conflict`() throws {
    var (one, two) = try offices()
    let delete = one.append(try one.editor.setLifecycle(.deleted, version: one.version))
    _ = try two.save(Fixture.alamat, "a", version: two.version)
    two.receive(delete)
    // This editor sees the conflict on the screen and edits on.
    let edit = try two.save(Fixture.alamat, "b", version: two.version)
    #expect(edit.change.affirmation?.covers(delete.dot) == false)
    #expect(two.copy.state[.lifecycle].conflict(by: .lifecycle) == .open)
    // The office that deleted affirms nothing against itself.
    one.receive(edit)
    let own = try one.save(Fixture.alamat, "c", version: one.version)
    #expect(own.change.affirmation == nil)
    #expect(one.copy.state[.lifecycle].conflict(by: .lifecycle) == .open)
  }

  @Test func `who saw only a deleted record gets gone until it is restored`() throws {
    var (one, two) = try offices()
    let delete = one.append(try one.editor.setLifecycle(.deleted, version: one.version))
    two.receive(delete)
    #expect(two.copy.state.isHidden)
    #expect(refusal { _ = try two.save(Fixture.alamat, "x", version: two.version) } == .gone)
    #expect(
      refusal {
        _ = try two.editor.resolve(Fixture.nama, value: .text("x"), version: two.version, reason: nil)
      } == .gone)
    two.append(try two.editor.setLifecycle(.present, version: two.version, reason: "keliru"))
    #expect(!two.copy.state.isHidden)
    _ = try two.save(Fixture.alamat, "x", version: two.version)
  }

  @Test func `a save whose screen is older than this office's own delete is stale`() throws {
    var (_, two) = try offices()
    let screen = two.version
    two.append(try two.editor.setLifecycle(.deleted, version: screen))
    #expect(
      refusal { _ = try two.save(Fixture.alamat, "x", version: screen) } == .stale(fields: [.lifecycle]))
    #expect(
      refusal { _ = try two.editor.setLifecycle(.present, version: screen) } == .stale(fields: [.lifecycle]))
    #expect(refusal { _ = try two.save(Fixture.alamat, "x", version: two.version) } == .gone)
  }

  @Test func `also a resolution on a screen older than this office's own delete is stale`() throws {
    var (one, two) = try offices()
    let theirs = try one.save(Fixture.nama, "Andi M.", version: one.version)
    _ = try two.save(Fixture.nama, "Andy", version: two.version)
    two.receive(theirs)
    let screen = two.version
    two.append(try two.editor.setLifecycle(.deleted, version: screen))
    #expect(
      refusal {
        _ = try two.editor.resolve(Fixture.nama, value: .text("Andy"), version: screen, reason: nil)
      } == .stale(fields: [.lifecycle]))
  }

  @Test func `a delete on a screen older than this office's own save is stale`() throws {
    var (_, two) = try offices()
    let screen = two.version
    _ = try two.save(Fixture.alamat, "Jl. Baru", version: screen)
    #expect(
      refusal { _ = try two.editor.setLifecycle(.deleted, version: screen) }
        == .stale(fields: [.lifecycle]))
    _ = try two.editor.setLifecycle(.deleted, version: two.version)
  }

  @Test func `who deleted a record does not make it again unseen, also after it has left the copy`() throws {
    var (_, two) = try offices()
    two.append(try two.editor.setLifecycle(.deleted, version: two.version))
    two.copy.retract(pending: [])
    #expect(two.copy.state.isEmpty)
    var registry = FieldRegistry()
    let kept = try OwnEdits(bytes: two.copy.own.bytes(registry: &registry), registry: registry)
    #expect(kept == two.copy.own)
    let row = [(name: Fixture.nama, value: Value.text("Andi"))]
    #expect(refusal { _ = try two.editor.create(row, source: "siak") } == .gone)
    #expect(refusal { _ = try two.editor.planImport(row, memory: .none, source: "siak") } == .gone)
  }

  @Test func `a version cannot talk an open delete away`() throws {
    var (one, two) = try offices()
    let screen = two.version
    let delete = one.append(try one.editor.setLifecycle(.deleted, version: one.version))
    _ = try two.save(Fixture.alamat, "Jl. Baru", version: screen)
    two.receive(delete)
    #expect(two.copy.state[.lifecycle].conflict(by: .lifecycle) == .open)
    let change = try #require(
      try two.editor.save([(Fixture.alamat, .text("Jl. Lain"))], version: two.version))
    #expect(change.affirmation?.covers(delete.dot) == false)
  }

  @Test func `an edit names the claim by which its office may write, of those of equal rank`() throws {
    var (register, one) = try offices()
    var two = Office("kec-ganra")
    two.copy.receive(register.copy.state, pending: [])
    let stays = one.append(
      try #require(try one.editor.save([(Fixture.wilayah, .text(Fixture.village))], version: one.version)))
    let claim = two.append(
      try #require(try two.editor.save([(Fixture.wilayah, .text("73.12.07.2001"))], version: two.version)))
    register.receive(stays)
    register.receive(claim)
    for (region, dot) in [("73.12.04", stays.dot), ("73.12.07", claim.dot)] {
      let access = Access(
        rules: [AccessRule(roles: ["*"], ownRegionOnly: true)],
        profile: NodeProfile(
          node: Fixture.node("kec-lalabata"), title: BilingualText(id: "x", en: "x"), kind: "kecamatan",
          region: try #require(RegionCode(region)), roles: []))
      let editor = RecordEditor(
        definition: Fixture.residents, node: Fixture.node("kec-lalabata"), record: Fixture.record,
        state: register.copy.state, own: .none, write: access)
      let change = try editor.save([(Fixture.alamat, .text("x"))], version: register.version)
      #expect(change?.scopeSeen == dot)
    }
  }

  @Test func `a merge writes the other's id and alias`() throws {
    let (one, _) = try offices()
    let other = RecordID(high: 7, low: 7)
    let change = try one.editor.setLifecycle(
      .alias, aliasOf: other, version: one.version, reason: "orang sama")
    #expect(change.edits.map(\.field) == [.lifecycle, .aliasOf])
    #expect(change.edits.map(\.value) == [Lifecycle.alias.value, .text(other.description)])
    #expect(change.affirmation == nil)
    #expect(change.reason == "orang sama")
  }

  @Test func `a lifecycle of a record that nobody knows is refused`() {
    let office = Office("disdukcapil")
    #expect(refusal { _ = try office.editor.setLifecycle(.deleted, version: nil) } == .unknownRecord)
  }

  // MARK: Resolutions and steps

  @Test func `a resolution closes what its author looked at, and siblings that came since stay`() throws {
    var (one, two) = try offices()
    let mine = try one.save(Fixture.nama, "Andi M.", version: one.version)
    let theirs = try two.save(Fixture.nama, "Andy", version: two.version)
    one.receive(theirs)
    let screen = one.version
    #expect(one.copy.state[Fixture.nama].siblings.count == 2)
    let third = try two.save(Fixture.nama, "Andre", version: two.version)
    one.receive(third)
    one.append(try one.editor.resolve(Fixture.nama, value: .text("Andi M."), version: screen, reason: "KTP"))
    let values = one.copy.state[Fixture.nama].siblings.map(\.value)
    #expect(Set(values) == [.text("Andi M."), .text("Andre")])
    #expect(!one.copy.state[Fixture.nama].siblings.map(\.dot).contains(mine.dot))
  }

  @Test func `also a resolution goes back only as a correction`() throws {
    var (one, two) = try offices()
    _ = try one.save(Fixture.status, "pindah", version: one.version)
    let theirs = try two.save(Fixture.status, "meninggal", version: two.version)
    one.receive(theirs)
    #expect(
      refusal {
        _ = try one.editor.resolve(Fixture.status, value: .text("pindah"), version: one.version, reason: nil)
      } == .stepBack(field: Fixture.status))
    let change = try one.editor.resolve(
      Fixture.status, value: .text("pindah"), version: one.version, isCorrection: true, reason: "akta")
    #expect(change.traits == [.resolution, .correction])
    _ = try one.editor.resolve(Fixture.status, value: .text("meninggal"), version: one.version, reason: nil)
  }

  @Test func `a monotone field goes back only by a correction`() throws {
    var (_, two) = try offices()
    _ = try two.save(Fixture.status, "pindah", version: two.version)
    #expect(
      refusal { _ = try two.save(Fixture.status, "hidup", version: two.version) }
        == .stepBack(field: Fixture.status))
    #expect(
      refusal { _ = try two.save(Fixture.status, "?", version: two.version) }
        == .stepBack(field: Fixture.status))
    _ = try two.save(Fixture.status, "meninggal", version: two.version)
    let change = try #require(
      try two.editor.save([(Fixture.status, .text("hidup"))], version: two.version, isCorrection: true))
    #expect(change.traits == .correction)
    two.append(change)
    #expect(
      two.copy.state[Fixture.status].shown(by: Fixture.residents.rule(for: Fixture.status)) == .text("hidup"))
  }

  // MARK: Versions

  @Test func `a version comes back from its text and names the scope that was shown`() throws {
    let (_, two) = try offices()
    let version = two.version
    #expect(RecordVersion(version.text) == version)
    #expect(version.scopeSeen == Fixture.dot("disdukcapil", 1))
    #expect(
      version.text.utf8.allSatisfy {
        $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "/")
      })
  }

  @Test(arguments: ["", "AA", "!!!!", "AQ", "\"abc\""])
  func `a text that is no version is none`(text: String) { #expect(RecordVersion(text) == nil) }

  @Test func `a version cut short or damaged is none or refused, never a trap`() throws {
    let (_, two) = try offices()
    let text = two.version.text
    for length in 0..<text.utf8.count { #expect(RecordVersion(String(text.prefix(length))) == nil) }
    var random = SplitMix64(seed: 6)
    for _ in 0..<2000 {
      var bytes = Array(text.utf8)
      bytes[random.below(bytes.count)] = UInt8(33 + random.below(90))
      guard let version = RecordVersion(String(decoding: bytes, as: UTF8.self)) else { continue }
      _ = try? two.editor.save([(Fixture.alamat, .text("x"))], version: version)
    }
  }
}

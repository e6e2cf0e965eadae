import Datasets
import Replication
import Testing
import Wire

@Suite struct ImportMemoryTests {
  private typealias Row = [(name: FieldName, value: Value)]

  /// A node that imports a source's rows for one record and edits by hand in between.
  private struct Importer {
    var copy = CopyRecord()
    var memory = ImportMemory.none
    var sequence: UInt64 = 0

    var editor: RecordEditor {
      RecordEditor(
        definition: Fixture.residents, node: Fixture.node("kec-lalabata"), record: Fixture.record,
        state: copy.state, own: copy.own)
    }

    mutating func append(_ change: Change) -> Dot {
      sequence += 1
      let dot = Fixture.dot("kec-lalabata", sequence)
      copy.edit(
        CopyRecord.Pending(change: change, dot: dot, time: Fixture.time(Int64(sequence)), isSuspect: false))
      return dot
    }

    @discardableResult
    mutating func importRow(_ row: Row) throws -> ImportPlan {
      let before = editor
      let plan = try before.planImport(row, memory: memory, source: "siak")
      let dot = plan.change.map { append($0) }
      memory = before.remembering(row, in: memory, plan: plan, dot: dot)
      return plan
    }

    mutating func save(_ field: FieldName, _ value: String) throws {
      let version = RecordVersion(of: copy.state, record: Fixture.record, definition: Fixture.residents)
      if let change = try editor.save([(field, .text(value))], version: version) { _ = append(change) }
    }

    /// An edit of another office arrives, which saw what this copy shows.
    mutating func other(_ field: FieldName, _ value: String, _ sequence: UInt64) {
      var state = copy.state
      let dot = Fixture.dot("disdukcapil", sequence)
      state.apply(
        Fixture.change([(field, .text(value), state[field].context)], affirming: state[.lifecycle].context),
        dot: dot, time: Fixture.time(50), isSuspect: false)
      copy.receive(state, pending: [])
    }

    /// An edit of another office that saw nothing of this one's.
    mutating func concurrent(_ field: FieldName, _ value: String, _ sequence: UInt64) {
      var state = copy.state
      state.apply(
        Fixture.change([(field, .text(value), .empty)], affirming: state[.lifecycle].context),
        dot: Fixture.dot("disdukcapil", sequence), time: Fixture.time(50), isSuspect: false)
      copy.receive(state, pending: [])
    }

    func shown(_ field: FieldName) -> Value? {
      copy.state[field].shown(by: Fixture.residents.rule(for: field))
    }
  }

  private let row: Row = [
    (Fixture.nama, .text("Andi")), (Fixture.alamat, .text("Jl. Lama")),
    (Fixture.wilayah, .text(Fixture.village)),
  ]

  private func imported() throws -> Importer {
    var importer = Importer()
    let creation = try importer.editor.create(row, source: "siak")
    let before = importer.editor
    let dot = importer.append(creation)
    importer.memory = before.remembering(
      row, in: .none, plan: ImportPlan(change: creation), dot: dot)
    return importer
  }

  private func changed(_ field: FieldName, _ value: String) -> Row {
    row.map { $0.name == field ? (field, .text(value)) : $0 }
  }

  @Test func `the same file twice changes nothing`() throws {
    var importer = try imported()
    let before = importer
    let plan = try importer.importRow(row)
    #expect(plan == ImportPlan(change: nil))
    #expect(importer.copy == before.copy)
    #expect(importer.memory == before.memory)
  }

  @Test func `a monthly re-import does not revert the offices' work`() throws {
    var importer = try imported()
    importer.other(Fixture.alamat, "Jl. Baru", 1)
    try importer.save(Fixture.nama, "Andi M.")
    #expect(try importer.importRow(row).change == nil)
    #expect(importer.shown(Fixture.alamat) == .text("Jl. Baru"))
    #expect(importer.shown(Fixture.nama) == .text("Andi M."))
  }

  @Test func `a value changed in the file saw the last import and stands beside another office's edit`()
    throws
  {
    var importer = try imported()
    importer.other(Fixture.nama, "Andi M.", 1)
    let plan = try importer.importRow(changed(Fixture.nama, "Andy"))
    #expect(plan.change?.edits.map(\.field) == [Fixture.nama])
    #expect(plan.change?.edits.first?.saw == Fixture.context(("kec-lalabata", 1)))
    #expect(importer.copy.state[Fixture.nama].siblings.count == 2)
    #expect(importer.shown(Fixture.nama) == .text("Andi M."))
  }

  @Test func `a value changed in the file is held where this office changed the field`() throws {
    var importer = try imported()
    try importer.save(Fixture.nama, "Andi M.")
    let plan = try importer.importRow(changed(Fixture.nama, "Andy"))
    #expect(plan.change == nil)
    #expect(plan.held.map(\.name) == [Fixture.nama])
    #expect(importer.shown(Fixture.nama) == .text("Andi M."))
    // Held again next month, until somebody decides or the file takes the office's value over.
    #expect(try importer.importRow(changed(Fixture.nama, "Andy")).held.count == 1)
  }

  @Test func `a file that took over the office's value is remembered, and later says nothing new`() throws {
    var importer = try imported()
    try importer.save(Fixture.nama, "Andi M.")
    #expect(try importer.importRow(changed(Fixture.nama, "Andi M.")) == ImportPlan(change: nil))
    try importer.save(Fixture.nama, "Andi Mappe")
    let plan = try importer.importRow(changed(Fixture.nama, "Andi M."))
    #expect(plan == ImportPlan(change: nil))
    #expect(importer.shown(Fixture.nama) == .text("Andi Mappe"))
  }

  @Test func `a first import that equals what is shown is no change`() throws {
    var importer = try imported()
    importer.memory = .none
    #expect(try importer.importRow(row).change == nil)
    // From then on it counts as seen: the file's next value replaces it.
    let plan = try importer.importRow(changed(Fixture.alamat, "Jl. Pemuda"))
    #expect(plan.change?.edits.first?.saw == Fixture.context(("kec-lalabata", 1)))
    #expect(importer.copy.state[Fixture.alamat].siblings.count == 1)
  }

  @Test func `a file that says what is shown does not end the conflict with its next value`() throws {
    var importer = try imported()
    importer.memory = .none
    // Two values stand, of which this file says the one that is shown.
    importer.concurrent(Fixture.nama, "Andi M.", 1)
    #expect(importer.copy.state[Fixture.nama].siblings.count == 2)
    let shown = try #require(importer.shown(Fixture.nama))
    #expect(try importer.importRow([(Fixture.nama, shown)]).change == nil)
    let plan = try importer.importRow([(Fixture.nama, .text("Andre"))])
    let others = importer.copy.state[Fixture.nama].siblings.filter { $0.value != .text("Andre") }
    #expect(plan.change == nil || !others.isEmpty)
    #expect(importer.copy.state[Fixture.nama].siblings.count == 2)
  }

  @Test func `a first import that differs saw nothing of the others`() throws {
    var importer = Importer()
    importer.other(Fixture.nama, "Andi M.", 1)
    let plan = try importer.importRow([(Fixture.nama, .text("Andi"))])
    #expect(plan.change?.edits.first?.saw == .empty)
    #expect(importer.copy.state[Fixture.nama].siblings.count == 2)
  }

  @Test func `a change that was not appended is not remembered`() throws {
    let importer = try imported()
    let next = changed(Fixture.alamat, "Jl. Pemuda")
    let plan = try importer.editor.planImport(next, memory: importer.memory, source: "siak")
    #expect(plan.change != nil)
    let memory = importer.editor.remembering(next, in: importer.memory, plan: plan, dot: nil)
    #expect(memory == importer.memory)
    let fresh = importer.editor.remembering(next, in: .none, plan: plan, dot: nil)
    #expect(fresh[Fixture.alamat] == nil)
  }

  @Test func `a step back is listed and not written`() throws {
    var importer = try imported()
    try importer.importRow(row + [(Fixture.status, .text("pindah"))])
    let plan = try importer.importRow(row + [(Fixture.status, .text("hidup"))])
    #expect(plan.steppedBack == [Fixture.status])
    #expect(plan.change == nil)
    #expect(importer.shown(Fixture.status) == .text("pindah"))
  }

  @Test func `an import into a deleted record is gone, unless it says nothing new`() throws {
    var importer = try imported()
    let version = RecordVersion(
      of: importer.copy.state, record: Fixture.record, definition: Fixture.residents)
    _ = importer.append(try importer.editor.setLifecycle(.deleted, version: version))
    #expect(try importer.importRow(row).change == nil)
    #expect(throws: EditRefusal.gone) { try importer.importRow(changed(Fixture.alamat, "x")) }
  }

  @Test func `an import made while another office deletes keeps the conflict open`() throws {
    var importer = try imported()
    var state = importer.copy.state
    state.apply(
      Fixture.change([(.lifecycle, Lifecycle.deleted.value, .empty)]), dot: Fixture.dot("disdukcapil", 1),
      time: Fixture.time(1), isSuspect: false)
    importer.copy.receive(state, pending: [])
    try importer.importRow(changed(Fixture.alamat, "Jl. Pemuda"))
    #expect(importer.copy.state[.lifecycle].conflict(by: .lifecycle) == .open)
    #expect(!importer.copy.state.isHidden)
  }

  @Test func `memory comes back from its bytes`() throws {
    let importer = try imported()
    var registry = FieldRegistry()
    let bytes = importer.memory.bytes(registry: &registry)
    #expect(try ImportMemory(bytes: bytes, registry: registry) == importer.memory)
    #expect(!importer.memory.isEmpty)
    for length in 0..<bytes.count {
      #expect(throws: WireError.self) { try ImportMemory(bytes: Array(bytes[..<length]), registry: registry) }
    }
  }
}

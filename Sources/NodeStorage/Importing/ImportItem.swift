import Datasets
import Replication
import Storage
import Wire

/// One row of an import on its way to a change.
struct ImportItem: Sendable {
  let line: Int
  let id: RecordID
  let values: [(name: FieldName, value: Value)]
  /// Of these, the ones that the definition does not know.
  let undeclared: [FieldName]
  let stored: StoredRecord?
  let memoryBytes: [UInt8]?
  /// The row itself names its record, which must be there.
  let isNamed: Bool
  private let isOfTable: Bool
  /// What was exported of the record, where the row was.
  let version: RecordVersion?

  // Filled by `plan`.
  var copy = CopyRecord()
  var memory = ImportMemory.none
  var plan = ImportPlan(change: nil, held: [], steppedBack: [])
  var isCreation = false
  var problem: FieldProblem?
  /// What is remembered of a row that changes nothing, when that is news.
  var unchangedMemory: [UInt8]?
  /// Whether the shelf of what a restored centre does not know has something of the record.
  var isShelved = false
  /// Whether the row makes a record while another one shows its number; looked at in dry runs alone.
  var sharesNumber = false

  /// - Parameter problem: why the row cannot be taken, when that is known already.
  init(
    _ given: ImportRow, id: RecordID, dataset: InstalledDataset, stored: StoredRecord?, memoryBytes: [UInt8]?,
    registry: FieldRegistry, problem: FieldProblem? = nil
  ) {
    let row = given.row
    line = row.line
    self.id = id
    isNamed = given.id != nil
    isOfTable = given.isOfTable
    version = given.version
    // Nothing clears what no record here has: its name is not worth a number.
    values = row.fields.filter {
      $0.value != .null || dataset.fieldIndexes[$0.name] != nil || registry.contains($0.name)
    }
    undeclared = values.map(\.name).filter { dataset.fieldIndexes[$0] == nil }
    self.stored = stored
    self.memoryBytes = memoryBytes
    self.problem = problem
  }

  /// Whether another row of the file may contradict it (`NamedRows`). Rows that are no table's have an order: of those the
  /// later one is the newer.
  var isContradictable: Bool { isOfTable && isNamed && !values.isEmpty }

  /// Decides what the row means; needs no database, and no number for a field that has none.
  mutating func plan(dataset: InstalledDataset, node: NodeName, run: ImportRun, registry: FieldRegistry) {
    guard problem == nil else { return }
    guard !isTooLarge else {
      problem = .tooLarge
      return
    }
    do {
      copy = try stored?.copy(registry) ?? CopyRecord()
      memory =
        try memoryBytes.map { bytes throws(WireError) in
          try ImportMemory(bytes: bytes, registry: registry)
        } ?? .none
    } catch {
      problem = .unreadable
      return
    }
    // What a restored centre has lost is nowhere but on the shelf: that a file once said it does not make it known.
    if isShelved, copy.state.isEmpty { memory = .none }
    let editor = RecordEditor(
      definition: dataset.definition, node: node, record: id, state: copy.state, own: copy.own,
      write: dataset.write)
    do throws(EditRefusal) {
      if isNamed, copy.state.isEmpty {
        problem = .unknownID
        return
      }
      if let version {
        plan.change = try editor.saveExported(values, version: version)
      } else if copy.state.isEmpty, memory.isEmpty {
        isCreation = true
        plan.change = try editor.create(
          values.filter { $0.value != .null }, source: run.isTyped ? nil : run.source)
      } else if run.isTyped {
        plan.change = try editor.enter(values)
      } else {
        plan = try editor.planImport(values, memory: memory, source: run.source)
      }
    } catch {
      problem = version == nil ? FieldProblem(error) : FieldProblem(ofExported: error)
      return
    }
    judge(dataset)
  }

  /// Encodes what the import remembers of a row that changes nothing.
  ///
  /// - Parameter registry: has a number for every field of the row.
  mutating func remember(dataset: InstalledDataset, node: NodeName, registry: FieldRegistry) {
    guard problem == nil, plan.change == nil, version == nil else { return }
    let editor = RecordEditor(
      definition: dataset.definition, node: node, record: id, state: copy.state, own: copy.own)
    let remembered = editor.remembering(values, in: memory, plan: plan, dot: nil)
    guard remembered != memory else { return }
    var registry = registry
    unchangedMemory = remembered.bytes(registry: &registry)
  }

  private mutating func judge(_ dataset: InstalledDataset) {
    guard let change = plan.change else { return }
    if isCreation, let missing = dataset.definition.fields.first(where: { isMissing($0) }) {
      problem = .required(missing.name.text, title: missing.title)
      return
    }
    let judge = EntryJudge(
      definition: dataset.definition, write: dataset.write, now: Timestamp(milliseconds: 0))
    do throws(QuarantineReason) {
      let scope = copy.state.scopeSeen(by: change, definition: dataset.definition)
      try judge.judge(change, scopeSeen: scope) { _ in true }
    } catch {
      problem = FieldProblem(error)
    }
  }

  private func isMissing(_ field: FieldDefinition) -> Bool {
    field.isRequired && !values.contains { $0.name == field.name && $0.value != .null }
  }

  /// An entry is at most 1 MiB; contexts and names need little beside the values.
  private var isTooLarge: Bool {
    values.reduce(0) { $0 + $1.value.text.utf8.count + 64 } > Limits.entryBytesMax / 2
  }
}

extension RecordState {
  /// The region written by the change whose scope value the editor was shown.
  ///
  /// When another change has replaced it since, the one that is shown now stands for it; the centre has the
  /// history.
  func scopeSeen(by change: Change, definition: DatasetDefinition) -> RegionCode? {
    guard let seen = change.scopeSeen, let field = definition.scope else { return nil }
    let state = self[field]
    let value =
      state.siblings.first { $0.dot == seen }?.value ?? state.shown(by: definition.rule(for: field))
    guard case .text(let text)? = value else { return nil }
    return RegionCode(text)
  }
}

package import Datasets
package import Wire

/// What one source's last import of one record said, and what it had seen: so that a monthly re-import of the same
/// file changes nothing and does not revert the offices' work (merge.md).
package struct ImportMemory: Sendable, Equatable {
  package struct Field: Sendable, Equatable {
    /// The first eight bytes of SHA-256 over the value's bytes.
    package let valueHash: UInt64
    /// What that import saw of the field, and itself.
    package let context: Context

    package init(valueHash: UInt64, context: Context) {
      self.valueHash = valueHash
      self.context = context
    }
  }

  /// Sorted by name.
  private var fields: [(name: FieldName, field: Field)]

  package static let none = ImportMemory()

  package init() { fields = [] }

  package static func == (left: ImportMemory, right: ImportMemory) -> Bool {
    left.fields.elementsEqual(right.fields) { $0 == $1 }
  }

  package var isEmpty: Bool { fields.isEmpty }

  package subscript(name: FieldName) -> Field? {
    get {
      let index = place(of: name)
      return index < fields.count && fields[index].name == name ? fields[index].field : nil
    }
    set {
      let index = place(of: name)
      let isKnown = index < fields.count && fields[index].name == name
      switch (newValue, isKnown) {
      case (let field?, true): fields[index].field = field
      case (let field?, false): fields.insert((name, field), at: index)
      case (nil, true): fields.remove(at: index)
      case (nil, false): break
      }
    }
  }

  /// Where `name` stands, or would stand.
  private func place(of name: FieldName) -> Int {
    var (low, high) = (0, fields.count)
    while low < high {
      let middle = low + (high - low) / 2
      if fields[middle].name < name { low = middle + 1 } else { high = middle }
    }
    return low
  }

  package static func hash(of value: Value) -> UInt64 {
    var writer = ByteWriter(capacity: 32)
    writer.value(value)
    return EntryChecksum.of(writer.bytes)
  }
}

extension ImportMemory {
  package func bytes(registry: inout FieldRegistry) -> [UInt8] {
    var table = ContextTable()
    let indexes = fields.map { table.index(of: $0.field.context) }
    var writer = ByteWriter(capacity: 32 + fields.count * 10)
    writer.contextTable(table)
    writer.varint(fields.count)
    for (entry, index) in zip(fields, indexes) {
      writer.varint(registry.number(of: entry.name))
      writer.varint(index)
      writer.fixed64(entry.field.valueHash)
    }
    return writer.bytes
  }

  package init(bytes: [UInt8], registry: FieldRegistry) throws(WireError) {
    var reader = ByteReader(bytes)
    let table = try reader.contextTable()
    let count = try reader.count("fields", limit: Limits.fieldsMax)
    fields = []
    fields.reserveCapacity(count)
    for _ in 0..<count {
      let name = try registry.name(at: try reader.varint("field number"))
      let context = try table.context(at: try reader.varint("context"))
      // As they are written.
      guard fields.last.map({ $0.name < name }) ?? true else { throw .malformed(what: "import memory") }
      fields.append((name, Field(valueHash: try reader.fixed64("value hash"), context: context)))
    }
    try reader.expectEnd()
  }
}

/// What one row of a file means for one record.
package struct ImportPlan: Sendable, Equatable {
  /// Nil when nothing is to be written.
  package var change: Change?
  /// Fields that this office changed since the last import of this source: kept for a person, not written.
  package var held: [(name: FieldName, value: Value)]
  /// Fields that would go back although their policy is monotone.
  package var steppedBack: [FieldName]

  /// Also for a creation from a file, whose change does not come from `planImport` but is to be remembered like one.
  package init(change: Change?, held: [(name: FieldName, value: Value)] = [], steppedBack: [FieldName] = []) {
    self.change = change
    self.held = held
    self.steppedBack = steppedBack
  }

  package static func == (left: ImportPlan, right: ImportPlan) -> Bool {
    left.change == right.change && left.steppedBack == right.steppedBack
      && left.held.map(\.name) == right.held.map(\.name) && left.held.map(\.value) == right.held.map(\.value)
  }
}

extension RecordEditor {
  /// Plans an import row over a record that the node knows.
  package func planImport(
    _ values: [(name: FieldName, value: Value)], memory: ImportMemory, source: String
  ) throws(EditRefusal) -> ImportPlan {
    let present = RecordVersion(of: state, record: record, definition: definition)
    var edits: [Change.Edit] = []
    var plan = ImportPlan(change: nil)
    for (name, value) in values {
      let remembered = memory[name]
      if remembered?.valueHash == ImportMemory.hash(of: value) { continue }
      let rule = definition.rule(for: name)
      if remembered == nil, state[name].shown(by: rule) == value { continue }
      // A changed value saw what the last import saw and itself; on a first import nothing of the others.
      let saw = remembered?.context ?? .empty
      guard saw.covers(ownChanges(of: name)) else {
        if state[name].shown(by: rule) != value { plan.held.append((name, value)) }
        continue
      }
      do { try checkStep(name, to: value, isCorrection: false) } catch {
        plan.steppedBack.append(name)
        continue
      }
      edits.append(Change.Edit(field: name, value: value, saw: saw))
    }
    if edits.isEmpty { return plan }
    if hasOwnAbsence || sawOnlyAbsent(present) { throw .gone }
    let lifecycle = memory[.lifecycle]?.context ?? .empty
    plan.change = Change(
      record: record, edits: edits,
      affirmation: affirmation(lifecycle), scopeSeen: scopeSeen(present), source: source)
    return plan
  }

  /// The memory after an import of `values`, of which `change` was written under `dot` (nil: nothing was).
  package func remembering(
    _ values: [(name: FieldName, value: Value)], in memory: ImportMemory, plan: ImportPlan, dot: Dot?
  ) -> ImportMemory {
    var memory = memory
    var lastSaw: Context?
    var lastContext = Context.empty
    let heldNames = Set(plan.held.map(\.name) + plan.steppedBack)
    // Edits stand in the order of the values, of which they are some.
    var edits = (plan.change?.edits ?? [])[...]
    for (name, value) in values where !heldNames.contains(name) {
      let hash = ImportMemory.hash(of: value)
      if let dot, let edit = edits.first, edit.field == name {
        edits.removeFirst()
        // Fields of one change mostly saw the same, and then share one context.
        if lastSaw != edit.saw { (lastSaw, lastContext) = (edit.saw, edit.saw.union(Context(dot))) }
        memory[name] = ImportMemory.Field(valueHash: hash, context: lastContext)
      } else if memory[name]?.valueHash != hash,
        plan.change?.edits.contains(where: { $0.field == name }) != true
      {
        // Equal to what was shown: the file has seen that much, but none of the values that disagree with it. Or its
        // next value would end their conflict, which only a person may.
        let others = state[name].siblings.filter { $0.value != value }.map(\.dot.author)
        memory[name] = ImportMemory.Field(
          valueHash: hash, context: state[name].context.removing(Set(others)))
      }
    }
    if let dot, let affirmation = plan.change?.affirmation {
      memory[.lifecycle] = ImportMemory.Field(valueHash: 0, context: affirmation.union(Context(dot)))
    }
    return memory
  }
}

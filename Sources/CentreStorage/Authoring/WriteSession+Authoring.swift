import Datasets
import Replication
import Storage
import Wire

extension WriteSession {
  /// - Throws: `StoreError` unless `name` is an installed dataset of records.
  func installed(_ name: DatasetName) throws -> InstalledDataset {
    guard let dataset = catalogue.datasets[name], dataset.definition.kind == .record else {
      throw StoreError(.notFound, "\(name) is not a dataset of records.")
    }
    return dataset
  }

  func editor(
    _ name: DatasetName, _ id: RecordID
  ) throws -> (dataset: InstalledDataset, record: StoredRecord, editor: RecordEditor) {
    let dataset = try installed(name)
    guard let record = try recordWriter(dataset).record(id) else {
      throw CentreEditError.refused(.unknownRecord)
    }
    let editor = RecordEditor(
      definition: dataset.definition, node: .centre, record: id, state: record.state,
      own: OwnEdits(ofCentreIn: record.state, record: id))
    return (dataset, record, editor)
  }

  /// Appends the centre's own change to its stream and merges it, as a node's batch would be.
  func append(_ change: Change, to record: StoredRecord, of dataset: InstalledDataset) throws -> CentreEdit {
    guard let epoch = memory.epoch, let write = Access.unlimited else {
      throw StoreError(.unusable, "The store has no epoch.")
    }
    let definition = dataset.definition
    let judge = EntryJudge(definition: definition, write: write, now: now)
    do throws(QuarantineReason) {
      try judge.judge(change, scopeSeen: nil, knows: { _ in true })
    } catch {
      throw CentreEditError.rejected(error)
    }
    let seal = Seal(effective: now, suspicion: [], wall: now, boot: 1, uptimeMilliseconds: 0)
    let entry = Entry.change(seal, change).bytes
    var chain = StreamChain(at: try linePosition(epoch.row, definition.name).mark)
    chain.append(entry)
    let dot = Dot(author: Author(node: .centre, incarnation: epoch.incarnation), sequence: chain.last)
    let writer = try recordWriter(dataset)
    do {
      _ = try entry.withUnsafeBytes {
        try writer.apply(change, dot: dot, seal: seal, row: epoch.row, entry: $0, to: record)
      }
    } catch let reason as QuarantineReason {
      throw CentreEditError.rejected(reason)
    }
    try setStream(epoch.row, definition.name, to: chain.mark)
    guard let after = try writer.record(record.id) else { throw StoreError.damaged("a record") }
    return CentreEdit(
      dot: dot, position: memory.position,
      version: RecordVersion(of: after.state, record: record.id, definition: definition))
  }
}

extension Access {
  /// All fields of all records: what the centre itself may write.
  static var unlimited: Access? {
    RegionCode("00").map { region in
      let profile = NodeProfile(
        node: .centre, title: BilingualText(id: "Pusat", en: "Centre"), kind: "skpd", region: region,
        roles: [])
      return Access(rules: [AccessRule(roles: ["*"])], profile: profile)
    }
  }
}

extension OwnEdits {
  /// The centre's own edits: its state of a record holds all of them, of every epoch.
  init(ofCentreIn state: RecordState, record: RecordID) {
    self.init()
    for field in state.fields {
      let edit = Change.Edit(field: field.name, value: .null, saw: .empty)
      for entry in field.state.context.entries where entry.author.node == .centre {
        self.record(
          Change(record: record, edits: [edit]), dot: Dot(author: entry.author, sequence: entry.counter))
      }
    }
  }
}

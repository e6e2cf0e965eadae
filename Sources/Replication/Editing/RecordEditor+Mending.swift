package import Datasets
package import Wire

extension RecordEditor {
  /// A change that was held back, with what a person put right in it (protocol.md, Quarantine).
  ///
  /// It stands where the original stood: it saw what that saw, the original itself, and what `version` showed. Without a
  /// version nothing that came since is replaced unseen; it becomes a sibling.
  /// - Parameter values: what the person put right, or added; other fields stay as the original had them.
  /// - Returns: nil when neither writes a field: a delete or restore is requeued or discarded.
  package func mend(
    _ original: Change, dot: Dot, values: [(name: FieldName, value: Value)], version: RecordVersion?, reason: String
  ) throws(EditRefusal) -> Change? {
    let seen = try version.map { version throws(EditRefusal) in try self.seen(version) }
    var edits: [Change.Edit] = []
    for edit in original.edits where !edit.field.isReserved {
      let value = values.first { $0.name == edit.field }?.value ?? edit.value
      let saw = edit.saw.union(Context(dot)).union(seen?.context(of: edit.field) ?? .empty)
      edits.append(Change.Edit(field: edit.field, value: value, saw: saw.union(own[edit.field])))
    }
    for (name, value) in values where !edits.contains(where: { $0.field == name }) {
      let saw = (seen?.context(of: name) ?? .empty).union(own[name])
      edits.append(Change.Edit(field: name, value: value, saw: saw))
    }
    if edits.isEmpty { return nil }
    return Change(
      record: record, traits: state.isEmpty ? [.resolution, .creation] : .resolution, edits: edits,
      affirmation: original.affirmation, reason: reason, source: original.source)
  }
}

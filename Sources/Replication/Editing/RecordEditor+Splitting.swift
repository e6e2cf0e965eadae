package import Datasets
package import Wire

/// What a split takes out of a record, and what is left of it (merge.md, "Splitting").
package struct RecordSplit: Sendable, Equatable {
  /// The values that go to the new record, sorted by field.
  package let moved: [(name: FieldName, value: Value)]
  /// The resolution that takes them from the old one.
  package let rest: Change

  package static func == (left: RecordSplit, right: RecordSplit) -> Bool {
    left.rest == right.rest && left.moved.map(\.name) == right.moved.map(\.name)
      && left.moved.map(\.value) == right.moved.map(\.value)
  }
}

extension RecordEditor {
  /// Takes the values that `isChosen` picks out of the record: they were said of another person.
  ///
  /// A field keeps what the others said of it; what nobody else said is cleared here. The new record gets what was chosen,
  /// and of `required` fields that were not chosen what is shown here.
  /// - Returns: nil when nothing is chosen, or nothing would be left: the record is one person's then.
  package func split(
    version: RecordVersion?, reason: String?, required: Set<FieldName>, isChosen: (Sibling) -> Bool
  ) throws(EditRefusal) -> RecordSplit? {
    let seen = try seen(version)
    if sawOnlyAbsent(seen) { throw .gone }
    var moved: [(name: FieldName, value: Value)] = []
    var edits: [Change.Edit] = []
    var isLeft = false
    for field in state.fields where !field.name.isReserved {
      let rule = definition.rule(for: field.name)
      // Who did not see a sibling cannot have chosen it.
      let shown = field.state.siblings.filter { seen.context(of: field.name).covers($0.dot) }
      let chosen = shown.filter(isChosen)
      let others = shown.filter { !isChosen($0) }
      func value(_ siblings: [Sibling]) -> Value? {
        FieldState(context: field.state.context, siblings: siblings).shown(by: rule)
      }
      if let own = value(chosen), own != .null {
        moved.append((field.name, own))
      } else if required.contains(field.name), let kept = value(others), kept != .null {
        moved.append((field.name, kept))
      }
      if !others.isEmpty { isLeft = true }
      if !chosen.isEmpty {
        edits.append(Change.Edit(field: field.name, value: value(others) ?? .null, saw: saw(field.name, seen)))
      }
    }
    guard !edits.isEmpty, isLeft else { return nil }
    let rest = Change(
      record: record, traits: .resolution.union(.correction), edits: edits,
      affirmation: affirmation(seen.context(of: .lifecycle)), scopeSeen: scopeSeen(seen), reason: reason)
    return RecordSplit(moved: moved, rest: rest)
  }
}

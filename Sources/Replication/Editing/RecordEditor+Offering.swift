import Datasets
package import Wire

extension RecordEditor {
  /// A state that a restored centre does not know, as an ordinary change of this office.
  ///
  /// It saw what the shelved state and the present one both know: what others have written since stays beside it, what
  /// it had replaced before the centre was set back is replaced again. Where this office itself has written since, that
  /// stands. Deletes and merges are not offered: they are done anew by hand.
  /// - Returns: nil when the present state shows all of it, or this office's own later edits do.
  package func offer(_ shelved: RecordState, reason: String?) throws(EditRefusal) -> Change? {
    let present = RecordVersion(of: state, record: record, definition: definition)
    if !state.isEmpty, sawOnlyAbsent(present) { throw .gone }
    var edits: [Change.Edit] = []
    for (name, value) in ShownRecord(shelved, definition: definition).fields {
      let (then, now) = (shelved[name], state[name])
      if now.shown(by: definition.rule(for: name)) == value { continue }
      let isOwnLater = now.siblings.contains { $0.dot.author.node == node && !then.context.covers($0.dot) }
      if isOwnLater { continue }
      do { try checkStep(name, to: value, isCorrection: false) } catch { continue }
      let saw = then.context.meet(now.context).union(ownChanges(of: name))
      edits.append(Change.Edit(field: name, value: value, saw: saw))
    }
    if edits.isEmpty { return nil }
    return Change(
      record: record, traits: state.isEmpty ? .creation : [], edits: edits,
      affirmation: state.isEmpty
        ? ownChanges(of: .lifecycle) : affirmation(shelved[.lifecycle].context.meet(state[.lifecycle].context)),
      scopeSeen: state.isEmpty ? nil : scopeSeen(present), reason: reason)
  }
}

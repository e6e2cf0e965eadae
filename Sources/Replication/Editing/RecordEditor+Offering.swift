package import Datasets
package import Wire

/// A shelved state that is offered back.
package struct RecoveryOffer: Sendable, Equatable {
  /// Nil when nothing of it is to be written.
  package let change: Change?
  /// Fields of which something is neither shown nor in `change`, sorted by name: a person has to deal with it.
  package let left: [FieldName]

  package init(change: Change?, left: [FieldName]) {
    self.change = change
    self.left = left
  }
}

extension RecordEditor {
  /// A state that a restored centre does not know, as an ordinary change of this office.
  ///
  /// What it showed is offered, cleared fields too. The change saw what the shelved state and the present one both know:
  /// what others have written since stays beside it, what it had replaced before the centre was set back is replaced again,
  /// and what stood beside it still does. Where this office itself has written since, that stands.
  ///
  /// One author can write one value of a field. So what stood beside the shown value and is lost as well is left, as are
  /// steps back, deletes and merges: they are done anew by hand.
  /// - Throws: `.gone` when the record is hidden by now.
  package func offer(_ shelved: RecordState, reason: String?) throws(EditRefusal) -> RecoveryOffer {
    let present = RecordVersion(of: state, record: record, definition: definition)
    if !state.isEmpty, sawOnlyAbsent(present) { throw .gone }
    var edits: [Change.Edit] = []
    var left: [FieldName] = []
    for field in shelved.fields {
      let lost = LostValues(of: field.state, in: state[field.name], definition.rule(for: field.name))
      let isOffered: Bool
      if field.name.isReserved {
        isOffered = lost.values.allSatisfy { $0 == Lifecycle.present.value || $0 == .null }
      } else {
        let edit = edit(of: field.name, to: lost, then: field.state)
        if let edit { edits.append(edit) }
        isOffered = lost.isDealtWith(by: edit?.value, where: isWrittenSince(field.name, field.state))
      }
      if !isOffered { left.append(field.name) }
    }
    guard !edits.isEmpty else { return RecoveryOffer(change: nil, left: left) }
    let change = Change(
      record: record, traits: state.isEmpty ? .creation : [], edits: edits,
      affirmation: state.isEmpty
        ? ownChanges(of: .lifecycle) : affirmation(shelved[.lifecycle].context.meet(state[.lifecycle].context)),
      scopeSeen: state.isEmpty ? nil : scopeSeen(present), reason: reason)
    return RecoveryOffer(change: change, left: left)
  }

  /// - Returns: nil where the shown value is not lost, or cannot be offered.
  private func edit(of name: FieldName, to lost: LostValues, then: FieldState) -> Change.Edit? {
    guard let value = lost.shown, !isWrittenSince(name, then) else { return nil }
    do { try checkStep(name, to: value, isCorrection: false) } catch { return nil }
    let now = state[name]
    // What stood beside the value, unseen by its author, and stands still.
    let beside = now.siblings.filter { then.siblings.contains($0) }
    // This office cannot write beside itself (the law of own edits).
    if beside.contains(where: { $0.dot.author.node == node && !lost.isWithinShown($0.value) }) { return nil }
    let saw = then.context.meet(now.context).removing(Set(beside.map(\.dot.author))).union(ownChanges(of: name))
    return Change.Edit(field: name, value: value, saw: saw)
  }

  /// Whether this office has written the field since the state was shelved, as far as the centre has taken it.
  private func isWrittenSince(_ name: FieldName, _ then: FieldState) -> Bool {
    !then.context.covers(state[name].context.restricted(to: node))
  }
}

/// What one field lacks of what it held once.
private struct LostValues {
  /// Of changes that are unknown now, without those that are shown or stand there anyway.
  let values: [Value]
  /// What the field showed, unless that stands there.
  let shown: Value?
  private let rule: FieldRule
  private let shownThen: Value

  init(of then: FieldState, in now: FieldState, _ rule: FieldRule) {
    let whole = then.shown(by: rule) ?? .null
    let standing = (now.siblings.map(\.value) + [now.shown(by: rule) ?? .null])
    func isThere(_ value: Value) -> Bool { standing.contains { value.isWithin($0, by: rule) } }
    let lost = then.siblings.filter { !now.context.covers($0.dot) && !isThere($0.value) }.map(\.value)
    // What is computed of several is lost with any of them.
    let isShownLost = !isThere(whole) && lost.contains { $0.isWithin(whole, by: rule) }
    self.rule = rule
    shownThen = whole
    values = lost
    shown = isShownLost ? whole : nil
  }

  func isWithinShown(_ value: Value) -> Bool { value.isWithin(shownThen, by: rule) }

  /// - Parameter isReplaced: this office has written over what was shown.
  func isDealtWith(by offered: Value?, where isReplaced: Bool) -> Bool {
    values.allSatisfy { value in
      (offered.map { value.isWithin($0, by: rule) } ?? false) || (isReplaced && value == shownThen)
    }
  }
}

extension Value {
  /// Whether somebody to whom `other` is shown sees this too: it is the same, or a part of a union.
  fileprivate func isWithin(_ other: Value, by rule: FieldRule) -> Bool {
    if self == other { return true }
    guard case .union = rule.policy, case .list(let whole) = other else { return false }
    guard case .list(let elements) = self else { return self != .null && whole.contains(text) }
    return Set(elements).isSubset(of: whole)
  }
}

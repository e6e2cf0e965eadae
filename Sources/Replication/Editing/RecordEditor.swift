package import Datasets
package import Wire

/// Turns what a person or a program wants into a `Change` with the right `saw`. Pure: the store appends the result.
package struct RecordEditor: Sendable {
  package let definition: DatasetDefinition
  package let node: NodeName
  package let record: RecordID
  /// What the node's copy holds, its own unanswered edits included.
  package let state: RecordState
  package let own: OwnEdits
  /// What this node may write; decides only which of several equal claims on the scope an edit names.
  package let write: Access

  package init(
    definition: DatasetDefinition, node: NodeName, record: RecordID, state: RecordState, own: OwnEdits,
    write: Access = .nothing
  ) {
    self.write = write
    self.definition = definition
    self.node = node
    self.record = record
    self.state = state
    self.own = own
  }

  /// A save from a screen: `version` is what was on it; without one the edit saw the present state and is marked blind.
  ///
  /// - Returns: nil when `values` is empty.
  package func save(
    _ values: [(name: FieldName, value: Value)], version: RecordVersion?, isCorrection: Bool = false,
    reason: String? = nil
  ) throws(EditRefusal) -> Change? {
    if values.isEmpty { return nil }
    let seen = try seen(version)
    let stale = values.map(\.name).filter { misses($0, seen) }
    // The office's own delete after the screen was drawn: the editor must see it first.
    let missesOwnDelete = missesOwnAbsence(seen)
    guard stale.isEmpty, !missesOwnDelete else {
      throw .stale(fields: missesOwnDelete ? [.lifecycle] + stale : stale)
    }
    if sawOnlyAbsent(seen) { throw .gone }
    for (name, value) in values { try checkStep(name, to: value, isCorrection: isCorrection) }
    var traits: Change.Traits = version == nil ? .blind : []
    if isCorrection { traits.insert(.correction) }
    let edits = values.map { Change.Edit(field: $0.name, value: $0.value, saw: saw($0.name, seen)) }
    return Change(
      record: record, traits: traits, edits: edits,
      affirmation: affirmation(seen.context(of: .lifecycle)), scopeSeen: scopeSeen(seen), reason: reason)
  }

  /// What somebody enters of a record without having looked at it: of what differs from what it shows, edits that saw this
  /// office's own ones alone. They replace the office's own word and stand beside what others wrote: nobody has decided
  /// about that.
  ///
  /// - Returns: nil when the record shows all of it, or this office has said it already and saying it again would not make
  ///   it what is shown.
  package func enter(_ values: [(name: FieldName, value: Value)]) throws(EditRefusal) -> Change? {
    let present = try seen(nil)
    // Who enters anew what is deleted must not be told that nothing changes.
    if sawOnlyAbsent(present) { throw .gone }
    let differing = values.filter { name, value in
      let rule = definition.rule(for: name)
      let isSaid = state[name].siblings.contains { $0.dot.author.node == node && $0.value == value }
      return state[name].shown(by: rule) ?? .null != value && !(isSaid && rule.policy != .latest)
    }
    if differing.isEmpty { return nil }
    for (name, value) in differing { try checkStep(name, to: value, isCorrection: false) }
    return Change(
      record: record,
      edits: differing.map { Change.Edit(field: $0.name, value: $0.value, saw: ownChanges(of: $0.name)) },
      affirmation: affirmation(.empty), scopeSeen: scopeSeen(present))
  }

  /// A delete, a restore or a merge into another person: a value of `lifecycle` (and `alias_of`).
  package func setLifecycle(
    _ lifecycle: Lifecycle, aliasOf: RecordID? = nil, version: RecordVersion?, reason: String? = nil
  ) throws(EditRefusal) -> Change {
    let seen = try seen(version)
    // An own save after the screen was drawn affirmed that the record is present: who deletes must see it first.
    guard !misses(.lifecycle, seen), !missesOwnAbsence(seen) else { throw .stale(fields: [.lifecycle]) }
    var edits = [Change.Edit(field: .lifecycle, value: lifecycle.value, saw: saw(.lifecycle, seen))]
    if let aliasOf {
      edits.append(
        Change.Edit(field: .aliasOf, value: .text(aliasOf.description), saw: saw(.aliasOf, seen)))
    } else if state[.aliasOf].siblings.contains(where: { $0.value != .null }) {
      // What is a person of its own again, or deleted, is nobody's other name.
      edits.append(Change.Edit(field: .aliasOf, value: .null, saw: saw(.aliasOf, seen)))
    }
    return Change(
      record: record, traits: version == nil ? .blind : [], edits: edits, scopeSeen: scopeSeen(seen),
      reason: reason)
  }

  /// The choice of a person between siblings (or a third value), which saw exactly what `version` showed.
  package func resolve(
    _ field: FieldName, value: Value, version: RecordVersion, isCorrection: Bool = false, reason: String?
  ) throws(EditRefusal) -> Change {
    let seen = try seen(version)
    guard !misses(field, seen) else { throw .stale(fields: [field]) }
    guard !missesOwnAbsence(seen) else { throw .stale(fields: [.lifecycle]) }
    let isLifecycle = field == .lifecycle
    if !isLifecycle, sawOnlyAbsent(seen) { throw .gone }
    try checkStep(field, to: value, isCorrection: isCorrection)
    return Change(
      record: record, traits: isCorrection ? [.resolution, .correction] : .resolution,
      edits: [Change.Edit(field: field, value: value, saw: saw(field, seen))],
      affirmation: isLifecycle ? nil : affirmation(seen.context(of: .lifecycle)),
      scopeSeen: scopeSeen(seen), reason: reason)
  }

  /// The first change of a record that this node does not know.
  ///
  /// - Throws: `.gone` when this office itself deleted it.
  package func create(
    _ values: [(name: FieldName, value: Value)], source: String?
  ) throws(EditRefusal) -> Change {
    if hasOwnAbsence { throw .gone }
    let edits = values.map { Change.Edit(field: $0.name, value: $0.value, saw: ownChanges(of: $0.name)) }
    return Change(
      record: record, traits: .creation, edits: edits, affirmation: ownChanges(of: .lifecycle), source: source)
  }

  /// What of lifecycle an ordinary edit has seen when it affirms `present`; nil when it affirms nothing.
  ///
  /// It leaves out the authors of siblings that are not `present`, so that no ordinary edit closes a delete conflict;
  /// against a delete of this very office nothing is affirmed.
  func affirmation(_ context: Context) -> Context? {
    let absentAuthors = state[.lifecycle].siblings
      .filter { $0.value != Lifecycle.present.value }
      .map(\.dot.author)
    if absentAuthors.contains(where: { $0.node == node }) { return nil }
    return context.union(ownChanges(of: .lifecycle)).removing(Set(absentAuthors))
  }

  /// Whether all that an editor was shown of `lifecycle`, as far as it stands, is deleted or alias: such a record
  /// takes no edits until it is restored.
  func sawOnlyAbsent(_ seen: RecordVersion) -> Bool {
    let context = seen.context(of: .lifecycle)
    let shown = state[.lifecycle].siblings.filter { context.covers($0.dot) }
    return !shown.isEmpty && shown.allSatisfy { $0.value != Lifecycle.present.value }
  }

  /// Whether this office deleted the record and, as far as it knows, nobody has brought it back.
  var hasOwnAbsence: Bool {
    guard let absence = own.absence else { return false }
    return state.isEmpty || state[.lifecycle].siblings.contains { $0.dot == absence }
  }

  /// The change that wrote the scope on the screen.
  ///
  /// While claims of equal rank stand there, the one by which this office may write: somebody else's claim on a
  /// resident must not lock out the office that the record stays with.
  func scopeSeen(_ seen: RecordVersion) -> Dot? {
    guard let field = definition.scope, let dot = seen.scopeSeen else { return seen.scopeSeen }
    let siblings = state[field].siblings
    func isOwn(_ sibling: Sibling) -> Bool { write.includes(scope: RegionCode(sibling.value.text)) }
    let rule = definition.rule(for: field)
    guard let named = siblings.first(where: { $0.dot == dot }) else {
      // Where this office has settled such claims since the screen was drawn, its word stands for the one by which the record
      // stayed: the centre has somebody else's in its history, and would judge by that. Not against a word that ranks above:
      // an old screen gives no more than a new one.
      guard dot.author.node != node, let best = state[field].best(by: rule) else { return dot }
      let rank = rule.rank(of: best.dot.author.node)
      let word = siblings.first {
        $0.dot.author.node == node && rule.rank(of: node) == rank && isOwn($0)
      }
      return word?.dot ?? dot
    }
    if isOwn(named) { return dot }
    let rank = rule.rank(of: named.dot.author.node)
    let own = siblings.first { rule.rank(of: $0.dot.author.node) == rank && isOwn($0) }
    return own?.dot ?? dot
  }

  func checkStep(_ field: FieldName, to value: Value, isCorrection: Bool) throws(EditRefusal) {
    guard !isCorrection, case .monotone(let order)? = definition.field(field)?.policy,
      let shown = state[field].shown(by: definition.rule(for: field)),
      let from = order.firstIndex(of: shown.text)
    else { return }
    guard let to = order.firstIndex(of: value.text), to >= from else { throw .stepBack(field: field) }
  }

  /// What the editor saw: the version brought back, checked, or the present state.
  func seen(_ version: RecordVersion?) throws(EditRefusal) -> RecordVersion {
    if state.isEmpty { throw .unknownRecord }
    let present = RecordVersion(of: state, record: record, definition: definition)
    guard let version else { return present }
    guard version.record == record else { throw .foreignVersion }
    // A version above what this node knows was not made here; taken over, it would hide later edits of others.
    for (field, context) in version.contexts
    where !state[field].context.union(own[field]).covers(context) { throw .foreignVersion }
    return version
  }

  /// What an edit of `field` saw: what was on the screen, and by the law of own edits every own change before it.
  func saw(_ field: FieldName, _ seen: RecordVersion) -> Context {
    seen.context(of: field).union(ownChanges(of: field))
  }

  /// This office's own changes of `field`, whichever of its disks made them: what a disk that is gone wrote is known
  /// from the feed (ADR 0027).
  func ownChanges(of field: FieldName) -> Context {
    own[field].union(state[field].context.restricted(to: node))
  }

  /// Whether this office's own change of `field` came after the screen was drawn.
  ///
  /// Only own changes that the copy shows count: one that the centre holds back ("ditahan") is on no screen, so that no
  /// version could ever contain it, and the field would be locked for good.
  private func misses(_ field: FieldName, _ seen: RecordVersion) -> Bool {
    let present = state[field].context
    return ownChanges(of: field).entries.contains { entry in
      min(entry.counter, present[entry.author]) > seen.context(of: field)[entry.author]
    }
  }

  /// Whether this office's own delete (or merge into another person) came after the screen was drawn.
  private func missesOwnAbsence(_ seen: RecordVersion) -> Bool {
    state[.lifecycle].siblings.contains { sibling in
      sibling.dot.author.node == node && sibling.value != Lifecycle.present.value
        && !seen.context(of: .lifecycle).covers(sibling.dot)
    }
  }
}

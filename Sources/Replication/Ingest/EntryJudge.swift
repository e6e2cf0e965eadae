package import Datasets
package import Wire

/// Judges entries by schema, write rules and clock, the same way at the node that makes them and at the centre.
package struct EntryJudge: Sendable {
  /// How far a sure time may usually lie ahead of the judge's clock, in milliseconds.
  package static let clockLimitMilliseconds: Int64 = 300_000

  package let definition: DatasetDefinition
  /// What the entry's author may write.
  package let write: Access
  /// The judge's own wall clock.
  package let now: Timestamp
  /// How far a sure time may lie ahead of `now`, in milliseconds.
  package let clockLimitMilliseconds: Int64
  /// Whose entries are judged; nil at the node itself. The centre names it, because only so a change that claims to
  /// have been shown no scope can be caught having seen another node's values.
  package let author: NodeName?

  package init(
    definition: DatasetDefinition, write: Access, now: Timestamp,
    clockLimitMilliseconds: Int64 = Self.clockLimitMilliseconds,
    author: NodeName? = nil
  ) {
    self.definition = definition
    self.write = write
    self.now = now
    self.clockLimitMilliseconds = clockLimitMilliseconds
    self.author = author
  }

  /// The centre never re-stamps: a sure time beyond its clock plus the limit is quarantined.
  package func judge(_ seal: Seal) throws(QuarantineReason) {
    if !seal.isSuspect, seal.effective.millisecondsSince(now) > clockLimitMilliseconds {
      throw QuarantineReason(
        .futureTime, id: "Waktu perubahan lebih maju daripada jam pusat; periksa jam di kantor.",
        en: "The change's time is ahead of the centre's clock; check the clock at the office.")
    }
  }

  package func judge(_ occurrence: Occurrence) throws(QuarantineReason) {
    guard !write.isEmpty else { throw .notAllowed(definition) }
    var undeclared = Undeclared.Tally()
    for field in occurrence.fields { try judge(field.name, field.value, undeclared: &undeclared) }
    let scope = definition.scope.flatMap { RegionCode(occurrence[$0]) }
    let allowed = write.fields(scope: scope)
    guard allowed.map({ occurrence.fields.map(\.name).allSatisfy($0.contains) }) ?? true else {
      throw notAllowed(in: scope)
    }
    for name in definition.key {
      guard let value = occurrence[name], value != .null else { throw .missing(name, definition) }
      if case .instant(let instant) = value, instant != instant.inKey { throw .foreignOffset(name) }
    }
    for field in definition.fields where field.isRequired {
      guard let value = occurrence[field.name], value != .null else { throw .missing(field.name, definition) }
    }
  }

  /// - Parameters:
  ///   - scopeSeen: the region written by the change that `Change.scopeSeen` names; nil when there is none.
  ///   - knows: whether everything in a context has been applied or is covered by a gap.
  package func judge(
    _ change: Change, scopeSeen: RegionCode?, knows: (Context) -> Bool
  ) throws(QuarantineReason) {
    var undeclared = Undeclared.Tally()
    for edit in change.edits {
      try judge(edit.field, edit.value, undeclared: &undeclared)
      guard knows(edit.saw) else { throw .unknownContext }
    }
    if let affirmation = change.affirmation, !knows(affirmation) { throw .unknownContext }
    // A scope that cannot be looked up is not "no scope": after a restore its writer's stream is still to come.
    if let seen = change.scopeSeen, !knows(Context(seen)) { throw .unknownContext }
    // A change that only affirms would need no rule, and could bring any record into sight.
    guard !change.edits.isEmpty else { throw .empty }
    if change.traits.contains(.creation) {
      for field in definition.fields where field.isRequired {
        guard let edit = change.edits.first(where: { $0.field == field.name }), edit.value != .null else {
          throw .missing(field.name, definition)
        }
      }
    }
    try judgeWriteRule(change, scopeSeen: scopeSeen)
  }

  /// What no editor of ours makes, held against the record as the centre has it.
  package func judge(_ change: Change, dot: Dot, against state: RecordState) throws(QuarantineReason) {
    for edit in change.edits {
      // The law of own edits (protocol.md, Identity 5): without it one node could pile up siblings without end.
      let known = state[edit.field].context[dot.author]
      // One that is covered already, as a requeued one may be, changes nothing.
      guard known <= edit.saw[dot.author] || known >= dot.sequence else { throw .unseenOwnEdit(edit.field) }
    }
    guard let affirmation = change.affirmation, !change.edits.contains(where: { $0.field == .lifecycle }),
      !state[.lifecycle].context.covers(dot)
    else { return }
    // An ordinary edit leaves out those who say that the record is gone, so that no delete conflict ends by itself.
    let absent = state[.lifecycle].siblings.filter { $0.value != Lifecycle.present.value }
    guard !absent.contains(where: { affirmation.covers($0.dot) }) else { throw .affirmsAbsence }
  }

  /// By the record as its editor saw it, never by the centre's state on arrival; affirming `present` needs no rule.
  private func judgeWriteRule(_ change: Change, scopeSeen: RegionCode?) throws(QuarantineReason) {
    var scope = scopeSeen
    if change.scopeSeen == nil, let field = definition.scope, !sawOthers(change) {
      // Nothing was shown: the record begins where its maker puts it.
      scope = RegionCode(change.edits.first { $0.field == field }?.value)
    }
    let allowed = write.fields(scope: scope)
    for edit in change.edits {
      guard allowed.map({ $0.contains(edit.field) }) ?? true else { throw notAllowed(in: scope) }
    }
  }

  /// Says where the author may write, when it is only the place that is wrong.
  private func notAllowed(in scope: RegionCode?) -> QuarantineReason {
    let regions = write.grants.compactMap(\.region)
    guard let field = definition.scope, let scope, !regions.isEmpty, !write.includes(scope: scope) else {
      return .notAllowed(definition)
    }
    return .outsideRegion(field, Set(regions).map(\.text).sorted())
  }

  /// Whether a change replaces values of other nodes: then it was shown a record, wherever that lay.
  private func sawOthers(_ change: Change) -> Bool {
    guard let author else { return false }
    return change.edits.contains { $0.saw.entries.contains { $0.author.node != author } }
  }

  /// What the definition does not know is kept as text, so much of it in one entry (ADR 0020).
  private func judge(
    _ name: FieldName, _ value: Value, undeclared: inout Undeclared.Tally
  ) throws(QuarantineReason) {
    if name.isReserved {
      guard definition.kind == .record else { throw .schema(name) }
      if name == .lifecycle {
        guard Lifecycle(value) != nil else { throw .schema(name) }
      } else {
        guard value == .null || RecordID(value.text) != nil else { throw .schema(name) }
      }
    } else {
      guard let field = definition.field(name) else {
        guard Undeclared.accepts(value) else { throw .undeclaredValue(name) }
        undeclared.add(value)
        guard undeclared.count <= Undeclared.perEntryMax else {
          throw .tooManyUndeclared(name, countMax: Undeclared.perEntryMax)
        }
        guard undeclared.bytes <= Undeclared.bytesMax else { throw .tooMuchUndeclared(name) }
        return
      }
      if let problem = field.problem(with: value) { throw .schema(field, problem) }
    }
  }
}

extension RegionCode {
  /// The code in a scope field's value.
  fileprivate init?(_ value: Value?) {
    guard case .text(let text)? = value else { return nil }
    self.init(text)
  }
}

package import Datasets
import Replication
import Wire

/// What a merge wrote into the record that stays, and what that showed before: kept with the pair, so that undoing the
/// merge can give it back (ADR 0028).
struct TakenFields {
  struct Field {
    let name: FieldName
    /// Null where it showed nothing.
    let before: Value
    /// The merge's change.
    let dot: Dot
  }

  /// The record that stays.
  let record: RecordID
  let fields: [Field]

  /// - Parameter state: the record's before `change`.
  /// - Returns: nil when `change` shows nothing that was not shown already.
  init?(_ change: Change, _ dot: Dot, from state: RecordState, definition: DatasetDefinition) {
    record = change.record
    fields = change.edits.compactMap { edit in
      let field = state[edit.field]
      // What the person did not look at stands on, beside the merge's value.
      let replaced = FieldState(context: field.context, siblings: field.siblings.filter { edit.saw.covers($0.dot) })
      let before = replaced.shown(by: definition.rule(for: edit.field)) ?? .null
      return before == edit.value ? nil : Field(name: edit.field, before: before, dot: dot)
    }
    if fields.isEmpty { return nil }
  }

  // MARK: Bytes

  /// In the form of a change that would give it back: each edit has seen the merge's.
  var bytes: [UInt8] {
    Change(
      record: record, edits: fields.map { Change.Edit(field: $0.name, value: $0.before, saw: Context($0.dot)) }
    ).bytes
  }

  /// - Returns: nil for bytes that are none.
  init?(bytes: [UInt8]) {
    var reader = ByteReader(bytes)
    guard let change = try? Change(from: &reader) else { return nil }
    record = change.record
    fields = change.edits.compactMap { edit in
      edit.saw.entries.first.map {
        Field(name: edit.field, before: edit.value, dot: Dot(author: $0.author, sequence: $0.counter))
      }
    }
  }
}

/// What a merge has written.
package struct MergedRecords: Sendable, Equatable {
  /// The kept record's first, where it got something; then the other's.
  package let edits: [CentreEdit]
  /// Fields that the kept record has from the other now.
  package let taken: [FieldName]
  /// Fields of which the other says something that the kept record does not: out of sight with it, until the merge is
  /// undone.
  package let hidden: [FieldName]
}

/// What undoing a merge has written.
package struct UndoneMerge: Sendable, Equatable {
  /// The alias's first; then what the kept record shows again.
  package let edits: [CentreEdit]
  /// Fields that the kept record had taken over and keeps, in the order of the merge: somebody has changed them since, or
  /// it is out of sight itself.
  package let left: [FieldName]
}

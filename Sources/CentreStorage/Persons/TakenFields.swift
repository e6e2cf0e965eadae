package import Datasets
import Replication
import Wire

/// What merges of a pair wrote into the record that stays, and what that showed before: kept with the pair, so that undoing
/// them can give it back (ADR 0028).
struct TakenFields {
  struct Field {
    /// The record that stayed.
    let record: RecordID
    let name: FieldName
    /// Null where it showed nothing.
    let before: Value
    /// The merge's change.
    var dot: Dot

    /// Whether nobody has said anything else since.
    func stands(in state: RecordState) -> Bool { state[name].siblings.map(\.dot) == [dot] }
  }

  /// One for each record and field.
  private(set) var fields: [Field] = []
  /// Those that have taken something over. Of a pair that was merged one way, and after a resolution the other way, both.
  var records: [RecordID] { Set(fields.map(\.record)).sorted() }

  init() {}

  /// Adds what one more merge has written. What an earlier one wrote, and nobody has changed since, is not what the record
  /// showed by itself: then what it showed before that one stays.
  ///
  /// - Parameter state: the record's before `change`.
  /// - Returns: the fields that show something else by `change`.
  mutating func add(
    _ change: Change, _ dot: Dot, to state: RecordState, definition: DatasetDefinition
  ) -> [FieldName] {
    var added: [FieldName] = []
    for edit in change.edits {
      let field = state[edit.field]
      // What the person did not look at stands on, beside the merge's value.
      let replaced = FieldState(context: field.context, siblings: field.siblings.filter { edit.saw.covers($0.dot) })
      let before = replaced.shown(by: definition.rule(for: edit.field)) ?? .null
      if before != edit.value { added.append(edit.field) }
      let known = fields.firstIndex { $0.record == change.record && $0.name == edit.field }
      if let known, fields[known].stands(in: state) {
        fields[known].dot = dot
      } else if before != edit.value {
        if let known { fields.remove(at: known) }
        fields.append(Field(record: change.record, name: edit.field, before: before, dot: dot))
      }
    }
    return added
  }

  // MARK: Bytes

  /// In the form of changes that would give it back, one for each record: each edit has seen the merge's.
  var bytes: [UInt8] {
    var writer = ByteWriter()
    for record in records {
      let edits = fields.filter { $0.record == record }
        .map { Change.Edit(field: $0.name, value: $0.before, saw: Context($0.dot)) }
      writer.lengthPrefixed(Change(record: record, edits: edits).bytes)
    }
    return writer.bytes
  }

  /// - Returns: nil for bytes that are none.
  init?(bytes: [UInt8]) {
    var reader = ByteReader(bytes)
    while !reader.isAtEnd {
      guard let part = try? reader.lengthPrefixed("a change", limit: bytes.count) else { return nil }
      var inner = ByteReader(part)
      guard let change = try? Change(from: &inner) else { return nil }
      for edit in change.edits {
        guard let saw = edit.saw.entries.first else { return nil }
        fields.append(
          Field(
            record: change.record, name: edit.field, before: edit.value,
            dot: Dot(author: saw.author, sequence: saw.counter)))
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
  /// The alias's first, unless it was in sight again already; then what the kept record shows again.
  package let edits: [CentreEdit]
  /// Fields that the kept record had taken over and keeps, in the order of the merge: somebody has changed them since, or
  /// it is out of sight itself.
  package let left: [FieldName]
}

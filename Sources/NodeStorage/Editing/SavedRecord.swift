package import Datasets
package import Replication
package import Wire

/// One record as people at this office see it.
package struct RecordView: Sendable {
  package let id: RecordID
  /// What an editor brings back with a save: an ETag.
  package let version: RecordVersion
  /// Shown values, sorted by name, without cleared ones, `lifecycle` and `alias_of`.
  package let fields: [(name: FieldName, value: Value)]
  package let conflicts: [FieldConflict]
  package let lifecycle: Lifecycle
  /// The record that this one is another name of.
  package let aliasOf: RecordID?
  /// Deleted or alias, and settled: not in lists.
  package let isHidden: Bool
  /// Own edits that the feed does not show yet.
  package let pendingCount: Int

  init(_ id: RecordID, state: RecordState, definition: DatasetDefinition, pendingCount: Int) {
    let shown = ShownRecord(state, definition: definition)
    self.id = id
    version = RecordVersion(of: state, record: id, definition: definition)
    fields = shown.fields
    conflicts = shown.conflicts.map {
      FieldConflict($0.name, $0.state, state: state[$0.name], rule: definition.rule(for: $0.name))
    }
    lifecycle = state.shownLifecycle
    aliasOf = state[.aliasOf].shown(by: .lifecycle).flatMap { RecordID($0.text) }
    isHidden = shown.isHidden
    self.pendingCount = pendingCount
  }

  package subscript(name: FieldName) -> Value? { fields.first { $0.name == name }?.value }
}

/// A field whose edits did not see each other.
package struct FieldConflict: Sendable, Equatable {
  package let field: FieldName
  package let policy: MergePolicy
  package let state: ConflictState
  /// Nil when the field shows nothing.
  package let shown: Value?
  package let siblings: [Sibling]

  init(_ field: FieldName, _ conflict: ConflictState, state: FieldState, rule: FieldRule) {
    self.field = field
    policy = rule.policy
    self.state = conflict
    shown = state.shown(by: rule)
    siblings = state.siblings
  }
}

/// An edit that is on the disk.
package struct SavedRecord: Sendable {
  package let view: RecordView
  /// The edit's name; nil when nothing was to be written.
  package let dot: Dot?
}

/// A sibling came after the version that a resolution was made on: HTTP 409.
package struct SiblingArrived: Error, Sendable, Equatable {
  package let field: FieldName

  package init(field: FieldName) { self.field = field }
}

package import Datasets
package import Wire

extension RecordState {
  /// Takes in every edit of `change`, and its affirmation that the record is present.
  /// - Returns: the fields whose state changed, in the change's order.
  @discardableResult
  package mutating func apply(_ change: Change, dot: Dot, time: Timestamp, isSuspect: Bool) -> [FieldName] {
    if isEmpty, let created = RecordState(creating: change, dot: dot, time: time, isSuspect: isSuspect) {
      self = created
      return change.edits.map(\.field) + (change.affirmation == nil ? [] : [.lifecycle])
    }
    var touched: [FieldName] = []
    for edit in change.edits {
      var state = self[edit.field]
      let sibling = Sibling(dot: dot, value: edit.value, time: time, isSuspect: isSuspect)
      if state.apply(sibling, saw: edit.saw) {
        self[edit.field] = state
        touched.append(edit.field)
      }
    }
    if let affirmation = change.affirmation {
      var state = self[.lifecycle]
      let sibling = Sibling(dot: dot, value: Lifecycle.present.value, time: time, isSuspect: isSuspect)
      if state.apply(sibling, saw: affirmation) {
        self[.lifecycle] = state
        touched.append(.lifecycle)
      }
    }
    return touched
  }

  /// What `change` makes of nothing, the same as field by field: most records come about in one change, whose fields
  /// share one context.
  ///
  /// - Returns: nil where a field is named twice, of which only the first counts.
  private init?(creating change: Change, dot: Dot, time: Timestamp, isSuspect: Bool) {
    var last: (saw: Context, context: Context)?
    func field(_ name: FieldName, _ value: Value, saw: Context) -> Field? {
      if last?.saw != saw { last = (saw, saw.union(Context(dot))) }
      let sibling = Sibling(dot: dot, value: value, time: time, isSuspect: isSuspect)
      return last.map { Field(name: name, state: FieldState(context: $0.context, siblings: [sibling])) }
    }
    var fields = change.edits.compactMap { field($0.field, $0.value, saw: $0.saw) }
    if let affirmation = change.affirmation {
      if let lifecycle = field(.lifecycle, Lifecycle.present.value, saw: affirmation) { fields.append(lifecycle) }
    }
    self.init(fields: fields)
  }

  /// The join of both, field by field.
  package func merged(with other: RecordState) -> RecordState {
    var result = self
    for field in other.fields { result[field.name] = self[field.name].merged(with: field.state) }
    return result
  }

  /// Whether a sibling of the field has this value; where there is one sibling, it is what shows.
  package func holds(_ value: Value, in field: FieldName) -> Bool {
    self[field].siblings.contains { $0.value == value }
  }

  /// What is shown of `lifecycle`; a record that nobody has deleted is present.
  package var shownLifecycle: Lifecycle {
    self[.lifecycle].shown(by: .lifecycle).flatMap(Lifecycle.init) ?? .present
  }

  /// Hidden only when what is shown is deleted or alias and lifecycle is not open (merge.md).
  package var isHidden: Bool {
    shownLifecycle != .present && self[.lifecycle].conflict(by: .lifecycle) != .open
  }
}

/// What one record looks like to people: the shown values and where its fields disagree.
package struct ShownRecord: Sendable, Equatable {
  package let isHidden: Bool
  /// Sorted by name, without `lifecycle` and `alias_of`, without fields cleared or never written.
  package let fields: [(name: FieldName, value: Value)]
  /// Fields whose siblings differ, with their state, sorted by name.
  package let conflicts: [(name: FieldName, state: ConflictState)]

  package init(_ state: RecordState, definition: DatasetDefinition) {
    isHidden = state.isHidden
    var fields: [(name: FieldName, value: Value)] = []
    var conflicts: [(name: FieldName, state: ConflictState)] = []
    for field in state.fields {
      let rule = definition.rule(for: field.name)
      let conflict = field.state.conflict(by: rule)
      if conflict != .none { conflicts.append((field.name, conflict)) }
      if !field.name.isReserved, let value = field.state.shown(by: rule), value != .null {
        fields.append((field.name, value))
      }
    }
    self.fields = fields
    self.conflicts = conflicts
  }

  package subscript(name: FieldName) -> Value? { fields.first { $0.name == name }?.value }

  package static func == (left: ShownRecord, right: ShownRecord) -> Bool {
    left.isHidden == right.isHidden && left.fields.map(\.name) == right.fields.map(\.name)
      && left.fields.map(\.value) == right.fields.map(\.value)
      && left.conflicts.map(\.name) == right.conflicts.map(\.name)
      && left.conflicts.map(\.state) == right.conflicts.map(\.state)
  }
}

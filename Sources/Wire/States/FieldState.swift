package import Datasets

/// A change's value of one field that no other known change has seen.
package struct Sibling: Sendable, Hashable {
  package let dot: Dot
  package let value: Value
  package let time: Timestamp
  package let isSuspect: Bool

  package init(dot: Dot, value: Value, time: Timestamp, isSuspect: Bool) {
    self.dot = dot
    self.value = value
    self.time = time
    self.isSuspect = isSuspect
  }
}

/// The merge state of one field: a context and the siblings, sorted by dot (merge.md).
package struct FieldState: Sendable, Hashable {
  package var context: Context
  package var siblings: [Sibling]

  package static let empty = FieldState(context: .empty, siblings: [])

  package init(context: Context, siblings: [Sibling]) {
    self.context = context
    self.siblings = siblings
  }
}

/// The merge state of a record: its fields sorted by name, `lifecycle` and `alias_of` among them.
package struct RecordState: Sendable, Equatable {
  package struct Field: Sendable, Equatable {
    package let name: FieldName
    package var state: FieldState

    package init(name: FieldName, state: FieldState) {
      self.name = name
      self.state = state
    }
  }

  package private(set) var fields: [Field]

  package static let empty = RecordState()

  package init() { fields = [] }

  /// - Returns: nil when a name occurs twice.
  package init?(fields: [Field]) {
    // As they are stored, they are sorted already.
    if zip(fields, fields.dropFirst()).allSatisfy({ $0.name < $1.name }) {
      self.fields = fields
      return
    }
    let sorted = fields.sorted { $0.name < $1.name }
    guard zip(sorted, sorted.dropFirst()).allSatisfy({ $0.name != $1.name }) else { return nil }
    self.fields = sorted
  }

  package var isEmpty: Bool { fields.isEmpty }

  /// The state of `name`, empty when no change has touched it.
  package subscript(name: FieldName) -> FieldState {
    get {
      let index = index(of: name)
      return index < fields.count && fields[index].name == name ? fields[index].state : .empty
    }
    set {
      let index = index(of: name)
      if index < fields.count, fields[index].name == name {
        fields[index].state = newValue
      } else {
        fields.insert(Field(name: name, state: newValue), at: index)
      }
    }
  }

  /// The same with only the fields for which `isIncluded` holds.
  package func filtered(_ isIncluded: (FieldName) -> Bool) -> RecordState {
    var result = RecordState()
    result.fields = fields.filter { isIncluded($0.name) }
    return result
  }

  /// Every context of every field together: what the record as a whole has absorbed.
  package var context: Context {
    var result = Context.empty
    for field in fields { result.formUnion(field.state.context) }
    return result
  }

  private func index(of name: FieldName) -> Int {
    var low = 0
    var high = fields.count
    while low < high {
      let middle = (low + high) / 2
      if fields[middle].name < name { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

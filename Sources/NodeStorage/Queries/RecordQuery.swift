package import Datasets

/// Which rows of a dataset are asked for.
package struct RecordQuery: Sendable {
  package static let limitDefault = 100
  package static let limitMax = 1_000

  /// 1 to 1,000; more is clamped.
  package var limit: Int
  /// `next` of the page before; nil for the first.
  package var cursor: String?
  /// Fields that must hold exactly these values.
  package var equals: [(field: FieldName, value: Value)]
  /// A text that some text field must contain; case of ASCII letters does not matter.
  package var search: String?

  package init(
    limit: Int = limitDefault, cursor: String? = nil, equals: [(field: FieldName, value: Value)] = [],
    search: String? = nil
  ) {
    self.limit = min(max(1, limit), Self.limitMax)
    self.cursor = cursor
    self.equals = equals
    self.search = search
  }
}

/// A part of a list, and where the next one begins.
package struct Page<Element: Sendable>: Sendable {
  package let elements: [Element]
  /// Nil at the end.
  package let next: String?

  init(_ elements: [Element], next: String?) {
    self.elements = elements
    self.next = next
  }
}

/// An event or sample in the local copy.
package struct OccurrenceView: Sendable {
  /// In the order of the definition, without what is null; undeclared ones last.
  package let fields: [(name: FieldName, value: Value)]
  /// The entry that it came with; nil when its author cannot be told any more.
  package let dot: Dot?
  /// By which its content was chosen among several of its key; of an own entry the time that it was sealed by.
  package let effective: Timestamp
  /// Where it lies.
  let place: OccurrencePlace
  /// Whether the row matches its checksum.
  let isSound: Bool

  package subscript(name: FieldName) -> Value? { fields.first { $0.name == name }?.value }
}

/// A row of a typed table of events or samples.
struct OccurrencePlace: Sendable, Equatable {
  /// Row of `_author`.
  let author: Int64
  let sequence: Int64
  /// The columns of the natural key as they read.
  let key: [String]
}

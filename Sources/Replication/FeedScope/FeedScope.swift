package import Datasets
package import Wire

/// Which records a reader's feed carries, and how (protocol.md "Scope").
package struct FeedScope: Sendable {
  /// A scope that a record left, and the feed position at which it did.
  package struct Departure: Sendable, Equatable {
    package let scope: RegionCode?
    package let position: UInt64

    package init(scope: RegionCode?, position: UInt64) {
      self.scope = scope
      self.position = position
    }
  }

  package enum Delivery: Sendable, Equatable {
    /// The reader never had it and may not.
    case nothing
    case retraction
    /// The state, of these fields (nil is all) and those that always go along.
    case state(fields: Set<FieldName>?)
  }

  package let definition: DatasetDefinition
  package let read: Access

  package init(definition: DatasetDefinition, read: Access) {
    self.definition = definition
    self.read = read
  }

  /// What a page holds of a record that has changed since the page's beginning.
  ///
  /// Readers of a scope that it ever left are told with every later change. When it left does not say whether a reader
  /// knows: a record that leaves and then changes again moves behind the page at which its leaving stood, and a copy
  /// that was past that position would keep a resident who is not its own for good.
  /// - Parameters:
  ///   - scope: the record's scope now.
  ///   - isHidden: deleted or alias, and settled.
  ///   - departures: the scopes it left.
  ///   - since: where the page begins; it decides nothing here.
  package func delivery(
    scope: RegionCode?, isHidden: Bool, departures: [Departure], since _: UInt64
  ) -> Delivery {
    let isIncluded = read.includes(scope: scope)
    if isIncluded, !isHidden { return .state(fields: read.fields(scope: scope)) }
    let hasLeft = departures.contains { read.includes(scope: $0.scope) }
    return isIncluded || hasLeft ? .retraction : .nothing
  }

  /// The part of a state that a reader of `fields` gets: lifecycle, `alias_of` and the scope field always go along.
  package func visible(_ state: RecordState, fields: Set<FieldName>?) -> RecordState {
    guard let fields else { return state }
    return state.filtered { fields.contains($0) || $0.isReserved || $0 == definition.scope }
  }
}

/// The read rules that a node's copy is built by: any change of them makes a new snapshot necessary.
package enum RuleVersion {
  /// - Parameter access: what the node may read, in any order.
  /// - Returns: never 0, which stands for "no copy yet".
  package static func of(_ access: [(dataset: DatasetName, read: Access)]) -> UInt64 {
    var writer = ByteWriter(capacity: 256)
    for (dataset, read) in access.sorted(by: { $0.dataset < $1.dataset }) where !read.isEmpty {
      writer.dataset(dataset)
      writer.list(read.grants) { writer, grant in
        writer.optional(grant.region) { $0.text($1.text) }
        writer.optional(grant.fields) { writer, fields in writer.list(fields) { $0.text($1.text) } }
      }
    }
    return max(1, EntryChecksum.of(writer.bytes))
  }
}

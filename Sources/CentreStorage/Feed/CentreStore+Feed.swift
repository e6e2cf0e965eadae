package import Datasets
import Storage

extension CentreStore {
  /// Rows that one page looks at, whether or not they concern the reader.
  static let feedScanMax = 20_000

  /// What `node` has to be told after `position`, in order, in one snapshot.
  ///
  /// - Parameters:
  ///   - read: what it may read, as `reading(_:)` gives it.
  ///   - rawBytesMax: before compression; one item may pass it.
  ///   - partsMax: of the page; above 0.
  package func feedPage(
    node: NodeName, read: [(definition: DatasetDefinition, read: Access)], since position: UInt64,
    rawBytesMax: Int, itemsMax: Int, partsMax: Int
  ) async throws -> FeedPage {
    let damage = memory.damage
    return try await self.read { database in
      let end = try database.feedPosition()
      guard position < end else { return FeedPage(parts: [], end: position, isComplete: true) }
      let reader = try FeedReader(
        database, node: node, read: read, since: position)
      return try reader.page(
        feedEnd: end, rawBytesMax: rawBytesMax, itemsMax: itemsMax, partsMax: partsMax,
        scanMax: Self.feedScanMax, damage: damage)
    }
  }
}

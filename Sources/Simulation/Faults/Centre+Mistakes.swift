import CentreStorage
import Compression
import Datasets
import Replication
import Sessions
import Wire

/// Mistakes that are made between the centre's store and its machines.
extension Centre {
  func mistaken(_ event: CentreSession.Event) -> CentreSession.Event {
    guard case .feedLoaded(let peer, let session, let page) = event else { return event }
    var parts = page.parts
    if world.makes(.passesOverFeedPart, chance, 100), !parts.isEmpty {
      parts.removeLast()
    } else if world.makes(.forgetsRetraction, chance, 1000) {
      parts = parts.map { CentreSession.FeedPage.Step(position: $0.position, part: $0.part.withoutRetractions) }
    }
    return .feedLoaded(
      peer, session: session,
      CentreSession.FeedPage(parts: parts, end: page.end, isComplete: page.isComplete))
  }

  /// Acks for batches that nobody applied, once in a while.
  func acknowledgedUnapplied(_ orders: [BatchOrder]) -> [(CentreSession.Event, NodeName)]? {
    guard let store, world.makes(.acknowledgesUnapplied, chance, 100) else { return nil }
    return orders.map { order in
      let ack = Ack(
        session: order.session, dataset: order.batch.dataset, incarnation: order.batch.incarnation,
        applied: StreamMark(sequence: order.batch.last, head: order.batch.head), quarantined: [],
        visibleAt: FeedCursor(epoch: store.epoch, position: 0), backedUp: nil, credit: Credit(bytes: 0, messages: 0))
      return (order.answered(.position(ack)), order.node)
    }
  }
}

extension Feed.Part {
  fileprivate var withoutRetractions: Feed.Part {
    guard case .records(let dataset, let compressed) = self,
      let bytes = try? Zstandard.decompress(compressed.bytes, rawCount: compressed.rawCount),
      var records = try? FeedRecords(bytes: bytes)
    else { return self }
    records.items.removeAll { if case .retraction = $0 { true } else { false } }
    let left = records.bytes
    guard let packed = try? Zstandard.compress(left) else { return self }
    return .records(dataset, CompressedBytes(rawCount: left.count, bytes: packed))
  }
}

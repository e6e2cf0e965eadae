import CentreStorage
import Datasets
import Replication
import Sessions
import Wire

/// Mistakes that are made between an office's store and its machine.
extension Office {
  func mistaken(_ order: StoreOrder) -> StoreOrder {
    guard world.scenario.mistake == .dropsOverlayAtAck, case .storeAck(var ack, let through) = order else {
      return order
    }
    ack.visibleAt = FeedCursor(epoch: ack.visibleAt.epoch, position: 0)
    return .storeAck(ack, through: through)
  }

  func mistaken(_ event: NodeSession.Event) -> NodeSession.Event {
    switch (world.scenario.mistake, event) {
    case (.runsAheadWithCursor, .helloPrepared(var hello)):
      if let cursor = hello.cursor, cursor.epoch == world.centre.store?.epoch {
        hello.cursor = FeedCursor(epoch: cursor.epoch, position: max(cursor.position, world.centre.feed.end))
      }
      return .helloPrepared(hello)
    default: return event
    }
  }

  /// The ack that an office which does not wait for one takes for given.
  func unawaitedAck(_ event: NodeSession.Event) -> StoreOrder? {
    guard world.scenario.mistake == .trimsBeforeAck, case .batchLoaded(let batch) = event,
      let epoch = world.centre.store?.epoch
    else { return nil }
    let ack = Ack(
      session: 0, dataset: batch.dataset, incarnation: batch.incarnation,
      applied: StreamMark(sequence: batch.last, head: batch.head), quarantined: [],
      visibleAt: FeedCursor(epoch: epoch, position: 0), backedUp: nil, credit: Credit(bytes: 0, messages: 0))
    return .storeAck(ack, through: batch.last)
  }
}

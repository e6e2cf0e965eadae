package import Datasets
package import Replication
package import Wire

/// What a node's store is asked to do for its session, in order.
package enum StoreOrder: Sendable {
  case prepareHello(hasAllParents: Bool)
  case storeWelcome(Welcome)
  case loadBatch(DatasetName, after: Datasets.Sequence, bytesMax: Int)
  case storeAck(Ack, through: Datasets.Sequence?)
  case applyFeed(Feed)
  case storeDocuments(Documents)
  case recordClock(offsetMilliseconds: Int64, roundTripMilliseconds: UInt64, at: ClockReading)
  case sendPing(session: UInt64)
  /// The next step of a sweep, or of ending overlays.
  case settleCopy

  /// The store's part of what the machine wants; nil for what is the link's or nobody's.
  package init?(_ effect: NodeSession.Effect) {
    switch effect {
    case .prepareHello(let hasAllParents): self = .prepareHello(hasAllParents: hasAllParents)
    case .storeWelcome(let welcome): self = .storeWelcome(welcome)
    case .loadBatch(let dataset, let after, let bytesMax):
      self = .loadBatch(dataset, after: after, bytesMax: bytesMax)
    case .storeAck(let ack, let through): self = .storeAck(ack, through: through)
    case .applyFeed(let feed): self = .applyFeed(feed)
    case .storeDocuments(let documents): self = .storeDocuments(documents)
    case .recordClock(let offset, let roundTrip, let reading):
      self = .recordClock(offsetMilliseconds: offset, roundTripMilliseconds: roundTrip, at: reading)
    case .sendPing(let session): self = .sendPing(session: session)
    case .openLink, .closeLink, .send, .report: return nil
    }
  }
}

/// Which orders of a node's store are carried out.
package struct StoreQueue: Sendable {
  private var hasFailed = false
  private var isSettling = false

  package init() {}

  /// Whether the next order is to be carried out. What was ordered after a failed one belongs to a session that has
  /// ended: an ack must not be stored whose predecessor was not.
  package mutating func begins(_ order: StoreOrder) -> Bool {
    if case .settleCopy = order { isSettling = false }
    guard hasFailed else { return true }
    guard case .prepareHello = order else { return false }
    hasFailed = false
    return true
  }

  /// The order that was begun last was not carried out.
  package mutating func failed() { hasFailed = true }

  /// Whether `settleCopy` is to be ordered: it goes on with what one step of the store did not finish, behind what was
  /// ordered before.
  package mutating func settles() -> Bool {
    if isSettling { return false }
    isSettling = true
    return true
  }
}

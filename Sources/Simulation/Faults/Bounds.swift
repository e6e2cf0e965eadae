import NodeStorage
import Replication

/// How narrow everything is: the daemons' defaults, or so narrow that every bound is met.
package struct Bounds: Sendable, Equatable {
  var session = NodeSession.Settings()
  var centre = CentreSession.Settings()
  var store = NodeStoreLimits()

  /// The daemons'.
  package init() {}

  /// Orders that may wait for an office's store: what the centre may send, and answers, each twice where the line doubles.
  var ordersMax: Int { 2 * (session.feedsWaitingMax + session.batchesInFlightMax) + 16 }

  /// Batches of one office that may wait for the centre's store: its credit, each twice where the line doubles, of the
  /// session that stands and of the one before.
  var batchesWaitingMax: Int { 4 * Int(centre.creditMessages) }

  /// Whether an office may have more incarnations to tell than one hello names. The daemons keep an eighth of that.
  var hellosAreNarrow: Bool { store.helloParentsMax < 100 }

  /// Bounds of the seed's choice, down to one entry to a batch and one batch on its way.
  ///
  /// - Parameter mayLoseWelcomes: the centre may be set back to before a welcome. An office that keeps more incarnations than
  ///   one hello names could not tell it all of them then; the daemons' defaults name eight times what they keep.
  init(_ chance: Chance, mayLoseWelcomes: Bool) {
    session.batchBytesMax = chance.pick([1, 300, 4096]) ?? 1
    session.batchesInFlightMax = chance.below(3) + 1
    session.standstillLimit = .seconds(chance.below(60) + 20)
    centre.standstillLimit = .seconds(chance.below(60) + 20)
    centre.creditMessages = UInt64(chance.below(3) + 1)
    centre.creditBytes = chance.pick([4096, 65_536]) ?? 4096
    centre.feedUnackedMax = chance.below(2) + 1
    centre.feedBytesMax = chance.pick([1, 500, 8192]) ?? 1
    centre.feedPartsMax = chance.below(4) + 1
    // A page is asked for while fewer than `feedUnackedMax` messages are on their way, and has one more at its end; an ack
    // or documents may come before them, while the welcome is being stored.
    session.feedsWaitingMax = centre.feedUnackedMax + centre.feedPartsMax + 3 + chance.below(8)
    store = NodeStoreLimits(
      // An empty store takes some 400,000 bytes; beside it there is room for everything, or for little.
      quotaBytes: chance.happens(500) ? 2_000_000_000 : UInt64(chance.between(420_000, 700_000)),
      retainAcknowledged: .seconds(chance.pick([1, 10, 7 * 86_400]) ?? 1), copyStep: chance.below(3) + 1,
      helloParentsMax: mayLoseWelcomes ? 100 : chance.below(4) + 2, incarnationsKept: chance.below(4) + 1)
  }
}

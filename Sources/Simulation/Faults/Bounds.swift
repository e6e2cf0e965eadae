import NodeStorage
import Replication

/// How narrow everything is: the daemons' defaults, or so narrow that every bound is met.
package struct Bounds: Sendable, Equatable {
  var session = NodeSession.Settings()
  var centre = CentreSession.Settings()
  var store = NodeStoreLimits()

  /// The daemons'.
  package init() {}

  /// Bounds of the seed's choice, down to one entry to a batch and one batch on its way.
  init(_ chance: Chance) {
    session.batchBytesMax = chance.pick([1, 300, 4096]) ?? 1
    session.batchesInFlightMax = chance.below(3) + 1
    session.standstillLimit = .seconds(chance.below(60) + 20)
    centre.standstillLimit = .seconds(chance.below(60) + 20)
    session.feedsWaitingMax = chance.below(8) + 8
    centre.creditMessages = UInt64(chance.below(3) + 1)
    centre.creditBytes = chance.pick([4096, 65_536]) ?? 4096
    centre.feedUnackedMax = chance.below(2) + 1
    centre.feedBytesMax = chance.pick([1, 500, 8192]) ?? 1
    store = NodeStoreLimits(
      copyStep: chance.below(3) + 1, helloParentsMax: chance.below(4) + 2, incarnationsKept: chance.below(4) + 1)
  }
}

package import Datasets
import Synchronization
import Transport

/// Who was not let in lately and why, for doctor; the counts by reason are in `CentreMetrics`. Callable from anywhere.
package final class RefusalLog: Sendable {
  package enum Who: Sendable, Hashable {
    case office(NodeName)
    /// A connection of which no name is known, by its numeric address.
    case stranger(address: String)
  }

  package struct Refused: Sendable, Equatable {
    package let who: Who
    /// The last reason, from a fixed set of words.
    package var reason: String
    /// Since the centre's start.
    package var count: UInt64
    package var lastAt: Timestamp
  }

  /// Names are the fleet's; addresses are anybody's.
  static let countMax = 256

  private let refused = Mutex<[Who: Refused]>([:])

  package init() {}

  package func note(_ who: Who, _ reason: String, at now: Timestamp) {
    refused.withLock { refused in
      if refused[who] == nil, refused.count >= Self.countMax,
        let oldest = refused.values.min(by: { $0.lastAt < $1.lastAt })
      {
        refused[oldest.who] = nil
      }
      var entry = refused[who] ?? Refused(who: who, reason: reason, count: 0, lastAt: now)
      // Who merely closed (a doctor that looks whether the port answers) says nothing against what was said before.
      if reason != HandshakeFailure.closedByPeer.word { entry.reason = reason }
      entry.count += 1
      entry.lastAt = now
      refused[who] = entry
    }
  }

  /// The latest first.
  package var all: [Refused] { refused.withLock { $0.values.sorted { $0.lastAt > $1.lastAt } } }
}

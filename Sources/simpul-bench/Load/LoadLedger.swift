import Datasets
import Synchronization
import Wire

/// What all offices of a load saw, together.
final class LoadLedger: Sendable {
  struct Figures: Sendable {
    /// Offices whose session stands now.
    var established = 0
    var recorded: UInt64 = 0
    /// Recorded events that the centre has acknowledged.
    var acknowledged: UInt64 = 0
    /// Microseconds from recording an event to its ack.
    var latency = LatencyHistogram()
    /// Microseconds from when an office began to call to its session.
    var arrival = LatencyHistogram()
    /// What the centre's feed gave the offices of others' data: events, and pages of records.
    var fed: UInt64 = 0
    /// Attempts that ended, by reason.
    var setbacks: [String: Int] = [:]
    /// What an honest centre does not do, by sentence.
    var problems: [String: Int] = [:]
  }

  private let figures = Mutex(Figures())

  var current: Figures { figures.withLock { $0 } }

  func note(_ change: (inout Figures) -> Void) { figures.withLock { change(&$0) } }

  /// Begins a phase of its own: arrivals, latencies and setbacks are counted from here on.
  func beginPhase() {
    note {
      $0.latency = LatencyHistogram()
      $0.arrival = LatencyHistogram()
      $0.setbacks = [:]
    }
  }
}

extension Duration {
  var microseconds: UInt64 { UInt64(max(0, seconds * 1e6)) }
}

extension Feed.Part {
  /// How much of others' data it brings: events, or one for a page of records.
  var othersCount: UInt64 {
    switch self {
    case .nothing, .verdicts: 0
    case .records: 1
    case .occurrences(let run): run.last.value - run.first.value + 1
    }
  }
}

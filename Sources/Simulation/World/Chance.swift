import Datasets
import Synchronization

/// One purpose's chance: what is drawn for one purpose changes nothing for another, so that a fault can be taken out of a
/// story without telling another one.
final class Chance: Sendable {
  // Behind a lock because stores ask for ids from SQLite's queues; one at a time, so that the order is the story's.
  private let generator: Mutex<SplitMix64>

  init(seed: UInt64, _ purpose: String) {
    var trace = Trace()
    trace.note(purpose)
    generator = Mutex(SplitMix64(seed: seed ^ trace.hash))
  }

  func bits() -> UInt64 { generator.withLock { $0.next() } }

  /// - Parameter bound: above 0.
  func below(_ bound: Int) -> Int { generator.withLock { Int($0.next(upperBound: UInt64(bound))) } }

  func between(_ least: UInt64, _ most: UInt64) -> UInt64 {
    least + generator.withLock { $0.next(upperBound: most - least + 1) }
  }

  /// Whether something that happens so often in a thousand happens now.
  func happens(_ thousandths: Int) -> Bool { below(1000) < thousandths }

  func pick<Element>(_ elements: [Element]) -> Element? {
    elements.isEmpty ? nil : elements[below(elements.count)]
  }

  /// For what a power cut leaves.
  func withGenerator(_ body: (inout SplitMix64) -> Void) { generator.withLock { body(&$0) } }
}

/// Virtual time, in milliseconds since the world began, and what is to happen in it: one thing after the other.
final class Timeline {
  typealias Action = () async -> Void

  private struct Planned {
    let at: UInt64
    /// What was planned first happens first.
    let order: UInt64
    let action: Action

    func comes(before other: Planned) -> Bool { (at, order) < (other.at, other.order) }
  }

  private(set) var now: UInt64 = 0
  /// How many things have happened.
  private(set) var stepCount: UInt64 = 0
  private var plannedCount: UInt64 = 0
  /// A binary heap: the next thing is first.
  private var heap: [Planned] = []

  func plan(after delay: UInt64, _ action: @escaping Action) {
    plannedCount += 1
    heap.append(Planned(at: now + delay, order: plannedCount, action: action))
    var child = heap.count - 1
    while child > 0, heap[child].comes(before: heap[(child - 1) / 2]) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// Lets the next thing happen, if there is one not after `end`; else it is `end`.
  ///
  /// - Returns: whether something happened.
  func step(until end: UInt64) async -> Bool {
    guard let next = heap.first, next.at <= end else {
      now = max(now, end)
      return false
    }
    removeFirst()
    now = max(now, next.at)
    stepCount += 1
    await next.action()
    return true
  }

  private func removeFirst() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].comes(before: heap[least]) {
        least = child
      }
      if least == parent { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}

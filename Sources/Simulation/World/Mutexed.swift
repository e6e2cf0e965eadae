import Synchronization

/// A value that the story sets and a store's environment reads, on whatever queue.
final class Mutexed<Value: Sendable>: Sendable {
  private let value: Mutex<Value>

  init(_ value: Value) { self.value = Mutex(value) }

  func get() -> Value { value.withLock { $0 } }

  func set(_ new: Value) { value.withLock { $0 = new } }
}

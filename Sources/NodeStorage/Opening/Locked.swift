import Foundation

/// A value behind a lock, for what readers and the writer share.
///
/// Safe because the value is touched only while the lock is held. (NSLock, because the thread sanitizer
/// reports false races on `Synchronization.Mutex`.)
final class Locked<Value>: @unchecked Sendable {
  private let lock = NSLock()
  private var value: Value

  init(_ value: Value) { self.value = value }

  func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
    lock.lock()
    defer { lock.unlock() }
    return try body(&value)
  }
}

import Dispatch

/// Pure work on many values at once, on all cores, while a transaction waits: encoding and hashing cost more
/// than SQLite does.
enum Parallel {
  /// Below this many it is not worth waking another thread.
  private static let chunkLeast = 32

  static func forEach<Element: Sendable>(
    _ elements: inout [Element], _ body: @Sendable (inout Element) -> Void
  ) {
    let count = elements.count
    guard count > chunkLeast else {
      for index in elements.indices { body(&elements[index]) }
      return
    }
    let chunkSize = max(chunkLeast, (count + 15) / 16)
    let chunkCount = (count + chunkSize - 1) / chunkSize
    elements.withUnsafeMutableBufferPointer { buffer in
      // Safe because every chunk touches only its own elements, and concurrentPerform returns after the last.
      nonisolated(unsafe) let elements = buffer
      DispatchQueue.concurrentPerform(iterations: chunkCount) { chunk in
        for index in chunk * chunkSize..<min(count, (chunk + 1) * chunkSize) { body(&elements[index]) }
      }
    }
  }
}

/// Wakes one waiting worker; raising it several times before the worker looks counts once.
final class Signal: Sendable {
  private let stream: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation

  init() {
    (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  func raise() { continuation.yield() }

  /// Waits until it is raised.
  /// - Returns: false when the task was cancelled, after which the signal is dead.
  func wait() async -> Bool {
    var iterator = stream.makeAsyncIterator()
    return await iterator.next() != nil && !Task.isCancelled
  }
}

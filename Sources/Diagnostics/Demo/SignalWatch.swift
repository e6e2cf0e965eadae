import Dispatch
import Synchronization

/// Signals that ask this program to end, received instead of ending it, for as long as this lives.
///
/// Safe because the sources are made in `init` and cancelled in `deinit`, and everything else holds the lock.
final class SignalWatch: @unchecked Sendable {
  private struct State {
    var received: Int32?
    var waiting: AsyncStream<Int32>.Continuation?
  }

  private let sources: [any DispatchSourceSignal]
  private let state: Mutex<State>

  init(_ signals: [Int32]) {
    let queue = DispatchQueue(label: "simpul.signals")
    state = Mutex(State())
    sources = signals.map { DispatchSource.makeSignalSource(signal: $0, queue: queue) }
    for (source, signal) in zip(sources, signals) {
      source.setEventHandler { [weak self] in self?.receive(signal) }
      source.resume()
    }
  }

  deinit { for source in sources { source.cancel() } }

  /// The first signal, also one that has come already; nil when the task is cancelled.
  ///
  /// One caller at a time.
  func first() async -> Int32? {
    let (stream, continuation) = AsyncStream<Int32>.makeStream()
    state.withLock { state in
      if let received = state.received { continuation.yield(received) } else { state.waiting = continuation }
    }
    for await signal in stream { return signal }
    return nil
  }

  private func receive(_ signal: Int32) {
    state.withLock { state in
      guard state.received == nil else { return }
      state.received = signal
      state.waiting?.yield(signal)
    }
  }
}

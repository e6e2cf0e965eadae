import Dispatch
import Synchronization

/// Asks the system what blocks a thread and may never be answered, each question at most once at a time, and gives up
/// waiting in time. Callable from anywhere.
///
/// Such a question never runs on the cooperative pool, and however often it is asked it holds one thread.
final class BlockingQuestions<Answer: Sendable>: Sendable {
  private struct Waiter {
    let id: UInt64
    let continuation: CheckedContinuation<Answer?, Never>
  }

  private struct State {
    /// By question, those who wait for the answer that is being looked for.
    var waiters: [String: [Waiter]] = [:]
    var nextID: UInt64 = 0
  }

  private let state = Mutex(State())

  /// - Parameters:
  ///   - question: whoever asks the same one meanwhile is given the same answer.
  ///   - look: blocks its thread.
  /// - Returns: nil when there is none within `limit`; it is looked for all the same.
  func answer(
    to question: String, within limit: Duration, _ look: @escaping @Sendable () -> Answer
  ) async -> Answer? {
    await withCheckedContinuation { continuation in
      let (id, isFirst) = state.withLock { state in
        state.nextID += 1
        // An empty list says that it is still looked for.
        let isFirst = state.waiters[question] == nil
        state.waiters[question, default: []].append(Waiter(id: state.nextID, continuation: continuation))
        return (state.nextID, isFirst)
      }
      if isFirst {
        DispatchQueue.global(qos: .utility).async {
          let answer = look()
          let waiters = self.state.withLock { $0.waiters.removeValue(forKey: question) } ?? []
          for waiter in waiters { waiter.continuation.resume(returning: answer) }
        }
      }
      DispatchQueue.global(qos: .utility).asyncAfter(deadline: .now() + .milliseconds(Int(limit / .milliseconds(1)))) {
        let late = self.state.withLock { state -> Waiter? in
          guard let index = state.waiters[question]?.firstIndex(where: { $0.id == id }) else { return nil }
          return state.waiters[question]?.remove(at: index)
        }
        late?.continuation.resume(returning: nil)
      }
    }
  }
}

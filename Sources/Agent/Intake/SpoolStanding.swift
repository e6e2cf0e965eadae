import API
import Collectors
import Datasets
import Synchronization

/// Which files of the spool wait, and why: for status and the sentence of the service.
final class SpoolStanding: Sendable {
  /// Files that status names; a spool full of them has one cause.
  static let shownMax = 100

  private struct State {
    var waiting: [String: BilingualText] = [:]
    var failure: String?
  }

  private let state = Mutex(State())

  func note(_ event: SpoolEvent) {
    state.withLock { state in
      switch event {
      case .finished(.done(let result)), .finished(.failed(let result)): state.waiting[result.path] = nil
      case .finished(.postponed(let postponement)): state.waiting[postponement.path] = postponement.message
      case .waitEnded(let path): state.waiting[path] = nil
      case .scanFailed(let failure): state.failure = "\(failure)"
      case .scanRecovered: state.failure = nil
      case .retryScheduled: break
      }
    }
  }

  var waitingCount: Int { state.withLock { $0.waiting.count } }

  /// Nil while nothing waits and the spool can be read.
  func reply(_ language: Language) -> StatusReply.SpoolReply? {
    let state = state.withLock { $0 }
    if state.waiting.isEmpty, state.failure == nil { return nil }
    let files = state.waiting.sorted { $0.key < $1.key }.prefix(Self.shownMax)
    return StatusReply.SpoolReply(
      waiting: files.map { StatusReply.SpoolReply.File(path: $0.key, reason: $0.value(language)) },
      waitingTotal: state.waiting.count, problem: state.failure)
  }
}

import API
import Collectors
import Datasets
import Synchronization

/// Which files of the spool wait and why, and whether its collector lives: for status, doctor and the sentence of the
/// service.
final class SpoolStanding: Sendable {
  /// Files that status names; a spool full of them has one cause.
  static let shownMax = 100

  /// What doctor is told. Names of files are left out, but for those refused last: they may hold anything.
  struct Facts: Sendable, Equatable {
    var directory: String
    /// Why the spool could not be read.
    var failure: String?
    /// Directories of the spool out of which files cannot be taken, sorted.
    var notWritable: [Blocked] = []
    /// Files that wait for other reasons.
    var waitingCount = 0
    /// When the collector last moved; nil while it has not.
    var activityAt: Timestamp?
    /// Columns of the last file of a dataset that may be misspelt, by dataset.
    var misspelt: [Misspelt] = []
    /// What lies in `failed/`; empty too where it could not be counted in time.
    var failed: [SpoolDirectory.FailedFiles] = []
    /// Those directories of `failed` whose files this office can never take: no dataset that it may fill has the name.
    var closed: Set<String> = []
    /// When a file lay there of which the kernel does not tell whether it is being written to.
    var untoldAt: Timestamp?
  }

  struct Blocked: Sendable, Equatable {
    /// Relative to the spool; empty for the spool itself.
    var directory: String
    /// What the system said, where it is known.
    var words: String
  }

  struct Misspelt: Sendable, Equatable {
    var dataset: DatasetName
    /// As they were written and as they may be meant.
    var words: String
    /// Nothing of the file was kept.
    var isRefused = false
    var at: Timestamp
  }

  private struct Wait {
    let code: SpoolPostponement.Code
    let message: BilingualText
    /// In the way, relative to the spool.
    let directory: String
  }

  private struct State {
    var waiting: [String: Wait] = [:]
    var failure: String?
    var activityAt: Timestamp?
    var untoldAt: Timestamp?
    var misspelt: [DatasetName: Misspelt] = [:]
    /// As they were counted last.
    var failed: [SpoolDirectory.FailedFiles] = []
  }

  /// A share that hangs is told by the collector, which stands still; doctor waits no longer for its files.
  private static let failedLimit: Duration = .seconds(5)

  private let state = Mutex(State())
  private let questions = BlockingQuestions<[SpoolDirectory.FailedFiles]>()

  func note(_ event: SpoolEvent) {
    state.withLock { state in
      switch event {
      case .finished(.done(let result)), .finished(.failed(let result)): state.waiting[result.path] = nil
      case .finished(.postponed(let postponement)):
        state.waiting[postponement.path] = Wait(
          code: postponement.code, message: postponement.message, directory: postponement.directory ?? "")
      case .waitEnded(let path): state.waiting[path] = nil
      case .scanFailed(let failure): state.failure = "\(failure)"
      case .scanRecovered: state.failure = nil
      case .retryScheduled: break
      }
    }
  }

  /// The collector moves.
  func noteActivity(at now: Timestamp) { state.withLock { $0.activityAt = now } }

  func note(_ scan: SpoolScan, at now: Timestamp) {
    state.withLock { state in
      state.activityAt = now
      if scan.untoldCount > 0 { state.untoldAt = now }
    }
  }

  /// Of the file that was taken last; nothing takes back what was said of the one before.
  ///
  /// - Parameters:
  ///   - words: empty when nothing seems misspelt.
  ///   - isRefused: the file was refused as a whole because of them.
  func noteMisspelt(_ words: String, in dataset: DatasetName, isRefused: Bool = false, at now: Timestamp) {
    let misspelt = Misspelt(dataset: dataset, words: words, isRefused: isRefused, at: now)
    state.withLock { $0.misspelt[dataset] = words.isEmpty ? nil : misspelt }
  }

  /// Files alone: a directory that cannot be had waits too, and its path ends in a slash.
  var waitingCount: Int { state.withLock { Self.fileCount($0) } }

  /// The spool or a directory in it cannot be had, so that files may lie there unseen.
  var isHindered: Bool { state.withLock { $0.failure != nil || Self.fileCount($0) < $0.waiting.count } }

  private static func fileCount(_ state: State) -> Int { state.waiting.keys.count { !$0.hasSuffix("/") } }

  /// - Parameter directory: the spool; what lies in its `failed/` is counted now.
  func facts(directory: String) async -> Facts {
    let failed = await questions.answer(to: directory, within: Self.failedLimit) {
      SpoolDirectory(root: directory).failedFiles()
    }
    let state = state.withLock { state in
      // A slow disk says nothing of what was refused: what it said last stands.
      if let failed { state.failed = failed }
      return state
    }
    let blocked = state.waiting.filter { $0.value.code == .notWritable }
    var words: [String: String] = [:]
    for (path, wait) in blocked.sorted(by: { $0.key < $1.key }) {
      // Of a directory the message is the system's; of a file it would name the file.
      if path.hasSuffix("/") {
        words[wait.directory] = wait.message.english
      } else if words[wait.directory] == nil {
        words[wait.directory] = "EACCES"
      }
    }
    return Facts(
      directory: directory, failure: state.failure,
      notWritable: words.sorted { $0.key < $1.key }.map { Blocked(directory: $0.key, words: $0.value) },
      waitingCount: state.waiting.count - blocked.count, activityAt: state.activityAt,
      misspelt: state.misspelt.values.sorted { $0.dataset < $1.dataset },
      failed: state.failed, untoldAt: state.untoldAt)
  }

  /// Nil while nothing waits and the spool can be read.
  func reply(_ language: Language) -> StatusReply.SpoolReply? {
    let state = state.withLock { $0 }
    if state.waiting.isEmpty, state.failure == nil { return nil }
    let waiting = state.waiting.sorted { $0.key < $1.key }
    let files = waiting.filter { !$0.key.hasSuffix("/") }.prefix(Self.shownMax)
    // Directories that cannot be had are no files that wait.
    let directories = waiting.filter { $0.key.hasSuffix("/") }.map { "\($0.key): \($0.value.message(language))" }
    let problems = [state.failure].compactMap(\.self) + directories
    return StatusReply.SpoolReply(
      // People name files, and some after a person's number.
      waiting: files.map {
        StatusReply.SpoolReply.File(
          path: IdentityNumbers.masked($0.key), reason: IdentityNumbers.masked($0.value.message(language)))
      },
      waitingTotal: Self.fileCount(state),
      problem: problems.isEmpty ? nil : IdentityNumbers.masked(problems.joined(separator: "; ")))
  }
}

package import Datasets

/// What became of one file of the spool.
package enum SpoolOutcome: Sendable, Equatable {
  /// Every row was taken; the file is in `done/`.
  case done(SpoolResult)
  /// Rows were refused, or the file could not be read; it is in `failed/` with a table of reasons. Its good
  /// rows were taken.
  case failed(SpoolResult)
  /// The file stays where it is and will be tried again; taking rows twice changes nothing.
  case postponed(SpoolPostponement)
}

/// The counts of a file that was taken.
package struct SpoolResult: Sendable, Equatable {
  /// Where the file was, relative to the spool.
  package var path: String
  /// Where it is now.
  package var movedTo: String
  package var accepted = 0
  package var duplicates = 0
  package var rejected = 0
  /// The word for why the file was refused as a whole, such as `unknown_format`; nil where rows were looked at.
  package var refusal: String?
  /// The same in words.
  package var refusalReason: BilingualText?

  package init(path: String, movedTo: String) {
    self.path = path
    self.movedTo = movedTo
  }
}

/// Why a file waits.
package struct SpoolPostponement: Sendable, Equatable {
  package enum Code: String, Sendable {
    case bufferFull = "buffer_full"
    case unavailable
    /// It was written to while it was read.
    case changed
    /// The daemon may not take it out of its directory, or put it into `done` or `failed`.
    case notWritable = "not_writable"
    /// Reading or moving it failed.
    case fileSystem = "file_system"
  }

  package let path: String
  package let code: Code
  package let message: BilingualText
  /// Of `notWritable`, the directory in the way, relative to the spool; empty for the spool itself.
  package let directory: String?

  package init(path: String, code: Code, message: BilingualText, directory: String? = nil) {
    self.path = path
    self.code = code
    self.message = message
    self.directory = directory
  }
}

/// What the service reports while it runs, for logs and the status page.
package enum SpoolEvent: Sendable, Equatable {
  case finished(SpoolOutcome)
  /// The file of a postponement is tried again after this time.
  case retryScheduled(path: String, after: Duration)
  /// A file that waited is gone, or is being written to again.
  case waitEnded(path: String)
  /// The spool itself could not be read.
  case scanFailed(SpoolFailure)
  /// It can be read again.
  case scanRecovered
}

/// What one look at the spool found.
package struct SpoolScan: Sendable, Equatable {
  /// Files that are no drafts.
  package let fileCount: Int
  /// Those of which the kernel does not say whether somebody writes to them: without CAP_LEASE, or on a file system
  /// without leases.
  package let untoldCount: Int

  init(_ files: [SpoolFile]) {
    fileCount = files.count
    untoldCount = files.count { if case .untold = $0.writers { true } else { false } }
  }
}

extension SpoolEvent {
  /// Of a file that the spool is done with, taken whole or not; nil for everything else.
  package var result: SpoolResult? {
    switch self {
    case .finished(.done(let result)), .finished(.failed(let result)): result
    default: nil
    }
  }
}

package import Datasets

/// How the spool is watched.
package struct SpoolSettings: Sendable, Equatable {
  /// The directory that files are dropped into.
  package var directory: String
  /// Between two scans; the spool is polled, since inotify does not see what other machines write to a
  /// network share. Default 2 s.
  package var scanInterval: Duration
  /// How long a file must have stayed the same, over at least two scans. Default 3 s.
  ///
  /// One that may still be written to, as far as can be told, rests longer (`SpoolScanner`).
  package var settle: Duration
  /// Rows handed over together, 1 to 2,000. Default 2,000.
  package var batchRowsMax: Int
  /// Rows in an error file; the rest is counted. Default 100,000.
  package var errorLinesMax: Int
  /// The first wait after a file could not be taken now; doubles up to `retryDelayMax`. Defaults 5 s and 5
  /// min.
  package var retryDelay: Duration
  package var retryDelayMax: Duration
  /// In which the reasons of error files are written. Default Indonesian.
  package var language: Language
  /// Whether `attlog.dat` files have verify before status.
  package var swapsStatusAndVerify: Bool

  package init(
    directory: String, scanInterval: Duration = .seconds(2), settle: Duration = .seconds(3),
    batchRowsMax: Int = 2_000, errorLinesMax: Int = 100_000, retryDelay: Duration = .seconds(5),
    retryDelayMax: Duration = .seconds(300), language: Language = .indonesian,
    swapsStatusAndVerify: Bool = false
  ) {
    self.directory = directory
    self.scanInterval = scanInterval
    self.settle = settle
    self.batchRowsMax = min(max(1, batchRowsMax), 2_000)
    self.errorLinesMax = max(1, errorLinesMax)
    self.retryDelay = retryDelay
    self.retryDelayMax = retryDelayMax
    self.language = language
    self.swapsStatusAndVerify = swapsStatusAndVerify
  }
}

/// One regular file of the spool, as a scan found it.
package struct SpoolFile: Sendable, Hashable {
  /// Whether some process has a file open for writing.
  package enum Writers: Sendable, Hashable {
    case none
    case some
    /// The kernel does not say. `endsWhole`: with the end of a row, or of a JSON document.
    case untold(endsWhole: Bool)
  }

  /// Relative to the spool, parts joined by `/`.
  package let path: String
  package let sizeBytes: Int64
  package let modifiedNanoseconds: Int64
  package let inode: UInt64
  package let writers: Writers

  package init(
    path: String, sizeBytes: Int64, modifiedNanoseconds: Int64, inode: UInt64, writers: Writers = .none
  ) {
    self.path = path
    self.sizeBytes = sizeBytes
    self.modifiedNanoseconds = modifiedNanoseconds
    self.inode = inode
    self.writers = writers
  }

  /// The last part of the path.
  package var name: String { SpoolAddress.parts(of: path).last ?? path }

  /// Whether the content has not been touched between the two.
  func hasSameContent(as other: SpoolFile) -> Bool {
    inode == other.inode && sizeBytes == other.sizeBytes && modifiedNanoseconds == other.modifiedNanoseconds
  }
}

/// Decides from successive scans which files are whole. A pure value: it looks at no disk and no clock.
package struct SpoolScanner: Sendable {
  private struct Sighting: Sendable {
    let file: SpoolFile
    let since: ContinuousClock.Instant
  }

  /// How long a file must rest that ends in the middle of a row while nobody can tell whether it is being written:
  /// a slow link or a program that thinks between two rows pauses that long.
  private static let doubtfulSettle: Duration = .seconds(60)

  private let settle: Duration
  private var sightings: [String: Sighting] = [:]

  /// - Parameter settle: how long a file must have stayed the same, over at least two scans.
  package init(settle: Duration) { self.settle = settle }

  /// The files of `snapshot` that are whole, oldest first: an older export must not come after a newer one.
  ///
  /// A file stays ready in later scans until it is gone.
  package mutating func observe(_ snapshot: [SpoolFile], at now: ContinuousClock.Instant) -> [SpoolFile] {
    var next: [String: Sighting] = [:]
    var ready: [SpoolFile] = []
    for file in snapshot where !SpoolAddress.isUnfinished(file.name) {
      guard let known = sightings[file.path], known.file.hasSameContent(as: file) else {
        next[file.path] = Sighting(file: file, since: now)
        continue
      }
      next[file.path] = known
      if let wait = wait(for: file), known.since.duration(to: now) >= wait { ready.append(file) }
    }
    sightings = next
    return ready.sorted { ($0.modifiedNanoseconds, $0.path) < ($1.modifiedNanoseconds, $1.path) }
  }

  /// How long the file must have rested; nil while somebody writes to it.
  private func wait(for file: SpoolFile) -> Duration? {
    switch file.writers {
    case .some: nil
    case .none, .untold(endsWhole: true): settle
    case .untold(endsWhole: false): max(settle, Self.doubtfulSettle)
    }
  }
}

/// One regular file of the spool, as a scan found it.
package struct SpoolFile: Sendable, Hashable {
  /// Relative to the spool, parts joined by `/`.
  package let path: String
  package let sizeBytes: Int64
  package let modifiedNanoseconds: Int64
  package let inode: UInt64
  /// Some process has it open for writing, as far as can be told.
  package let isOpenForWriting: Bool

  package init(
    path: String, sizeBytes: Int64, modifiedNanoseconds: Int64, inode: UInt64, isOpenForWriting: Bool = false
  ) {
    self.path = path
    self.sizeBytes = sizeBytes
    self.modifiedNanoseconds = modifiedNanoseconds
    self.inode = inode
    self.isOpenForWriting = isOpenForWriting
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
      if !file.isOpenForWriting, known.since.duration(to: now) >= settle { ready.append(file) }
    }
    sightings = next
    return ready.sorted { ($0.modifiedNanoseconds, $0.path) < ($1.modifiedNanoseconds, $1.path) }
  }
}

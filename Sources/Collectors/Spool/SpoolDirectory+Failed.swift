import Datasets
import Glibc

extension SpoolDirectory {
  /// How many files lie in one directory below `failed/`, their tables of reasons left out.
  package struct FailedFiles: Sendable, Equatable {
    /// A dataset's, with its sources; empty for `failed/` itself, where what was dropped into the spool itself goes.
    package var directory: String
    package var count: Int
    /// There are more names than are looked at.
    package var isAtLeast: Bool
    /// Those that came there last, at most `newestMax`, the last first; relative to the directory.
    package var newest: [String]

    package init(directory: String, count: Int, isAtLeast: Bool = false, newest: [String] = []) {
      self.directory = directory
      self.count = count
      self.isAtLeast = isAtLeast
      self.newest = newest
    }
  }

  /// For whoever looks for the file that was just refused: more names would hide it.
  private static let newestMax = 2

  private struct Tally {
    var count = 0
    var isAtLeast = false
    var newest: [(name: String, at: Int64)] = []

    /// - Parameter at: when it came there, in nanoseconds.
    mutating func add(_ name: String, at: Int64) {
      count += 1
      keep([(name, at)])
    }

    mutating func add(_ inner: Tally, of directory: String) {
      count += inner.count
      isAtLeast = isAtLeast || inner.isAtLeast
      keep(inner.newest.map { ("\(directory)/\($0.name)", $0.at) })
    }

    private mutating func keep(_ files: [(name: String, at: Int64)]) {
      newest = Array((newest + files).sorted { ($1.at, $0.name) < ($0.at, $1.name) }.prefix(newestMax))
    }
  }

  /// What lies in `failed/`, sorted by directory, those without files left out.
  ///
  /// Empty too where it cannot be read: a spool that cannot be read at all says so itself. Looks at up to `filesMax` names of
  /// each directory, one by one: for who asks, not for every scan, and on a thread that may block.
  package func failedFiles() -> [FailedFiles] {
    guard let root = try? openRoot() else { return [] }
    defer { close(root) }
    let failed = openat(root, SpoolAddress.failedDirectory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard failed >= 0 else { return [] }
    defer { close(failed) }
    var found: [FailedFiles] = []
    func add(_ directory: String, _ tally: Tally) {
      if tally.count > 0 {
        found.append(
          FailedFiles(
            directory: directory, count: tally.count, isAtLeast: tally.isAtLeast, newest: tally.newest.map(\.name)))
      }
    }
    let own = tally(of: failed) { name, directory in
      // Any other directory is nobody's, and its name may hold anything.
      if DatasetName(name) != nil {
        add(name, tally(of: directory) { _, source in tally(of: source) { _, _ in Tally() } })
      }
      return Tally()
    }
    add("", own)
    return found.sorted { $0.directory < $1.directory }
  }

  /// The files of a directory, and what `inner` makes of the directories in it. Links are not followed.
  private func tally(
    of directory: Int32, _ inner: (_ name: String, _ directory: Int32) -> Tally
  ) -> Tally {
    let names = (try? names(in: directory)) ?? []
    var tally = Tally(count: 0, isAtLeast: names.count >= filesMax)
    for name in names where !SpoolAddress.isUnfinished(name) && !name.hasSuffix(Self.errorsSuffix) {
      var status = stat()
      guard fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
      switch status.st_mode & S_IFMT {
      // Moving it there changed its inode: what its writer set says nothing of that.
      case S_IFREG: tally.add(name, at: Self.changedNanoseconds(status))
      case S_IFDIR:
        let opened = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard opened >= 0 else { continue }
        defer { close(opened) }
        tally.add(inner(name, opened), of: name)
      default: continue
      }
    }
    return tally
  }

  private static func changedNanoseconds(_ status: stat) -> Int64 {
    Int64(status.st_ctim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_ctim.tv_nsec)
  }
}

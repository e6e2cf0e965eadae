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

    package init(directory: String, count: Int, isAtLeast: Bool = false) {
      self.directory = directory
      self.count = count
      self.isAtLeast = isAtLeast
    }
  }

  private struct Tally {
    var count = 0
    var isAtLeast = false

    static func + (left: Tally, right: Tally) -> Tally {
      Tally(count: left.count + right.count, isAtLeast: left.isAtLeast || right.isAtLeast)
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
        found.append(FailedFiles(directory: directory, count: tally.count, isAtLeast: tally.isAtLeast))
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
      case S_IFREG: tally.count += 1
      case S_IFDIR:
        let opened = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard opened >= 0 else { continue }
        defer { close(opened) }
        tally = tally + inner(name, opened)
      default: continue
      }
    }
    return tally
  }
}

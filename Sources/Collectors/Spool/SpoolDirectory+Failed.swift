package import Datasets
import Glibc

extension SpoolDirectory {
  /// How many files lie in `failed/`, by dataset, their tables of reasons left out.
  ///
  /// Empty where there are none, and where it cannot be read: a spool that cannot be read at all says so itself. Looks
  /// at every file: for who asks, and not for every scan.
  package func failedCounts() -> [DatasetName: Int] {
    guard let root = try? openRoot() else { return [:] }
    defer { close(root) }
    let failed = openat(root, SpoolAddress.failedDirectory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard failed >= 0 else { return [:] }
    defer { close(failed) }
    var counts: [DatasetName: Int] = [:]
    for name in (try? Self.names(in: failed)) ?? [] {
      guard let dataset = DatasetName(name) else { continue }
      let count = Self.fileCount(name, of: failed, depth: 1)
      if count > 0 { counts[dataset] = count }
    }
    return counts
  }

  /// Files of a dataset's directory and of the source directories in it. Links are not followed.
  private static func fileCount(_ name: String, of parent: Int32, depth: Int) -> Int {
    let directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard directory >= 0 else { return 0 }
    defer { close(directory) }
    var count = 0
    for name in (try? names(in: directory)) ?? []
    where !SpoolAddress.isUnfinished(name) && !name.hasSuffix(errorsSuffix) {
      var status = stat()
      guard fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
      switch status.st_mode & S_IFMT {
      case S_IFREG: count += 1
      case S_IFDIR where depth < 2: count += fileCount(name, of: directory, depth: depth + 1)
      default: continue
      }
    }
    return count
  }
}

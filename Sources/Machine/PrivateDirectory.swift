package import Datasets
import Foundation

extension MachineFacts {
  /// What lies in a data directory of Simpul's and in no other.
  private static let ownNames = ["node.key", "centre.key", "fleet.keys", "agent.sqlite", "aggregator.sqlite"]

  /// Makes a directory that only its owner may enter, with its parents; takes an existing one from others.
  ///
  /// - Throws: `OpenDirectory` where others may enter and it may be something else than a data directory: who writes
  ///   `data_dir = "/var/lib"` must not lock everybody else out of it. `DirectoryFailure` where it cannot be had.
  package static func makePrivateDirectory(_ path: String) throws {
    try makeDirectories(path)
    try keepPrivate(path, mends: true)
  }

  /// Asks whether `makePrivateDirectory` would have it, and leaves everything as it was: where something is missing, a
  /// directory of another name is made there and removed again. Whose it is it does not ask: a person may look after the
  /// daemon's (`ServiceUser.obstacle(to:)` asks for that one).
  ///
  /// - Throws: as `makePrivateDirectory`.
  package static func tryPrivateDirectory(_ path: String) throws {
    if let missing = try outermostMissing(path) { return try tryMaking(missing) }
    try keepPrivate(path, mends: false)
    guard access(path, W_OK | X_OK) == 0 else { throw DirectoryFailure(path, errno) }
  }

  /// The first directory on the way down to `path` that is not there; nil where all are.
  private static func outermostMissing(_ path: String) throws(DirectoryFailure) -> String? {
    var status = stat()
    // Not beyond a link: one that leads nowhere is in the way of mkdir(2).
    if lstat(path, &status) == 0 { return nil }
    let code = errno
    let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
    guard [ENOENT, ENOTDIR].contains(code), parent != path else { throw DirectoryFailure(path, code) }
    return try outermostMissing(parent) ?? path
  }

  /// Modes alone do not say it: a disk may be read-only or full, a kernel's file system take none. Never under its own name:
  /// a daemon that starts meanwhile must neither meet this user's directory nor lose its own.
  private static func tryMaking(_ path: String) throws(DirectoryFailure) {
    let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
    var name = Array("\(parent)/.simpul-XXXXXX".utf8CString)
    var code: Int32 = 0
    name.withUnsafeMutableBufferPointer { name in
      guard let start = name.baseAddress else { return }
      if mkdtemp(start) == nil { code = errno } else { rmdir(start) }
    }
    // What cannot hold a directory is the file above it.
    guard code == 0 else { throw DirectoryFailure(code == ENOTDIR ? parent : path, code) }
  }

  /// - Parameter mends: takes it from others.
  private static func keepPrivate(_ path: String, mends: Bool) throws {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw DirectoryFailure(path, errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & 0o077 != 0 else { return }
    let names = try FileManager.default.contentsOfDirectory(atPath: path)
    let isOwn = names.isEmpty || names.contains { ownNames.contains($0) }
    guard isOwn, status.st_mode & 0o1000 == 0 else { throw OpenDirectory(path: path) }
    guard !mends || (status.st_uid == geteuid() && fchmod(descriptor, 0o700) == 0) else {
      throw OpenDirectory(path: path)
    }
  }

  /// mkdir(2) upwards from `path`: it says which directory of the path is in the way, and why.
  private static func makeDirectories(_ path: String) throws(DirectoryFailure) {
    guard mkdir(path, 0o700) != 0, errno != EEXIST else { return }
    let code = errno
    let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
    guard [ENOENT, ENOTDIR].contains(code), parent != path else { throw DirectoryFailure(path, code) }
    try makeDirectories(parent)
    guard mkdir(path, 0o700) != 0, errno != EEXIST else { return }
    let last = errno
    // What cannot hold a directory is the file above it.
    throw DirectoryFailure(last == ENOTDIR ? parent : path, last)
  }
}

/// A data directory that others may enter.
package struct OpenDirectory: DataDirectoryProblem, CustomStringConvertible {
  package let path: String

  package var needsOwner: Bool { true }

  package var text: BilingualText {
    BilingualText(
      id:
        "direktori \(path) terbuka bagi pengguna lain: jalankan chmod 700, atau ganti data_dir dengan direktori sendiri",
      en: "others may enter the directory \(path): run chmod 700 on it, or set data_dir to a directory of its own")
  }

  package var description: String { text.english }
}

package import Datasets
import Foundation

/// Holds a daemon's data directory for this process alone, until it is let go or the process ends (flock(2)).
///
/// Two daemons over one store would each mint an incarnation that the other does not know of.
package final class DirectoryLock: Sendable {
  private let descriptor: Int32

  /// - Throws: `DirectoryInUse` when another process holds it; `DirectoryFailure` when the file system says no.
  package init(_ directory: String) throws {
    descriptor = open(directory + "/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw DirectoryFailure(directory, errno) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      close(descriptor)
      if code == EWOULDBLOCK { throw DirectoryInUse(path: directory) }
      throw DirectoryFailure(directory, code)
    }
  }

  /// Makes the directory if there is none, for its owner alone, and holds it.
  ///
  /// - Throws: `DataDirectoryProblem`.
  package static func claim(_ directory: String) throws -> DirectoryLock {
    try MachineFacts.makePrivateDirectory(directory)
    return try DirectoryLock(directory)
  }

  deinit { close(descriptor) }
}

/// Another daemon runs over the same data.
package struct DirectoryInUse: DataDirectoryProblem, CustomStringConvertible {
  package let path: String

  package var needsOwner: Bool { false }

  package var text: BilingualText {
    BilingualText(
      id: "direktori \(path) dipakai proses lain: hentikan dahulu (systemctl stop), atau ganti data_dir",
      en: "another process uses the directory \(path): stop it first (systemctl stop), or set data_dir to another one")
  }

  package var description: String { text.english }
}

package import Datasets
import Foundation

extension MachineFacts {
  /// What lies in a data directory of Simpul's and in no other.
  private static let ownNames = ["node.key", "centre.key", "fleet.keys", "agent.sqlite", "aggregator.sqlite"]

  /// Makes a directory that only its owner may enter, with its parents; takes an existing one from others.
  ///
  /// - Throws: `OpenDirectory` where others may enter and it may be something else than a data directory: who writes
  ///   `data_dir = "/var/lib"` must not lock everybody else out of it.
  package static func makePrivateDirectory(_ path: String) throws {
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw CocoaError(.fileReadNoPermission, userInfo: [NSFilePathErrorKey: path])
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & 0o077 != 0 else { return }
    let names = try FileManager.default.contentsOfDirectory(atPath: path)
    let isOwn = names.isEmpty || names.contains { ownNames.contains($0) }
    guard isOwn, status.st_uid == geteuid(), status.st_mode & 0o1000 == 0, fchmod(descriptor, 0o700) == 0
    else {
      throw OpenDirectory(path: path)
    }
  }
}

/// A data directory that others may enter.
package struct OpenDirectory: Error, CustomStringConvertible {
  package let path: String

  package var text: BilingualText {
    BilingualText(
      id:
        "direktori \(path) terbuka bagi pengguna lain: jalankan chmod 700, atau ganti data_dir dengan direktori sendiri",
      en: "others may enter the directory \(path): run chmod 700 on it, or set data_dir to a directory of its own")
  }

  package var description: String { text.english }
}

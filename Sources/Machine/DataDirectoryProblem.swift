package import Datasets
import Foundation

/// Why a daemon cannot have its `data_dir`, in words that its owner can act on.
package protocol DataDirectoryProblem: Error {
  var text: BilingualText { get }
  /// Whether it stays until somebody changes something; else it may pass, and systemd should try again.
  var needsOwner: Bool { get }
}

/// A data directory that cannot be made, entered or written to.
package struct DirectoryFailure: DataDirectoryProblem, CustomStringConvertible {
  package let path: String
  private let code: Int32

  /// - Parameter code: `errno` of what failed.
  init(_ path: String, _ code: Int32) {
    self.path = path
    self.code = code
  }

  package var needsOwner: Bool { code == ENOTDIR || isForbidden }

  /// Whether it is so for this user, and may be otherwise for another one.
  package var isForbidden: Bool { code == EACCES || code == EPERM }

  package var text: BilingualText {
    let words = String(cString: strerror(code))
    switch code {
    case ENOTDIR:
      return BilingualText(
        id: "\(path) adalah berkas, bukan direktori: pindahkan berkas itu, atau ganti data_dir",
        en: "\(path) is a file and no directory: move it away, or set data_dir to another path")
    case EACCES, EPERM:
      return BilingualText(
        id: "direktori \(path) tidak boleh dibuat atau dipakai pengguna ini: buat direktori itu milik pengguna "
          + "layanan (chown), atau ganti data_dir",
        en: "this user may not make or use the directory \(path): make it the property of the service's user (chown), "
          + "or set data_dir to another path")
    default:
      return BilingualText(
        id: "direktori \(path) tidak dapat dibuat atau dipakai (\(words)): periksa disknya, atau ganti data_dir",
        en: "the directory \(path) cannot be made or used (\(words)): check the disk, or set data_dir to another path")
    }
  }

  package var description: String { text.english }
}

import Datasets
import Foundation

/// Replaces a file in one step that survives a power cut: afterwards there is the old text or the new one.
enum AtomicFile {
  /// Keeps the file's mode, and its owner where this user may. Of a symbolic link the target is replaced.
  static func replace(_ path: String, with bytes: [UInt8]) throws(SettingsProblem) {
    guard let resolved = realpath(path, nil) else {
      throw failure(path, .init(id: "tidak ditemukan", en: "cannot be found"))
    }
    let target = String(cString: resolved)
    free(resolved)
    var status = stat()
    guard stat(target, &status) == 0 else { throw failure(path, .init(id: "tidak dapat dibaca", en: "cannot be read")) }
    let directory =
      target.lastIndex(of: "/").map { $0 == target.startIndex ? "/" : String(target[..<$0]) } ?? "."
    var template = Array("\(directory)/.simpul-XXXXXX".utf8CString)
    let file = mkstemp(&template)
    guard file >= 0 else {
      throw failure(
        path, .init(id: "tidak ada yang dapat ditulis di sebelahnya", en: "nothing can be written beside it"))
    }
    _ = fcntl(file, F_SETFD, FD_CLOEXEC)
    let temporary = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    do throws(SettingsProblem) {
      defer { close(file) }
      // Of use to root alone; others keep what they create.
      _ = fchown(file, status.st_uid, status.st_gid)
      guard fchmod(file, status.st_mode & 0o7777) == 0 else {
        throw failure(path, .init(id: "hak aksesnya tidak dapat dipertahankan", en: "its mode cannot be kept"))
      }
      try write(bytes, to: file, path)
      // Without this the rename could reach the disk before the text does (rename(2), fsync(2)).
      guard fsync(file) == 0 else { throw failure(path, cannotBeWritten) }
    } catch {
      unlink(temporary)
      throw error
    }
    guard rename(temporary, target) == 0 else {
      let problem = failure(path, .init(id: "tidak dapat diganti", en: "cannot be replaced"))
      unlink(temporary)
      throw problem
    }
    try syncDirectory(directory, path)
  }

  private static func write(_ bytes: [UInt8], to file: CInt, _ path: String) throws(SettingsProblem) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure(path, cannotBeWritten) }
      rest = rest.dropFirst(count)
    }
  }

  /// The name is in the directory: that too must reach the disk.
  private static func syncDirectory(_ directory: String, _ path: String) throws(SettingsProblem) {
    let file = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard file >= 0 else {
      throw failure(path, .init(id: "direktorinya tidak dapat dibuka", en: "its directory cannot be opened"))
    }
    defer { close(file) }
    guard fsync(file) == 0 else {
      throw failure(path, .init(id: "direktorinya tidak dapat ditulis", en: "its directory cannot be written"))
    }
  }

  private static let cannotBeWritten = BilingualText(id: "tidak dapat ditulis", en: "cannot be written")

  /// Right after the call that failed: `errno` is its.
  private static func failure(_ path: String, _ what: BilingualText) -> SettingsProblem {
    SettingsProblem(
      .unwritable, file: path, reason: .system(what, error: errno),
      remedy: .init(
        id: "periksa pemilik dan sisa ruang disk, atau jalankan sebagai pengguna yang boleh menulisnya",
        en: "check its owner and the free space, or run as a user who may write it"))
  }
}

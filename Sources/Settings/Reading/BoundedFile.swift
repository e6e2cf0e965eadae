import Datasets
import Foundation

/// Reads small files from anywhere without trusting their size, kind or encoding.
enum BoundedFile {
  /// - Throws: a problem that says what to do.
  static func text(at path: String, bytesMax: Int = TOMLDocument.bytesMax) throws(SettingsProblem) -> String {
    let bytes = try bytes(at: path, bytesMax: bytesMax) { _ throws(SettingsProblem) in }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw SettingsProblem(
        .syntax, file: path, reason: .init(id: "bukan UTF-8", en: "not UTF-8"),
        remedy: .init(id: "simpan sebagai teks UTF-8", en: "save it as UTF-8 text"))
    }
    return text
  }

  /// - Parameter inspect: judges the open file before anything is read, so that nobody can swap it between.
  static func bytes(
    at path: String, bytesMax: Int, inspect: (stat) throws(SettingsProblem) -> Void
  ) throws(SettingsProblem) -> [UInt8] {
    // Without O_NONBLOCK a FIFO would wait for a writer for ever.
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { throw unreadable(path, errno) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw unreadable(path, errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw SettingsProblem(
        .unreadable, file: path, reason: .init(id: "bukan berkas biasa", en: "not a regular file"),
        remedy: .init(id: "sebutkan sebuah berkas", en: "name a file"))
    }
    try inspect(status)
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = read(file, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw unreadable(path, errno) }
      if count == 0 { return bytes }
      bytes += chunk[..<count]
      guard bytes.count <= bytesMax else {
        let limit = ByteSize(bytes: bytesMax)
        throw SettingsProblem(
          .unreadable, file: path, reason: .init(id: "lebih besar dari \(limit)", en: "larger than \(limit)"))
      }
    }
  }

  /// The names of the TOML files of a directory, sorted; hidden ones left out.
  static func tomlNames(in directory: String) throws(SettingsProblem) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: directory)
        .filter { $0.hasSuffix(".toml") && !$0.hasPrefix(".") }.sorted()
    } catch {
      throw SettingsProblem(
        .unreadable, file: directory, reason: .init(id: "isinya tidak dapat dilihat", en: "cannot be listed"),
        remedy: .init(
          id: "periksa apakah direktori itu ada dan boleh dibaca pengguna ini",
          en: "check that the directory exists and that this user may read it"))
    }
  }

  static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  private static func unreadable(_ path: String, _ error: CInt) -> SettingsProblem {
    let remedy: BilingualText =
      switch error {
      case ENOENT, ENOTDIR:
        .init(id: "periksa jalurnya, atau buat berkas itu", en: "check the path, or create the file")
      case EACCES, EPERM:
        .init(id: "beri pengguna layanan ini hak membacanya", en: "let this service's user read it")
      default: .init(id: "periksa berkas itu dan disknya", en: "check the file and its disk")
      }
    let what = BilingualText(id: "tidak dapat dibaca", en: "cannot be read")
    return SettingsProblem(.unreadable, file: path, reason: .system(what, error: error), remedy: remedy)
  }
}

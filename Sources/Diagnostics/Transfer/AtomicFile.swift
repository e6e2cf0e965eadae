package import Datasets
import Foundation
import Hashing

/// A file that appears under its name only when it is complete and on disk.
///
/// Readable by its owner alone: exports hold personal data.
package struct AtomicFile: ~Copyable {
  private let path: String
  private let temporaryPath: String
  private let descriptor: Int32
  private let replaces: Bool
  private let language: Language

  /// - Parameter replaces: whether it may take the place of a file that is there now.
  /// - Throws: when nothing can be written beside `path`, or a file is there that may not be replaced.
  package init(path: String, replaces: Bool, language: Language) throws(CommandFailure) {
    self.path = path
    self.replaces = replaces
    self.language = language
    // The same directory: rename(2) does not cross file systems.
    let url = URL(fileURLWithPath: path)
    let name = ".\(url.lastPathComponent).\(UInt32.random(in: .min ... .max))"
    temporaryPath = url.deletingLastPathComponent().appendingPathComponent(name).path
    let isTaken = !replaces && FileManager.default.fileExists(atPath: path)
    descriptor = isTaken ? -1 : open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard !isTaken else { throw Self.taken(path, language) }
    guard descriptor >= 0 else { throw Self.failure(path, errno, language) }
  }

  package func write(_ text: String) throws(CommandFailure) { try write(Array(text.utf8)) }

  package func write(_ bytes: [UInt8]) throws(CommandFailure) {
    do { try DescriptorBytes.writeAll(bytes, to: descriptor) } catch {
      throw Self.failure(path, error.number, language)
    }
  }

  /// SHA-256, in hexadecimal, of what was written, read again from the disk as far as that can be had.
  package func hash() throws(CommandFailure) -> String {
    guard fsync(descriptor) == 0 else { throw Self.failure(path, errno, language) }
    // The pages in memory would only say what was written, not what is there (posix_fadvise(2)).
    _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
    let reader = open(temporaryPath, O_RDONLY | O_CLOEXEC)
    guard reader >= 0 else { throw Self.failure(path, errno, language) }
    defer { close(reader) }
    var hash = SHA256()
    do {
      while true {
        let piece = try DescriptorBytes.read(reader, count: 1 << 18)
        if piece.isEmpty { return Hexadecimal.text(of: hash.finish()) }
        hash.update(piece)
      }
    } catch {
      throw Self.failure(path, error.number, language)
    }
  }

  /// Gives the file its name; both are on the disk then.
  package consuming func finish() throws(CommandFailure) {
    guard fsync(descriptor) == 0 else { throw Self.failure(path, errno, language) }
    if replaces {
      guard rename(temporaryPath, path) == 0 else { throw Self.failure(path, errno, language) }
    } else if link(temporaryPath, path) != 0 {
      // Unlike rename(2), link(2) takes no file's place: another may have finished under this name meanwhile.
      let number = errno
      if number == EEXIST { throw Self.taken(path, language) }
      // A file system without hard links, such as a memory stick's.
      guard [EPERM, EOPNOTSUPP, ENOSYS].contains(number) else { throw Self.failure(path, number, language) }
      if FileManager.default.fileExists(atPath: path) { throw Self.taken(path, language) }
      guard rename(temporaryPath, path) == 0 else { throw Self.failure(path, errno, language) }
    }
    let directory = open(
      URL(fileURLWithPath: path).deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { return }
    fsync(directory)
    close(directory)
  }

  deinit {
    if descriptor >= 0 {
      close(descriptor)
      // After `finish` this is at most a second name of the file.
      unlink(temporaryPath)
    }
  }

  private static func taken(_ path: String, _ language: Language) -> CommandFailure {
    CommandFailure(
      .data, language("\(path) sudah ada; beri nama lain atau --replace", "\(path) exists; name another or --replace"))
  }

  private static func failure(_ path: String, _ number: Int32, _ language: Language) -> CommandFailure {
    CommandFailure(
      .problem,
      language(
        "\(path): tidak dapat ditulis; periksa direktori, hak dan ruang disk",
        "\(path): cannot be written; check the directory, its mode and the disk"),
      cause: String(cString: strerror(number)))
  }
}

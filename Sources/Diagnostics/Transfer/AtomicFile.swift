package import Datasets
import Foundation

/// A file that appears under its name only when it is complete and on disk.
///
/// Readable by its owner alone: exports hold personal data.
package struct AtomicFile: ~Copyable {
  private let path: String
  private let temporaryPath: String
  private let descriptor: Int32
  private let language: Language

  /// - Throws: when nothing can be written beside `path`.
  package init(path: String, language: Language) throws(CommandFailure) {
    self.path = path
    self.language = language
    // The same directory: rename(2) does not cross file systems.
    let url = URL(fileURLWithPath: path)
    let name = ".\(url.lastPathComponent).\(UInt32.random(in: .min ... .max))"
    temporaryPath = url.deletingLastPathComponent().appendingPathComponent(name).path
    descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Self.failure(path, errno, language) }
  }

  package func write(_ text: String) throws(CommandFailure) {
    do { try DescriptorBytes.writeAll(Array(text.utf8), to: descriptor) } catch {
      throw Self.failure(path, error.number, language)
    }
  }

  /// Gives the file its name.
  package consuming func finish() throws(CommandFailure) {
    guard fsync(descriptor) == 0, rename(temporaryPath, path) == 0 else {
      throw Self.failure(path, errno, language)
    }
  }

  deinit {
    if descriptor >= 0 {
      close(descriptor)
      // After `finish` there is nothing of that name any more.
      unlink(temporaryPath)
    }
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

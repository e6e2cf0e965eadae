import Datasets
import Foundation

/// A file, or standard input (`-`), read in order.
///
/// Reads block: the program has nothing else to do while it waits for bytes.
struct InputFile: ~Copyable {
  private let descriptor: Int32
  private let path: String
  private let language: Language
  /// Nil where the end is not known beforehand.
  let byteCount: UInt64?

  init(path: String, language: Language) throws(CommandFailure) {
    self.path = path
    self.language = language
    let opened = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    var facts = stat()
    let isKnown = opened >= 0 && fstat(opened, &facts) == 0
    let number = errno
    byteCount = isKnown && facts.st_mode & S_IFMT == S_IFREG ? UInt64(clamping: facts.st_size) : nil
    descriptor = opened
    guard isKnown else { throw Self.failure(path, number, language) }
  }

  /// Up to `count` bytes, nil at the end.
  func next(_ count: Int) throws(CommandFailure) -> [UInt8]? {
    do {
      let bytes = try DescriptorBytes.read(descriptor, count: count)
      return bytes.isEmpty ? nil : bytes
    } catch {
      throw Self.failure(path, error.number, language)
    }
  }

  deinit { if descriptor > STDERR_FILENO { close(descriptor) } }

  private static func failure(_ path: String, _ number: Int32, _ language: Language) -> CommandFailure {
    CommandFailure(
      .data,
      language(
        "\(path): tidak dapat dibaca; periksa nama dan haknya",
        "\(path): cannot be read; check its name and mode"), cause: String(cString: strerror(number)))
  }
}

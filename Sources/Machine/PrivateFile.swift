import Foundation

/// Small files that only their owner may read, replaced as a whole and durably.
package enum PrivateFile {
  /// Writes `bytes` beside `path`, brings them to the disk and puts them in its place (rename(2), fsync(2)).
  package static func replace(_ path: String, with bytes: [UInt8]) throws {
    let url = URL(fileURLWithPath: path)
    let temporary = path + ".new"
    let descriptor = open(temporary, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path]) }
    defer { close(descriptor) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw CocoaError(.fileWriteOutOfSpace, userInfo: [NSFilePathErrorKey: path]) }
      rest.removeFirst(written)
    }
    guard fsync(descriptor) == 0, rename(temporary, path) == 0 else {
      throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path])
    }
    let directory = open(url.deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { return }
    fsync(directory)
    close(directory)
  }

  /// The bytes of a file of at most `bytesMax`; nil when there is none.
  package static func read(_ path: String, bytesMax: Int = 1 << 20) throws -> [UInt8]? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    guard data.count <= bytesMax else {
      throw CocoaError(.fileReadTooLarge, userInfo: [NSFilePathErrorKey: path])
    }
    return Array(data)
  }
}

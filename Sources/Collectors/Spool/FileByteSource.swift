import Glibc

/// A regular file, read in chunks of 256 KiB.
package final class FileByteSource: ByteSource {
  package static let chunkBytes = 256 * 1024

  private let descriptor: Int32
  private let path: String

  /// Opens the file at `path`, which may not be a symbolic link.
  package convenience init(path: String) throws(SpoolFailure) {
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw SpoolFailure("open", path) }
    try self.init(descriptor: descriptor, path: path)
  }

  /// Takes the descriptor over and closes it in the end.
  init(descriptor: Int32, path: String) throws(SpoolFailure) {
    self.descriptor = descriptor
    self.path = path
    guard try status().st_mode & S_IFMT == S_IFREG else { throw SpoolFailure("open", path, code: EINVAL) }
  }

  deinit { close(descriptor) }

  package func next() throws(SpoolFailure) -> [UInt8]? {
    var count = 0
    let chunk = [UInt8](unsafeUninitializedCapacity: Self.chunkBytes) { buffer, initializedCount in
      repeat { count = read(descriptor, buffer.baseAddress, buffer.count) } while count < 0 && errno == EINTR
      initializedCount = max(0, count)
    }
    guard count >= 0 else { throw SpoolFailure("read", path) }
    return chunk.isEmpty ? nil : chunk
  }

  /// Whether it is still the content that a scan saw.
  func hasContent(of file: SpoolFile) throws(SpoolFailure) -> Bool {
    let status = try status()
    let modified = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
    return UInt64(status.st_ino) == file.inode && Int64(status.st_size) == file.sizeBytes
      && modified == file.modifiedNanoseconds
  }

  private func status() throws(SpoolFailure) -> stat {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw SpoolFailure("stat", path) }
    return status
  }
}

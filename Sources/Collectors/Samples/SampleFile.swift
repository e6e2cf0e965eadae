package import Datasets
import Glibc

extension ByteSource {
  /// Writes everything to a new file, or over an old one.
  ///
  /// - Throws: `SpoolFailure` when the file cannot be written, and what the source throws.
  package mutating func write(to path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw SpoolFailure("create", path) }
    defer { close(descriptor) }
    while let chunk = try next() {
      var offset = 0
      while offset < chunk.count {
        let written = chunk.withUnsafeBytes {
          Glibc.write(descriptor, $0.baseAddress?.advanced(by: offset), $0.count - offset)
        }
        guard written >= 0 || errno == EINTR else { throw SpoolFailure("write", path) }
        offset += max(0, written)
      }
    }
  }
}

/// A village that sample residents live in, with the names that files use.
package struct SampleRegion: Sendable, Equatable {
  package let code: RegionCode
  package let name: String
  package let districtName: String

  package init(code: RegionCode, name: String, districtName: String) {
    self.code = code
    self.name = name
    self.districtName = districtName
  }
}

import Glibc

/// Standard error as a place for whole lines.
enum StandardError {
  /// Writes `line` with as few calls as possible; a line up to `PIPE_BUF` bytes is not torn by other writers.
  ///
  /// What cannot be written is dropped: there is nowhere left to report it.
  static func write(_ line: String) {
    let bytes = Array(line.utf8)
    bytes.withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        let chunk = UnsafeRawBufferPointer(rebasing: rest)
        let written = Glibc.write(STDERR_FILENO, chunk.baseAddress, chunk.count)
        if written > 0 {
          rest = rest.dropFirst(written)
        } else if written == 0 || errno != EINTR {
          return
        }
      }
    }
  }
}

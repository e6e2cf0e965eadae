import Datasets
import Foundation

extension Console {
  /// The console of this process.
  package static var process: Console {
    Console(
      environment: ProcessInfo.processInfo.environment,
      outputIsTerminal: isatty(STDOUT_FILENO) == 1, errorIsTerminal: isatty(STDERR_FILENO) == 1,
      now: { Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down))) },
      write: { stream, bytes in
        try DescriptorWriting.writeAll(bytes, to: stream == .output ? STDOUT_FILENO : STDERR_FILENO)
      })
  }
}

/// Plain write(2) in full: nothing is buffered, so nothing is lost when the program ends.
enum DescriptorWriting {
  static func writeAll(_ bytes: [UInt8], to descriptor: Int32) throws(CommandFailure) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if written >= 0 {
        rest = rest.dropFirst(written)
      } else if errno != EINTR {
        throw .output(errno)
      }
    }
  }
}

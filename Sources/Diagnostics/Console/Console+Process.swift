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
        do throws(DescriptorBytes.Failure) {
          try DescriptorBytes.writeAll(bytes, to: stream == .output ? STDOUT_FILENO : STDERR_FILENO)
        } catch {
          throw CommandFailure.output(error.number)
        }
      })
  }
}

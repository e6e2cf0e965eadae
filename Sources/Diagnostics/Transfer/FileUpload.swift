import Datasets
import Synchronization

/// A file as the body of one request, read as fast as the daemon takes it.
///
/// As one, because what a row means depends on the rows before it: two rows alike are two people, in one file.
final class FileUpload: Sendable {
  private static let pieceBytes = 256 * 1024

  private let input: Mutex<InputFile>
  /// Told how far it is whenever a piece is read.
  private let report: @Sendable (ImportProgress) throws -> Void
  private let standing: Mutex<ImportProgress>

  /// - Throws: `CommandFailure` for a file that cannot be read.
  init(
    path: String, language: Language, report: @escaping @Sendable (ImportProgress) throws -> Void
  ) throws(CommandFailure) {
    let input = try InputFile(path: path, language: language)
    standing = Mutex(ImportProgress(bytesTotal: input.byteCount))
    self.input = Mutex(input)
    self.report = report
  }

  var progress: ImportProgress { standing.withLock { $0 } }

  /// The next piece; nil at the end.
  ///
  /// - Throws: `CommandFailure` for a file that cannot be read any further; what `report` throws.
  func next() throws -> [UInt8]? {
    guard let bytes = try input.withLock({ try $0.next(Self.pieceBytes) }) else { return nil }
    let progress = standing.withLock { standing in
      standing.bytesDone += UInt64(bytes.count)
      standing.rows += bytes.count { $0 == 10 }
      return standing
    }
    try report(progress)
    return Array(bytes)
  }
}

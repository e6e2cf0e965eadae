import Datasets
import Glibc

/// The table of refused rows that is put beside a file in `failed/`: line, field and reason, headed in the
/// office's language.
///
/// Written as it grows, so that a file with nothing but errors needs no memory. It appears under its name
/// only when it is whole.
final class SpoolErrorFile {
  private let directory: SpoolDirectory
  private let path: String
  private let language: Language
  private let linesMax: Int
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  /// Rows refused, also those that found no place in the file.
  private(set) var count = 0

  init(_ directory: SpoolDirectory, path: String, language: Language, linesMax: Int) throws(SpoolFailure) {
    self.directory = directory
    self.path = path
    self.language = language
    self.linesMax = linesMax
    descriptor = try directory.create(path)
    let heading = BilingualText(id: "baris,kolom,alasan", en: "line,field,reason")
    buffer += Array("\(heading(language))\r\n".utf8)
  }

  deinit { close(descriptor) }

  /// - Parameter heading: what the file itself calls the field; nil where it says nothing.
  func append(_ row: RejectedRow, heading: String? = nil) throws(SpoolFailure) {
    count += 1
    guard count <= linesMax else { return }
    add([
      String(row.line), Self.column(row.problem.field, heading), IdentityNumbers.masked(row.problem.reason(language)),
    ])
    if buffer.count >= 64 * 1024 { try flush() }
  }

  /// Whoever mends the file looks for its own heading: `Tgl Lahir (tanggal_lahir)`.
  private static func column(_ field: String?, _ heading: String?) -> String {
    guard let field, let heading, !heading.isEmpty, heading.lowercased() != field else { return field ?? "" }
    return "\(IdentityNumbers.masked(heading)) (\(field))"
  }

  /// Brings everything to the disk under the name `target`.
  func finish(as target: String) throws(SpoolFailure) {
    if count > linesMax {
      let note = BilingualText(
        id:
          "Masih ada \(count - linesMax) baris lain yang ditolak; perbaiki yang di atas dahulu, lalu "
          + "kirim ulang.",
        en: "\(count - linesMax) more rows were refused; mend those above first and send the file again.")
      add(["", "", note(language)])
    }
    try flush()
    guard fsync(descriptor) == 0 else { throw SpoolFailure("fsync", path) }
    try directory.move(path, to: target)
  }

  func discard() { directory.remove(path) }

  /// RFC 4180. A cell that a spreadsheet would take for a formula gets an apostrophe: the headings of a file
  /// are anybody's text.
  private func add(_ cells: [String]) {
    let quoted = cells.map { cell in
      let isFormula = cell.utf8.first.map { "=+-@".utf8.contains($0) } ?? false
      let safe = (isFormula ? "'" : "") + cell
      guard safe.utf8.contains(where: { $0 == 0x22 || $0 == 0x2C || $0 < 0x20 }) else { return safe }
      return "\"" + safe.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
        + "\""
    }
    buffer += Array((quoted.joined(separator: ",") + "\r\n").utf8)
  }

  private func flush() throws(SpoolFailure) {
    var offset = 0
    while offset < buffer.count {
      let written = buffer.withUnsafeBytes {
        write(descriptor, $0.baseAddress?.advanced(by: offset), $0.count - offset)
      }
      if written < 0 {
        if errno == EINTR { continue }
        throw SpoolFailure("write", path)
      }
      offset += written
    }
    buffer.removeAll(keepingCapacity: true)
  }
}

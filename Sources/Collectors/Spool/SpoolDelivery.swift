package import Datasets
import Failpoints

/// One file on its way: the batch that is being filled, the counts, and the table of what was refused.
struct SpoolDelivery {
  /// A batch's rows may hold this many bytes together, so that memory stays bounded with the largest rows
  /// too.
  private static let batchBytesMax = 4 * 1024 * 1024

  let file: SpoolFile
  private let settings: SpoolSettings
  private let directory: SpoolDirectory
  private var batch: [IntakeRow] = []
  private var batchBytes = 0
  /// Found by the parser since the last batch: joined with the intake's, so that the table is in the order of
  /// lines.
  private var problems: [RejectedRow] = []
  private var errors: SpoolErrorFile?
  private var rowCount = 0
  private var accepted = 0
  private var duplicates = 0
  private var refusal: FieldProblem?
  /// Whether a batch of this file went to the intake.
  private(set) var hasSent = false

  init(file: SpoolFile, settings: SpoolSettings, directory: SpoolDirectory) {
    self.file = file
    self.settings = settings
    self.directory = directory
  }

  var isBatchFull: Bool {
    batch.count >= settings.batchRowsMax || batchBytes >= Self.batchBytesMax
      || problems.count >= settings.batchRowsMax
  }

  mutating func add(_ row: ParsedRow) throws(SpoolFailure) {
    if case .problem(let first) = row, rowCount == 0, first.problem.refusesTable { refusal = first.problem }
    rowCount += 1
    switch row {
    case .row(let row):
      batch.append(row)
      batchBytes += row.fields.reduce(64) { $0 + $1.name.utf8.count + $1.value.byteCount + 48 }
    case .problem(let problem): problems.append(problem)
    }
  }

  mutating func takeBatch() -> [IntakeRow] {
    defer {
      hasSent = hasSent || !batch.isEmpty
      batch = []
      batchBytes = 0
    }
    return batch
  }

  /// - Parameter heading: what the file itself calls a field.
  mutating func settle(
    _ outcome: IntakeOutcome, heading: (String) -> String? = { _ in nil }
  ) throws(SpoolFailure) {
    accepted += outcome.accepted
    duplicates += outcome.duplicates
    let refused = (problems + outcome.rejected).sorted { $0.line < $1.line }
    problems = []
    for row in refused { try write(row, heading: row.problem.field.flatMap(heading)) }
  }

  /// Refuses the file as a whole.
  mutating func reject(_ problem: FieldProblem) throws(SpoolFailure) {
    refusal = problem
    try write(RejectedRow(line: 1, problem: problem))
  }

  /// The directory, relative to the spool, because of which the file cannot be moved where it belongs after its rows
  /// were taken; nil when it can be.
  ///
  /// Asked before: else the whole file would be taken in again at every try.
  var obstacle: String? {
    let places = [
      file.path, SpoolAddress.doneDirectory + "/" + file.path, SpoolAddress.failedDirectory + "/" + file.path,
    ]
    return places.lazy.compactMap { directory.obstacle(parentOf: $0) }.first
  }

  /// Moves the file to where it belongs.
  ///
  /// - Parameter source: the file as it was read, still open: so its inode is nobody else's. A writer that came back
  ///   meanwhile, or another file that took its name, makes what was moved return to its place.
  mutating func finish(_ source: FileByteSource?) throws(SpoolFailure) -> SpoolOutcome {
    if rowCount == 0, errors == nil { try reject(.emptyFile) }
    let folder = errors == nil ? SpoolAddress.doneDirectory : SpoolAddress.failedDirectory
    let target = freePath(folder + "/" + file.path)
    try directory.makeParent(of: target)
    var result = SpoolResult(path: file.path, movedTo: target)
    result.accepted = accepted
    result.duplicates = duplicates
    result.rejected = errors?.count ?? 0
    result.refusal = refusal?.code
    result.refusalReason = refusal?.reason
    // The table first: a file in failed/ without its reasons would help nobody.
    try errors?.finish(as: target + SpoolDirectory.errorsSuffix)
    Failpoint.fileRecorded.pass()
    try directory.move(file.path, to: target)
    Failpoint.fileMoved.pass()
    if source != nil, try !directory.hasContent(target, of: file) {
      try directory.move(target, to: freePath(file.path))
      if errors != nil { directory.remove(target + SpoolDirectory.errorsSuffix) }
      return .postponed(postponement(.changed, .fileChanged))
    }
    return errors == nil ? .done(result) : .failed(result)
  }

  mutating func abandon() {
    errors?.discard()
    errors = nil
  }

  func postponement(
    _ code: SpoolPostponement.Code, _ message: BilingualText, directory: String? = nil
  ) -> SpoolPostponement {
    let isChanged = message == .fileChanged
    return SpoolPostponement(
      path: file.path, code: isChanged ? .changed : code, message: message, directory: directory)
  }

  private mutating func write(_ row: RejectedRow, heading: String? = nil) throws(SpoolFailure) {
    if errors == nil {
      // A hidden name in its final directory; left over by a crash, it is emptied the next time.
      let path = hiddenPath
      try directory.makeParent(of: path)
      errors = try SpoolErrorFile(
        directory, path: path, language: settings.language, linesMax: settings.errorLinesMax)
    }
    try errors?.append(row, heading: heading)
  }

  private var hiddenPath: String {
    var parts = SpoolAddress.parts(of: SpoolAddress.failedDirectory + "/" + file.path)
    parts.append("." + parts.removeLast() + ".errors.part")
    return parts.joined(separator: "/")
  }

  /// `path`, with a number before the extension when something is there already.
  private func freePath(_ path: String) -> String {
    let name = file.name
    guard directory.exists(path) else { return path }
    let mark = name.lastIndex(of: ".").flatMap { $0 == name.startIndex ? nil : $0 } ?? name.endIndex
    let parent = String(decoding: path.utf8.dropLast(name.utf8.count), as: UTF8.self)
    for number in 2...1_000_000 {
      let candidate = "\(parent)\(name[..<mark])-\(number)\(name[mark...])"
      if !directory.exists(candidate) { return candidate }
    }
    return path
  }
}

extension RawValue {
  /// Roughly the memory that the value takes.
  fileprivate var byteCount: Int {
    switch self {
    case .null, .boolean, .object: 1
    case .number(let text), .text(let text): text.utf8.count
    case .list(let elements): elements.reduce(16) { $0 + $1.byteCount + 24 }
    }
  }
}

extension FieldProblem {
  static let noDataset = unreadable(
    "unknown_dataset",
    id:
      "Tidak jelas data apa ini. Taruh berkas di folder bernama datanya (misalnya population), atau awali "
      + "namanya: population-….csv.",
    en:
      "It is not clear what data this is. Put the file in a folder named after the dataset "
      + "(such as population), or begin its name so: population-….csv.")

  static let unknownFormat = unreadable(
    "unknown_format",
    id:
      "Jenis berkas tidak dikenal. Simpan sebagai CSV (Excel: Simpan Sebagai > CSV UTF-8), NDJSON atau JSON.",
    en: "The kind of file is not known. Save it as CSV (in Excel: Save As > CSV UTF-8), NDJSON or JSON.")

  package static let emptyFile = unreadable(
    "empty_file", id: "Tidak ada satu baris data pun di berkas ini. Periksa lalu kirim ulang.",
    en: "There is no row of data in this file. Check it and send it again.")
}

extension BilingualText {
  static let fileChanged = BilingualText(
    id: "Berkas berubah saat dibaca; dibaca lagi setelah selesai ditulis.",
    en: "The file changed while it was read; it is read again when its writer is done.")

  /// - Parameter path: of the directory that cannot be written to, or of a file in it.
  static func notWritable(_ folder: String) -> BilingualText {
    let name = folder.isEmpty ? "spool" : folder
    return BilingualText(
      id:
        "Folder \(name) tidak dapat ditulisi agen (dibuat pengguna lain), jadi berkasnya belum diambil. "
        + "Beri grupnya izin menulis (chmod g+w), atau hapus foldernya: agen membuatnya kembali.",
      en:
        "The agent may not write to the folder \(name) (another user made it), so the file was not taken. "
        + "Let its group write (chmod g+w), or remove the folder: the agent makes it again.")
  }

  static let intakeFailed = BilingualText(
    id: "Data belum dapat disimpan; dicoba lagi. Lihat log layanan ini.",
    en: "The rows could not be stored now; it is tried again. See this service's log.")
}

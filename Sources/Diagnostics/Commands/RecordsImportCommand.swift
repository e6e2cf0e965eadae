import API
import ArgumentParser
import Datasets

struct RecordsImportCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Read a CSV or NDJSON file into a dataset.",
    discussion: """
      Columns are found by their headings. Rows that are there already change
      nothing, so an import that was cut off can simply be run again. Rows that are
      refused are listed with line, field and reason; the others are stored all the
      same, and the command ends with 65. --source names where the file is from: a
      value that did not change since the last import from there does not overwrite
      what the offices edited.

      Examples:
        simpulctl records import population penduduk.csv --source dukcapil
        simpulctl records import attendance - --format ndjson < punches.ndjson
      """)

  /// A piece is thousands of rows, and a small box may be busy.
  static let timeoutDefault = Duration.seconds(300)

  private static let chunkBytes = 256 * 1024

  @OptionGroup var options: GlobalOptions

  @Argument(help: "The dataset.")
  var dataset: String

  @Argument(help: "The file; - for standard input.")
  var file: String

  @Option(help: "csv or ndjson (default: by the file's extension).")
  var format: RowFormat?

  @Option(help: "Where the data is from.")
  var source: String?

  func validate() throws {
    guard format != nil || RowFormat(fileName: file) != nil else {
      throw ValidationError(
        "The name '\(file)' does not say the format; give --format csv or --format ndjson.")
    }
  }

  func run(in session: Session) async throws {
    guard let format = format ?? RowFormat(fileName: file) else { return }
    let client = try session.client()
    let input = try InputFile(path: file, language: session.language)
    var cutter = PieceCutter(format: format)
    var run = ImportRun(
      dataset: dataset, source: source, format: format, client: client, session: session,
      bytesTotal: input.byteCount)
    do {
      while let chunk = try input.next(Self.chunkBytes) {
        for piece in try cutter.push(chunk) { try await run.send(piece) }
      }
      if let piece = try cutter.finish() { try await run.send(piece) }
    } catch {
      try run.clearProgress()
      throw failure(error, run.summary, session.language)
    }
    try run.clearProgress()
    try report(run.summary, session)
  }

  private func report(_ summary: ImportSummary, _ session: Session) throws {
    if session.isJSON {
      try session.print(json: summary.reply)
    } else {
      try session.print(summary.counts(session.language))
      if !summary.rejected.isEmpty {
        try session.print(line: "")
        try session.print(summary.rows(session.language))
      }
    }
    guard summary.rejectedTotal > 0 else { return }
    let count = session.quantity.count(summary.rejectedTotal)
    let line = summary.rejected.first.map { ":\($0.line)" } ?? ""
    throw CommandFailure(
      .data,
      session.language(
        "\(file)\(line): \(count) baris ditolak; perbaiki dan impor berkasnya lagi",
        "\(file)\(line): \(count) rows were rejected; mend them and import the file again"))
  }

  /// An import that ended early: why, and how far it came.
  private func failure(_ error: any Error, _ summary: ImportSummary, _ language: Language) -> any Error {
    if let problem = error as? PieceCutter.Problem {
      return CommandFailure(.data, "\(file):\(problem.text(language))")
    }
    guard let failure = error as? CommandFailure, summary.lastLine > 0 else { return error }
    return CommandFailure(
      failure.code,
      language(
        "\(failure.message); baris 1-\(summary.lastLine) dari \(file) sudah tersimpan, impor boleh diulang",
        "\(failure.message); lines 1-\(summary.lastLine) of \(file) are stored, the import may be run again"),
      cause: failure.cause)
  }
}

extension RowFormat: ExpressibleByArgument {}

/// Sends pieces one after another and keeps count.
private struct ImportRun {
  private(set) var summary = ImportSummary()
  private let dataset: String
  private let source: String?
  private let format: RowFormat
  private let client: APIClient
  private let session: Session
  private var progress: ImportProgress
  private let start = ContinuousClock.now

  init(
    dataset: String, source: String?, format: RowFormat, client: APIClient, session: Session,
    bytesTotal: UInt64?
  ) {
    self.dataset = dataset
    self.source = source
    self.format = format
    self.client = client
    self.session = session
    progress = ImportProgress(bytesTotal: bytesTotal)
  }

  mutating func send(_ piece: PieceCutter.Piece) async throws {
    let body = APIRequest.Body(contentType: format.contentType, bytes: piece.body)
    let reply = try await client.intake(.intake(dataset, body, source: source)).reply
    summary.add(reply, for: piece)
    progress.bytesDone += UInt64(clamping: piece.fileByteCount)
    progress.rows = summary.accepted + summary.rejectedTotal
    guard session.console.errorIsTerminal else { return }
    let line = progress.line(elapsed: ContinuousClock.now - start, language: session.language)
    try session.console.write("\r\u{1B}[K\(line)", to: .error)
  }

  func clearProgress() throws {
    if session.console.errorIsTerminal, progress.bytesDone > 0 {
      try session.console.write("\r\u{1B}[K", to: .error)
    }
  }
}

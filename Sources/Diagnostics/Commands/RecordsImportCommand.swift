import API
import ArgumentParser
import Collectors
import Datasets
import Foundation

struct RecordsImportCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Read a CSV or NDJSON file into a dataset, or see what that would do.",
    discussion: """
      Columns are found by their headings. Rows that are there already change
      nothing, so an import that was cut off can simply be run again. Rows that are
      refused are listed with line, field and reason; the others are stored all the
      same, and the command ends with 65. --source names where the file is from: a
      value that did not change since the last import from there does not overwrite
      what the offices edited. Name it after what it is, not after the month. Rows of
      an export, with its columns id and version, are edits of those records.

      --dry-run takes the same way and stores nothing: it counts and lists what would
      be new, changed (with the value now and the file's), held for a person, refused,
      or perhaps somebody else. Identifiers are masked unless --reason is given.

      Examples:
        simpulctl records import population penduduk.csv --source dukcapil --dry-run
        simpulctl records import population penduduk.csv --source dukcapil
        simpulctl records import attendance - --format ndjson < punches.ndjson
      """)

  /// From the file's end to the answer: the last rows are stored then, and a small box may be busy.
  static let timeoutDefault = Duration.seconds(300)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "The dataset.")
  var dataset: String

  @Argument(help: "The file; - for standard input.")
  var file: String

  @Option(help: "csv or ndjson (default: by the file's extension).")
  var format: RowFormat?

  @Option(help: "Where the data is from.")
  var source: String?

  @Flag(help: "Store nothing; show what would become of the rows.")
  var dryRun = false

  func validate() throws {
    guard format != nil || RowFormat(fileName: file) != nil else {
      throw ValidationError(
        id: "Nama '\(file)' tidak menyebut formatnya; beri --format csv atau --format ndjson.",
        en: "The name '\(file)' does not say the format; give --format csv or --format ndjson.")
    }
  }

  func run(in session: Session) async throws {
    guard let format = format ?? RowFormat(fileName: file) else { return }
    let client = try session.client()
    let upload = try FileUpload(path: file, language: session.language, report: progress(session))
    let request = APIRequest.intake(dataset, nil, source: source, isDryRun: dryRun)
    let reply: IntakeReply
    let body: Data
    do {
      let answer = try await client.answer(to: request, uploading: upload, contentType: format.contentType)
      (reply, body) = try client.intakeReply(of: answer, to: request)
    } catch {
      try clearProgress(upload, session)
      throw failure(error, upload, session.language)
    }
    try clearProgress(upload, session)
    if session.isJSON { try session.print(json: body) } else { try print(reply, session) }
    if reply.rejectedTotal > 0 { throw rejection(reply, session) }
    guard reply.accepted == 0 else { return }
    throw CommandFailure(.data, "\(file): \(FieldProblem.emptyFile.reason(session.language))")
  }

  // MARK: Progress

  private func progress(_ session: Session) -> @Sendable (ImportProgress) throws -> Void {
    guard session.console.errorIsTerminal else { return { _ in } }
    let start = ContinuousClock.now
    return { progress in
      let line = progress.line(elapsed: ContinuousClock.now - start, language: session.language)
      try session.console.write("\r\u{1B}[K\(line)", to: .error)
    }
  }

  private func clearProgress(_ upload: FileUpload, _ session: Session) throws {
    if session.console.errorIsTerminal, upload.progress.bytesDone > 0 {
      try session.console.write("\r\u{1B}[K", to: .error)
    }
  }

  // MARK: Results

  private func print(_ reply: IntakeReply, _ session: Session) throws {
    let view = ImportView(reply, language: session.language)
    if dryRun {
      try session.print(
        line: session.language("Uji coba: tidak ada yang disimpan.", "Dry run: nothing is stored."), style: .heading)
    }
    try session.print(view.counts)
    for table in [view.rows, view.rejected, view.warnings, view.unknownFields] {
      guard let table else { continue }
      try session.print(line: "")
      try session.print(table)
    }
    if let remainder = view.remainder { try session.note(remainder) }
  }

  private func rejection(_ reply: IntakeReply, _ session: Session) -> CommandFailure {
    // The daemon counts what waits for a person among the rejected, and there is nothing to mend in it.
    let held = reply.held ?? 0
    let rejected = max(0, reply.rejectedTotal - held)
    let first = reply.rejected.first { rejected == 0 || $0.code != Self.heldCode }
    let place = file + (first.map { ":\($0.line)" } ?? "")
    let clauses = [
      rejected == 0
        ? nil
        : isOfHeadings(reply)
          ? headingsClause(session.quantity.count(rejected)) : rejectedClause(session.quantity.count(rejected)),
      held > 0 ? heldClause(session.quantity.count(held)) : nil,
    ].compactMap { $0.map { $0(session.language) } }
    return CommandFailure(.data, "\(place): \(clauses.joined(separator: "; "))")
  }

  /// Headings are told once, and no row was looked at.
  private func isOfHeadings(_ reply: IntakeReply) -> Bool {
    reply.accepted == 0 && reply.rejected.count == 1
      && ["misspelt_column", "missing_column", "duplicate_column", "unknown_column", "unknown_header"].contains(
        reply.rejected.first?.code)
  }

  private func headingsClause(_ count: String) -> BilingualText {
    BilingualText(
      id: "seluruh berkas ditolak karena judul kolomnya (\(count) baris): perbaiki baris judul, lalu impor lagi",
      en: "the whole file is refused for its headings (rows: \(count)): mend the line of headings and import it again")
  }

  /// `code` of a rejected value that waits for a person.
  private static let heldCode = "held"

  private func rejectedClause(_ count: String) -> BilingualText {
    dryRun
      ? BilingualText(
        id: "\(count) baris akan ditolak: perbaiki, lalu coba atau impor berkasnya",
        en: "\(count) rows would be rejected: mend them, then try or import the file")
      : BilingualText(
        id: "\(count) baris ditolak: perbaiki dan impor berkasnya lagi",
        en: "\(count) rows were rejected: mend them and import the file again")
  }

  private func heldClause(_ count: String) -> BilingualText {
    dryRun
      ? BilingualText(
        id: "\(count) isian akan ditahan: sesudah impor, putuskan dengan simpulctl quarantine list",
        en: "\(count) values would be held: after the import decide them, simpulctl quarantine list")
      : BilingualText(
        id: "\(count) isian ditahan: putuskan dengan simpulctl quarantine list",
        en: "\(count) values are held: decide them, simpulctl quarantine list")
  }

  /// An import that ended early: why, and what that means.
  private func failure(_ error: any Error, _ upload: FileUpload, _ language: Language) -> any Error {
    guard !dryRun, let failure = error as? CommandFailure, upload.progress.bytesDone > 0 else { return error }
    return CommandFailure(
      failure.code,
      language(
        "\(CommandFailure.clause(failure.message)); \(file) boleh diimpor ulang, yang sudah tersimpan tidak digandakan",
        "\(CommandFailure.clause(failure.message)); \(file) may be imported again, what was stored is not doubled"),
      cause: failure.cause)
  }
}

extension RowFormat: ExpressibleByArgument {}

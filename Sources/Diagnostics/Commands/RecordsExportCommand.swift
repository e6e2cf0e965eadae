import API
import ArgumentParser
import Datasets
import Foundation
import Replication

struct RecordsExportCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write the records of a dataset as CSV or NDJSON.",
    discussion: """
      Pages through all records that match, in bounded memory. With -o the file
      appears only when it is complete. Identifiers are masked unless --reason is
      given and your role allows the look. --json writes one JSON document, or with
      -o says what was written.

      The columns id and version come first. Edit the other cells in a spreadsheet and
      import the file at the same office: exactly the cells that you changed become
      edits of those records, masked ones stay as they are, and an empty cell changes
      nothing. For somebody new, leave id and version empty. Sort whole rows only.
      --without-id leaves the two out, for a file that goes to others: an id stays the
      same for life.

      Examples:
        simpulctl records export population -o penduduk.csv --reason "yearly report"
        simpulctl records export population --where rt=003 --format ndjson
      """)

  private static let pageRecords = 1000

  @OptionGroup var options: GlobalOptions
  @OptionGroup var filter: FilterOptions

  @Argument(help: "The dataset.")
  var dataset: String

  @Option(help: "csv or ndjson (default: by the file's extension, else csv).")
  var format: RowFormat?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The file to write instead of standard output.", valueName: "file"))
  var output: String?

  @Flag(help: "Take the place of a file of that name.")
  var replace = false

  @Flag(help: "Leave out the columns id and version.")
  var withoutID = false

  func run(in session: Session) async throws {
    let client = try session.client()
    let known = try await client.dataset(dataset, language: session.language)
    let fields = known.fields
    let rows = format ?? output.flatMap(RowFormat.init(fileName:)) ?? .csv
    let form: RecordWriter.Form = session.isJSON && output == nil ? .document : rows == .csv ? .csv : .ndjson
    let isRecord = known.kind == DatasetDefinition.Kind.record.rawValue
    let key =
      withoutID || !isRecord || form == .document
      ? nil : try await client.reply(ExportKeyReply.self, to: .exportKey).reply.key.flatMap { ExportKey($0) }
    let writer = RecordWriter(form: form, fields: fields.map(\.name), key: key)
    var masking = Masking(fields)
    guard let output else {
      _ = try await pages(client, writer, &masking, session.language) { try session.console.write($0) }
      return
    }
    let file = try AtomicFile(path: output, replaces: replace, language: session.language)
    let count = try await pages(client, writer, &masking, session.language) { try file.write($0) }
    try file.finish()
    if session.isJSON {
      let document: [String: JSONValue] = ["file": .string(output), "records": .integer(Int64(count))]
      try session.print(json: document)
    } else {
      let number = session.quantity.count(count)
      try session.note(session.language("\(output): \(number) data", "\(output): \(number) records"))
      guard masking.isSeen else { return }
      try session.note(
        session.language(
          "NIK dan nomor pengenal lain disamarkan di berkas itu; "
            + (options.reason == nil ? "nomor lengkap: ulangi dengan --reason ALASAN" : Masking.role.indonesian),
          "identifiers are masked in that file; "
            + (options.reason == nil ? "for the full ones repeat it with --reason TEXT" : Masking.role.english)))
    }
  }

  private func pages(
    _ client: APIClient, _ writer: RecordWriter, _ masking: inout Masking, _ language: Language,
    _ write: (String) throws -> Void
  ) async throws -> Int {
    var writer = writer
    var page = Page(limit: Self.pageRecords)
    var count = 0
    try write(writer.opening)
    while true {
      let reply = try await client.reply(RecordsReply.self, to: .records(dataset, page, filter.filter)).reply
      try write(try writer.text(of: reply.records))
      masking.look(at: reply.records)
      count += reply.records.count
      guard let next = reply.next else { break }
      // A daemon that sends in circles would fill the disk.
      guard next != page.cursor else {
        throw CommandFailure.foreign(endpoint: client.endpoint, language: language)
      }
      page.cursor = next
    }
    try write(writer.closing)
    return count
  }
}

import API
import ArgumentParser
import Datasets

struct RecordsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "records",
    abstract: "Look up, change, import and export the records of a dataset.",
    discussion: """
      Examples:
        simpulctl records list population --q "siti" --limit 20
        simpulctl records get population ID --history
        simpulctl records put population nama=SITI kode_wilayah=73.12.04.1001
        simpulctl records import population penduduk.csv --source dukcapil
        simpulctl records export population --format csv -o penduduk.csv
      """,
    subcommands: [
      RecordsListCommand.self, RecordsGetCommand.self, RecordsPutCommand.self, RecordsDeleteCommand.self,
      RecordsRestoreCommand.self,
      RecordsImportCommand.self, RecordsExportCommand.self,
    ])
}

/// Which records a command is about.
struct FilterOptions: ParsableArguments {
  @Option(name: .customLong("q"), help: "Words to look for.")
  var text: String?

  @Option(
    name: .customLong("where"),
    help: ArgumentHelp("Only records whose field has this value; repeatable.", valueName: "field=value"))
  var conditions: [String] = []

  func validate() throws {
    for condition in conditions where FieldAssignment(condition) == nil {
      throw ValidationError(
        id: "--where berisi '\(condition)'; beri KOLOM=ISI.", en: "--where is '\(condition)'; give FIELD=VALUE.")
    }
  }

  var filter: RecordFilter { RecordFilter(text: text, fields: conditions.compactMap(FieldAssignment.init)) }
}

extension APIClient {
  /// The fields of a dataset in their order.
  func fields(of dataset: String, language: Language) async throws(CommandFailure) -> [DatasetsReply.Field] {
    try await self.dataset(dataset, language: language).fields
  }

  func dataset(_ dataset: String, language: Language) async throws(CommandFailure) -> DatasetsReply.Dataset {
    let datasets = try await reply(DatasetsReply.self, to: .datasets).reply.datasets
    if let found = datasets.first(where: { $0.id == dataset }) { return found }
    throw CommandFailure(.data, UnknownName.dataset(dataset, among: datasets.map(\.id))(language))
  }
}

struct RecordsListCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Records, a page at a time.",
    discussion: """
      Identifiers are masked unless --reason is given and your role allows the look.

      Examples:
        simpulctl records list population --limit 20
        simpulctl records list population --where rt=003 --columns nik,nama
        simpulctl records list attendance --json
      """)

  @OptionGroup var options: GlobalOptions
  @OptionGroup var page: PageOptions
  @OptionGroup var filter: FilterOptions

  @Argument(help: "The dataset.")
  var dataset: String

  @Option(help: ArgumentHelp("Fields to show, separated by commas.", valueName: "fields"))
  var columns: String?

  func run(in session: Session) async throws {
    let client = try session.client()
    let request = APIRequest.records(dataset, page.page, filter.filter)
    if session.isJSON {
      return try session.print(json: try await client.reply(RecordsReply.self, to: request).body)
    }
    let fields = try await client.fields(of: dataset, language: session.language)
    var reply = try await client.reply(RecordsReply.self, to: request).reply
    // A page may end before anything was found: "none" is said only of all of them.
    while reply.records.isEmpty, let next = reply.next {
      var page = page.page
      page.cursor = next
      reply = try await client.reply(RecordsReply.self, to: .records(dataset, page, filter.filter)).reply
    }
    let chosen = columns?.split(separator: ",").map { String($0).filter { $0 != " " } }
    // A field that nobody declared may be asked for where a record has it.
    let known = fields.map(\.name) + reply.records.flatMap(\.fields.keys)
    if let unknown = chosen?.first(where: { !known.contains($0) }) {
      throw CommandFailure(.data, UnknownName.field(unknown, among: known)(session.language))
    }
    let view = RecordsView(fields: fields, language: session.language)
    try session.print(view.table(reply.records, columns: chosen), next: reply.next)
    try session.noteMasking(of: reply.records, fields, reason: options.reason)
  }
}

struct RecordsGetCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "get",
    abstract: "One record, with its version and, if wished, its history.",
    discussion: """
      Examples:
        simpulctl records get population ID
        simpulctl records get population ID --history --reason "complaint 17"
      """)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "The dataset.")
  var dataset: String

  @Argument(help: "The record's id.")
  var id: String

  @Flag(help: "Every change that the record went through.")
  var history = false

  private struct Document: Encodable {
    var record: JSONValue
    var history: JSONValue
  }

  func run(in session: Session) async throws {
    let client = try session.client()
    let (record, body) = try await client.reply(RecordReply.self, to: .record(dataset, id))
    let past = history ? try await client.body(of: .history(dataset, id)) : nil
    if session.isJSON {
      guard let past else { return try session.print(json: body) }
      guard case .object(let members) = try client.decode(JSONValue.self, past) else {
        throw CommandFailure.foreign(endpoint: client.endpoint, language: session.language)
      }
      let document = Document(
        record: try client.decode(JSONValue.self, body), history: members["history"] ?? .array([]))
      return try session.print(json: document)
    }
    let fields = try await client.fields(of: dataset, language: session.language)
    let view = RecordsView(fields: fields, language: session.language)
    try session.print(view.detail(record))
    if let remark = view.remark(on: record) { try session.note(remark) }
    try session.noteMasking(of: [record], fields, reason: options.reason)
    guard let past else { return }
    try session.print(line: "")
    try session.print(view.history(try client.decode(HistoryReply.self, past).history, age: session.age))
  }
}

struct RecordsDeleteCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete",
    abstract: "Delete a record; its history stays and it can be restored.",
    discussion: """
      An office forgets it once the centre has it; the centre keeps it, and
      simpulctl records restore brings it back there.

      With --seen the deletion is refused if this office changed the record since.

      Examples:
        simpulctl records delete population ID --seen VERSION --reason "entered twice"
      """)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "The dataset.")
  var dataset: String

  @Argument(help: "The record's id.")
  var id: String

  @Option(help: "The version that you looked at.")
  var seen: String?

  func validate() throws {
    if let seen { try VersionText.validate(seen) }
  }

  func run(in session: Session) async throws {
    let body = try await session.client().body(of: .deletion(dataset, id, version: seen))
    if session.isJSON { return try session.print(json: body) }
    try session.print(line: session.language("\(dataset) \(id) dihapus", "\(dataset) \(id) is deleted"))
  }
}

struct RecordsRestoreCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Bring a deleted record back.",
    discussion: """
      At the centre, or at an office that still shows it. simpulctl trace with the
      record's id says what became of it. A merged one comes back by duplicates undo.

      With --seen the restoration is refused if the record was changed since.

      Examples:
        simpulctl records restore population ID --reason "deleted by mistake"
      """)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "The dataset.")
  var dataset: String

  @Argument(help: "The record's id.")
  var id: String

  @Option(help: "The version that you looked at.")
  var seen: String?

  func validate() throws {
    if let seen { try VersionText.validate(seen) }
  }

  func run(in session: Session) async throws {
    let client = try session.client()
    // Restoring what is there changes nothing; who asks for it looks for something else.
    let before = try await client.reply(RecordReply.self, to: .record(dataset, id).withoutReason).reply
    let body = try await client.body(of: .restoration(dataset, id, version: seen))
    if session.isJSON { return try session.print(json: body) }
    guard before.lifecycle != nil || before.conflicts?["lifecycle"] != nil else {
      return try session.print(
        line: session.language(
          "\(dataset) \(id) tidak dihapus dan tidak digabung: tidak ada yang dipulihkan. Bila kantor Anda tidak "
            + "melihatnya, data ini milik wilayah lain; kantor wilayah itu yang mengubah kode_wilayah.",
          "\(dataset) \(id) is neither deleted nor merged: there is nothing to restore. If your office does not see it, "
            + "it belongs to another area, whose office changes kode_wilayah."))
    }
    try session.print(line: session.language("\(dataset) \(id) dipulihkan", "\(dataset) \(id) is restored"))
  }
}

import API
import ArgumentParser
import Datasets
import Foundation

struct DuplicatesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "duplicates",
    abstract: "People who may be registered twice, or two people in one record.",
    discussion: """
      Examples:
        simpulctl duplicates list
        simpulctl duplicates show population/9f2c.../a41b... --reason "KTP dicek"
        simpulctl duplicates merge population/9f2c.../a41b... --reason "satu orang"
        simpulctl duplicates undo population/9f2c.../a41b... --reason "ternyata dua"
      """,
    subcommands: [
      DuplicatesListCommand.self, DuplicatesShowCommand.self, DuplicatesMergeCommand.self, DuplicatesUndoCommand.self,
      DuplicatesDistinctCommand.self, DuplicatesSplitCommand.self,
    ])
}

struct DuplicatesListCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Pairs that wait for a person, most certain first.",
    discussion: """
      Examples:
        simpulctl duplicates list
        simpulctl duplicates list --state merged --limit 500
      """)

  enum State: String, ExpressibleByArgument, CaseIterable {
    case open
    case merged
    case distinct
    case all
  }

  @OptionGroup var options: GlobalOptions
  @OptionGroup var page: PageOptions

  @Option(help: "Which pairs.")
  var state = State.open

  @Option(help: "Only this dataset.")
  var dataset: String?

  func run(in session: Session) async throws {
    let request = APIRequest.duplicates(page.page, state: state.rawValue, dataset: dataset)
    let (reply, body) = try await session.client().reply(DuplicatesReply.self, to: request)
    if session.isJSON { return try session.print(json: body) }
    let view = DuplicateView(fields: [], now: session.console.now(), language: session.language)
    try session.print(view.table(reply.duplicates), next: reply.next)
  }
}

struct DuplicatesShowCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Two records side by side, with what differs marked.",
    discussion: """
      Any two records can be given, on the list or not. Numbers are masked unless
      --reason says why you look.

      Examples:
        simpulctl duplicates show population/9f2c.../a41b...
      """)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "The id, from duplicates list.")
  var id: String

  func run(in session: Session) async throws {
    let client = try session.client()
    let (reply, body) = try await client.reply(DuplicateReply.self, to: .duplicate(id))
    if session.isJSON { return try session.print(json: body) }
    let datasets = try await client.reply(DatasetsReply.self, to: .datasets).reply
    let fields = datasets.datasets.first { $0.id == reply.dataset }?.fields ?? []
    let view = DuplicateView(fields: fields, now: session.console.now(), language: session.language)
    try session.print(view.summary(reply))
    try session.print(line: "")
    try session.print(view.sides(reply))
    try session.noteMasking(of: reply.records, fields, reason: options.reason)
    try session.note(session.language("Untuk memutuskan:", "To decide:") + " " + view.remedy(reply))
  }
}

struct DuplicatesMergeCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Make one of two records another name of the other.",
    discussion: """
      Needs --reason. The one that stays says what it said, and in fields of --take,
      by name or title, what the other says; duplicates show prints the command with
      those in which it says nothing itself. Nothing is deleted: the other record is
      out of sight, keeps its history, and duplicates undo brings it back.

      Examples:
        simpulctl duplicates merge population/9f2c.../a41b... --reason "satu orang"
        simpulctl duplicates merge ID --keep 9f2c... --take telepon,alamat --reason KK
      """)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "The id, from duplicates list.")
  var id: String

  @Option(help: "The record that stays; without it the one that says more.")
  var keep: String?

  @Option(help: "Fields, with commas between, that the one that stays gets from the other.")
  var take: String?

  func validate() throws {
    try options.requireReason("duplicates merge")
  }

  func run(in session: Session) async throws {
    let fields = take.map { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }
    let request = MergeRequest(keep: keep, take: fields, versions: nil, reason: options.reason)
    let (reply, body) = try await session.client().reply(DuplicateDecision.self, to: try .merge(id, request))
    if session.isJSON { return try session.print(json: body) }
    let kept = reply.record ?? "-"
    try session.print(
      line: session.language("Digabung; yang berlaku: \(kept)", "Merged; what stands is \(kept)"))
    if let taken = reply.taken?.joined(separator: ", ") {
      try session.print(
        line: session.language("Diambil dari data satunya: \(taken)", "Taken from the other one: \(taken)"))
    }
    if let hidden = reply.hidden?.joined(separator: ", ") {
      try session.note(
        session.language(
          "Yang hanya ada di data satunya, atau berbeda di sana, tidak tampil lagi: \(hidden). Bila itu yang benar, "
            + "batalkan lalu gabungkan lagi dengan --take KOLOM.",
          "Out of sight is what only the other one said, or said otherwise: \(hidden). If that is right, undo and merge "
            + "again with --take FIELD."))
    }
    try session.note(
      session.language("Untuk membatalkan:", "To undo:") + " simpulctl duplicates undo '\(id)' --reason '...'")
  }
}

struct DuplicatesUndoCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "undo",
    abstract: "Make two people again of what was merged.",
    discussion: """
      Needs --reason. Both records are in sight again, with all that was said of each.
      What the one that stayed got with --take it gives back, unless somebody has
      changed it since: such fields are named.

      Examples:
        simpulctl duplicates undo population/9f2c.../a41b... --reason "dua orang"
      """)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "The id, from duplicates list --state merged.")
  var id: String

  func validate() throws {
    try options.requireReason("duplicates undo")
  }

  func run(in session: Session) async throws {
    let (reply, body) = try await session.client().reply(
      DuplicateDecision.self, to: try .undoMerge(id, reason: options.reason ?? ""))
    if session.isJSON { return try session.print(json: body) }
    try session.print(
      line: session.language("Penggabungan dibatalkan: keduanya tampil lagi.", "Undone: both are in sight again."))
    try session.noteLeft(of: reply, id)
  }
}

extension Session {
  /// What a record keeps of what it took from the other in a merge, if anything.
  fileprivate func noteLeft(of reply: DuplicateDecision, _ id: String) throws {
    guard let left = reply.left?.joined(separator: ", ") else { return }
    try note(
      language(
        "Tidak dikembalikan, karena sudah diubah orang sesudah digabung: \(left). Periksa keduanya: ",
        "Not given back, as somebody has changed it since the merge: \(left). Look at both: ")
        + "simpulctl duplicates show '\(id)'")
  }
}

struct DuplicatesDistinctCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "distinct",
    abstract: "Say that these are two people: nobody is asked again.",
    discussion: """
      Needs --reason. Where a merge of the two was undone otherwise, what one of them
      had got with --take it gives back now.

      Examples:
        simpulctl duplicates distinct population/9f2c.../a41b... --reason "kembar"
      """)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "The id, from duplicates list.")
  var id: String

  func validate() throws {
    try options.requireReason("duplicates distinct")
  }

  func run(in session: Session) async throws {
    let (reply, body) = try await session.client().reply(
      DuplicateDecision.self, to: try .keepApart(id, reason: options.reason ?? ""))
    if session.isJSON { return try session.print(json: body) }
    try session.print(line: session.language("Dicatat: dua orang berbeda.", "Noted: two people."))
    try session.noteLeft(of: reply, id)
  }
}

struct DuplicatesSplitCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "split",
    abstract: "Give what one office said of a record to a new one.",
    discussion: """
      Needs --reason. For two people who share a record: what the office NODE wrote
      and nobody replaced goes to a new record, the rest stays.

      Examples:
        simpulctl duplicates split population 9f2c... --node kec-lalabata \\
          --reason "dua orang, satu NIK"
      """)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "The dataset.")
  var dataset: String

  @Argument(help: "The record.")
  var record: String

  @Option(help: "Whose values go to the new record.")
  var node: String

  @Option(help: "The version of the record that you looked at.")
  var seen: String?

  func validate() throws {
    try options.requireReason("duplicates split")
    if let seen { try VersionText.validate(seen) }
  }

  func run(in session: Session) async throws {
    let request = SplitRequest(node: node, version: seen, reason: options.reason)
    let (reply, body) = try await session.client().reply(
      DuplicateDecision.self, to: try .split(dataset, record, request))
    if session.isJSON { return try session.print(json: body) }
    let new = reply.record ?? "-"
    try session.print(line: session.language("Dipisahkan; data baru: \(new)", "Split; the new record is \(new)"))
  }
}

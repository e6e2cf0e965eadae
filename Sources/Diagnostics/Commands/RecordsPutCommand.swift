import API
import ArgumentParser
import Datasets
import Foundation

struct RecordsPutCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "put",
    abstract: "Enter a record, or change fields of one.",
    discussion: """
      FIELD=VALUE sets a text, number, date or code, FIELD= clears the field,
      FIELD:=JSON gives a value as JSON. Fields that are not named stay as they are.
      Without --id the record is found by its identity fields, or made.

      Examples:
        simpulctl records put population nama=SITI kode_wilayah=73.12.04.1001
        simpulctl records put population --id ID --seen VERSION rt=003 telepon=
        simpulctl records put population --id ID --correction status_hidup=hidup
      """)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "The dataset.")
  var dataset: String

  @Argument(help: ArgumentHelp("What to write.", valueName: "field=value"))
  var assignments: [String]

  @Option(help: "Change this record.")
  var id: String?

  @Option(help: "The version that you looked at (with --id).")
  var seen: String?

  @Flag(help: "Let a field that only goes forward go back (with --id).")
  var correction = false

  @Option(help: "Where the data is from, for repeated imports (without --id).")
  var source: String?

  func validate() throws {
    if id == nil, seen != nil || correction { throw ValidationError("--seen and --correction go with --id.") }
    if id != nil, source != nil { throw ValidationError("--source does not go with --id.") }
    if let seen { try VersionText.validate(seen) }
    _ = try FieldAssignment.fields(assignments)
  }

  func run(in session: Session) async throws {
    let client = try session.client()
    if let id {
      let request = try APIRequest.edit(
        dataset, id, try FieldAssignment.fields(assignments), version: seen, isCorrection: correction)
      let body = try await client.body(of: request)
      if session.isJSON { return try session.print(json: body) }
      return try session.print(
        line: session.language("\(dataset) \(id) diubah", "\(dataset) \(id) is changed"))
    }
    let request = try APIRequest.upsert(dataset, try FieldAssignment.fields(assignments), source: source)
    let (reply, body) = try await client.intake(request)
    if session.isJSON {
      try session.print(json: body)
    } else if reply.rejectedTotal == 0 {
      let what =
        reply.stream == nil
        ? session.language("tidak ada yang berubah", "nothing changed")
        : session.language("tersimpan", "stored")
      try session.print(line: "\(dataset): \(what)")
    }
    guard reply.rejectedTotal > 0 else { return }
    let rejected = reply.rejected.map { ($0.field.map { "\($0): " } ?? "") + $0.reason }.joined(
      separator: "; ")
    throw CommandFailure(.data, "\(dataset): \(rejected)")
  }
}

extension APIClient {
  /// The answer to rows, also when none of them was taken: then it lists why (422).
  func intake(_ request: APIRequest) async throws(CommandFailure) -> (reply: IntakeReply, body: Data) {
    let answer = try await answer(to: request)
    if answer.status == 422, answer.isJSON, let reply = try? decode(IntakeReply.self, answer.body) {
      return (reply, answer.body)
    }
    let body = try successBody(of: answer, to: request)
    return (try decode(IntakeReply.self, body), body)
  }
}

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
      Without --id the record is found by its identity fields (NIK and birth date);
      where they do not say who it is, a new record is made. Who enters it so counts as
      not having seen a record that is there: what other offices wrote stays beside it,
      as a conflict. To replace that, give --id, and --seen with the version you looked
      at. A field that the dataset does not have is refused, unless --allow-unknown.

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

  @Option(help: "What a command that got no answer said, to repeat it without doubling (without --id).")
  var key: String?

  @Flag(help: "Keep fields that the dataset does not have yet (without --id).")
  var allowUnknown = false

  func validate() throws {
    if id == nil, seen != nil || correction {
      throw ValidationError(
        id: "--seen dan --correction hanya bersama --id.", en: "--seen and --correction go with --id.")
    }
    if id != nil, source != nil || key != nil || allowUnknown {
      throw ValidationError(
        id: "--source, --key, dan --allow-unknown tidak bersama --id.",
        en: "--source, --key and --allow-unknown do not go with --id.")
    }
    if source != nil, key != nil {
      throw ValidationError(id: "--key tidak bersama --source.", en: "--key does not go with --source.")
    }
    if let key, !(1...255).contains(key.utf8.count) || !key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) {
      throw ValidationError(
        id: "--key harus 1 sampai 255 huruf ASCII yang tampak.",
        en: "--key must be 1 to 255 visible characters of ASCII.")
    }
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
    let (reply, body) = try await enter(client, session.language)
    if session.isJSON {
      try session.print(json: body)
    } else if reply.rejectedTotal == 0 {
      // Where to go on from here: records get, trace, put --id.
      let records = (reply.records ?? []).map { " \($0.id)" }.joined()
      try session.print(line: "\(dataset)\(records): \(outcome(of: reply, session.language))")
    }
    if !session.isJSON {
      for record in reply.records ?? [] {
        if let lifecycle = record.lifecycle {
          try session.note(outOfSight(record.id, lifecycle, session.language))
        } else if reply.changed ?? 0 > 0 {
          try session.note(unseen(record.id, session.language))
        }
      }
      for warning in reply.warnings ?? [] {
        try session.note((warning.field.map { "\($0): " } ?? "") + warning.reason)
      }
    }
    guard reply.rejectedTotal > 0 else { return }
    throw rejection(reply, session.language)
  }

  /// Whoever means somebody new must see that somebody known was changed.
  private func outcome(of reply: IntakeReply, _ language: Language) -> String {
    if reply.stream == nil { return language("tidak ada yang berubah", "nothing changed") }
    if reply.changed ?? 0 > 0 { return language("sudah ada, diubah", "was there, changed") }
    return language("baru, tersimpan", "new, stored")
  }

  /// Without `--id` it is no edit of what somebody looked at.
  private func unseen(_ id: String, _ language: Language) -> String {
    language(
      "Tanpa --id, isian ini dicatat seperti tanpa melihat data yang ada: isian kantor lain tetap berdampingan "
        + "(simpulctl conflicts list). Untuk menggantinya: simpulctl records put \(dataset) --id \(id) KOLOM=ISI.",
      "Without --id this counts as entered without having seen the record: what other offices wrote stays beside it "
        + "(simpulctl conflicts list). To replace it: simpulctl records put \(dataset) --id \(id) FIELD=VALUE.")
  }

  private func outOfSight(_ id: String, _ lifecycle: String, _ language: Language) -> String {
    let word = StateWords.lifecycle(lifecycle, language)
    return language(
      "Data ini \(word). Isian tersimpan, tetapi ia tidak kembali dengan sendirinya: putuskan dengan simpulctl conflicts "
        + "list, atau simpulctl records restore \(dataset) \(id).",
      "This record is \(word). What was entered is stored, but does not bring it back by itself: decide with simpulctl "
        + "conflicts list, or simpulctl records restore \(dataset) \(id).")
  }

  /// Once more when no answer came: with the same key the same record is not made twice.
  private func enter(
    _ client: APIClient, _ language: Language
  ) async throws -> (reply: IntakeReply, body: Data) {
    let key = source == nil ? key ?? UUID().uuidString : nil
    var request = try APIRequest.upsert(dataset, try FieldAssignment.fields(assignments), source: source)
    if !allowUnknown { request.query.append(APIRequest.QueryItem("unknown", "refuse")) }
    request.idempotencyKey = key
    do {
      return try await client.intake(request)
    } catch let first {
      guard first.code == .unreachable, let key else { throw first }
      do { return try await client.intake(request) } catch let failure {
        guard failure.code == .unreachable else { throw failure }
        throw CommandFailure(
          failure.code,
          language(
            "\(CommandFailure.clause(failure.message)); bila ragu apakah sudah tersimpan, ulangi dengan --key \(key)",
            "\(CommandFailure.clause(failure.message)); if it may have been stored all the same, repeat with --key \(key)"
          ),
          cause: failure.cause)
      }
    }
  }

  private func rejection(_ reply: IntakeReply, _ language: Language) -> CommandFailure {
    let rejected = reply.rejected.map { ($0.field.map { "\($0): " } ?? "") + $0.reason }.joined(
      separator: " ")
    let isUnknown = reply.rejected.contains { $0.code == "unknown_field" }
    let remedy =
      isUnknown
      ? language(" (atau --allow-unknown, agar tetap disimpan)", " (or --allow-unknown, to keep it all the same)") : ""
    return CommandFailure(.data, "\(dataset): \(rejected)\(remedy)")
  }
}

extension APIClient {
  /// The answer to rows, also when none of them was taken: then it lists why (422).
  func intake(_ request: APIRequest) async throws(CommandFailure) -> (reply: IntakeReply, body: Data) {
    try intakeReply(of: try await answer(to: request), to: request)
  }

  func intakeReply(
    of answer: APIAnswer, to request: APIRequest
  ) throws(CommandFailure) -> (reply: IntakeReply, body: Data) {
    if answer.status == 422, answer.isJSON, let reply = try? decode(IntakeReply.self, answer.body) {
      return (reply, answer.body)
    }
    let body = try successBody(of: answer, to: request)
    return (try decode(IntakeReply.self, body), body)
  }
}

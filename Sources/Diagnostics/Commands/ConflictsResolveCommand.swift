import API
import ArgumentParser
import Datasets

struct ConflictsResolveCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "resolve",
    abstract: "Decide a conflict: one office's value, or another.",
    discussion: """
      Give the version that conflicts show printed as --seen, so that an edit which
      came since is not passed over unseen; without it the present version counts as
      seen.

      Examples:
        simpulctl conflicts resolve population/9f2c.../nama --take disdukcapil
        simpulctl conflicts resolve ID --value 003 --seen VERSION --reason "asked"
      """)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "The id, from conflicts list.")
  var id: String

  @Option(help: "The right value; for the lifecycle as it is shown (ada, dihapus).")
  var value: String?

  @Option(help: "Take the value of this node.")
  var take: String?

  @Flag(name: .customLong("null"), help: "The field is to be empty.")
  var isNull = false

  @Flag(help: "The value goes back in the field's order, because what was recorded is wrong.")
  var correction = false

  @Option(help: "The version that you looked at.")
  var seen: String?

  func validate() throws {
    let choices = [value != nil, take != nil, isNull].count { $0 }
    guard choices == 1 else {
      throw ValidationError(
        id: "Beri salah satu: --value, --take, atau --null.", en: "Give one of --value, --take and --null.")
    }
    if let seen { try VersionText.validate(seen) }
  }

  func run(in session: Session) async throws {
    let client = try session.client()
    let (decision, chosen) = try await decision(client, session)
    let body = try await client.body(of: try .resolution(id, decision, isCorrection: correction))
    if session.isJSON { return try session.print(json: body) }
    let value = StateWords.value(chosen, of: field, session.language)
    try session.print(line: session.language("\(id) diputuskan: \(value)", "\(id) is decided: \(value)"))
  }

  /// The last part of the id.
  private var field: String { id.split(separator: "/").last.map(String.init) ?? "" }

  /// With the value that is chosen: an office's as it is shown, which may be masked.
  private func decision(
    _ client: APIClient, _ session: Session
  ) async throws -> (request: ResolutionRequest, chosen: JSONValue) {
    let typed = value.map { field == "lifecycle" ? StateWords.lifecycle(asTyped: $0) : $0 }
    let given: JSONValue? = isNull ? .null : typed.map { .string($0) }
    if let given, let seen { return (ResolutionRequest(.value(given), version: seen, reason: options.reason), given) }
    let conflict = try await client.reply(ConflictReply.self, to: .conflict(id).withoutReason).reply
    let version = seen ?? conflict.version
    if let given { return (ResolutionRequest(.value(given), version: version, reason: options.reason), given) }
    let node = take ?? ""
    let chosen = try Self.value(of: node, in: conflict, language: session.language)
    return (ResolutionRequest(.take(node), version: version, reason: options.reason), chosen)
  }

  /// The one value that the node wrote.
  static func value(
    of node: String, in conflict: ConflictReply, language: Language
  ) throws(CommandFailure) -> JSONValue {
    let values = conflict.siblings.filter { $0.node == node }.map(\.value)
    guard let first = values.first else {
      let nodes = Set(conflict.siblings.map(\.node)).sorted().joined(separator: ", ")
      throw CommandFailure(
        .data,
        language(
          "\(conflict.id): \(node) tidak menulis nilai di sini; pilih dari: \(nodes)",
          "\(conflict.id): \(node) wrote no value here; choose from: \(nodes)"))
    }
    guard values.allSatisfy({ $0 == first }) else {
      throw CommandFailure(
        .data,
        language(
          "\(conflict.id): \(node) menulis lebih dari satu nilai; beri --value",
          "\(conflict.id): \(node) wrote more than one value; give --value"))
    }
    return first
  }
}

/// A version as people paste it.
enum VersionText {
  /// It travels as an entity tag (RFC 9110, 8.8.3).
  static func validate(_ text: String) throws {
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x22 }) else {
      throw ValidationError(
        id: "--seen bukan versi; salin dari yang ditampilkan.", en: "--seen is no version; copy it from what was shown."
      )
    }
  }
}

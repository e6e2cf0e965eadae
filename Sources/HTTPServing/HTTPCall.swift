import API
package import Datasets
import Foundation
import HTTPTypes
package import Hummingbird
package import Logging
import Replication

/// A request as handlers see it: parameters decoded, the caller, their language and reason known.
package struct HTTPCall: Sendable {
  package let request: Request
  package let caller: Caller
  /// Whether the caller would still be let in: answers that go on for long ask now and then.
  package let isStillWelcome: @Sendable () -> Bool
  package let language: Language
  /// Why the caller looks or changes, from `Simpul-Reason`; nil when none was given.
  package let reason: String?
  package let logger: Logger
  /// What the route is called in logs: its path with the names of parameters.
  package let route: String
  /// Where it is noted what this caller looked at and did; handlers call `audited`.
  let trail: AuditTrail
  /// What the answer shows unmasked.
  let looks = Looks()
  private let parameters: [String: String]

  /// - Throws: `HTTPProblem` for a reason or path that cannot be read.
  init(
    _ request: Request, context: BasicRequestContext, route: String, names: [String], guest: Guest,
    audit: AuditTrail, language: Language
  ) throws {
    self.request = request
    caller = guest.caller
    isStillWelcome = guest.isStillWelcome
    trail = audit
    self.language = request.language(default: language)
    self.route = route
    logger = context.logger
    reason = try Self.reason(of: request, language: self.language)
    var parameters: [String: String] = [:]
    for name in names {
      // The router hands segments over as they came, so that `%2F` in one is no separator.
      guard let text = context.parameters.get(name)?.removingPercentEncoding, !text.isEmpty else {
        throw HTTPProblem.malformed(
          name, BilingualText(id: "teks berkode persen", en: "percent-encoded text"), language: self.language)
      }
      parameters[name] = text
    }
    self.parameters = parameters
  }

  private static func reason(of request: Request, language: Language) throws -> String? {
    guard let name = HTTPField.Name("Simpul-Reason"), let text = request.headers[name] else { return nil }
    return try checked(text, field: "Simpul-Reason", language)
  }

  // MARK: Path

  /// A segment of the path, percent-decoded; empty when the route has no such parameter.
  package func parameter(_ name: String) -> String { parameters[name] ?? "" }

  package func record(_ name: String = "record") throws -> RecordID {
    guard let record = RecordID(parameter(name)) else { throw HTTPProblem.unknownRecord(language) }
    return record
  }

  package func node(_ name: String = "node") throws -> NodeName {
    guard let node = NodeName(parameter(name)) else { throw HTTPProblem.unknownNode(language) }
    return node
  }

  package func conflict(_ name: String = "conflict") throws -> ConflictID {
    guard let conflict = ConflictID(parameter(name)) else { throw HTTPProblem.unknownConflict(language) }
    return conflict
  }

  // MARK: Disclosure

  /// How identifiers are shown to this caller: as they are to an operator or above who says why.
  package var disclosure: Disclosure {
    caller.role >= .operator && reason != nil ? .revealed(looks) : .masked(for: caller.role)
  }

  /// Records of `definition` as this caller may see them. What it shows unmasked is in the audit log before the answer
  /// leaves.
  package func rendering(_ definition: DatasetDefinition?) -> RecordRendering {
    RecordRendering(definition, disclosure: disclosure)
  }

  /// Likewise in the answer to an order: its reason is why it was given, not why somebody looks, so that nothing is shown
  /// unmasked.
  package func rendering(ofOrder definition: DatasetDefinition?) -> RecordRendering {
    RecordRendering(definition, disclosure: .masked(for: caller.role))
  }

  // MARK: Body

  /// The whole body decoded as JSON.
  ///
  /// - Parameter isOptional: takes no body for `{}`.
  package func decoded<Body: Decodable>(
    _ type: Body.Type, bytesMax: Int = 1 << 20, isOptional: Bool = false
  ) async throws -> Body {
    let contentType = request.headers[.contentType]?.split(separator: ";").first.map {
      $0.trimmingCharacters(in: .whitespaces).lowercased()
    }
    if let contentType, contentType != "application/json", contentType != "application/merge-patch+json" {
      throw HTTPProblem(
        .unsupportedMediaType, "media_type",
        BilingualText(id: "Kirim sebagai application/json.", en: "Send it as application/json."),
        language: language)
    }
    let body = try await request.body.collect(upTo: bytesMax)
    var data = Data(body.readableBytesView)
    if data.isEmpty, isOptional { data = Data("{}".utf8) }
    do {
      return try APICoding.decoder.decode(type, from: data)
    } catch {
      throw HTTPProblem(
        .badRequest, "malformed",
        BilingualText(
          id: "Isi permintaan bukan JSON yang diharapkan.", en: "The body is not the JSON that is expected."),
        language: language)
    }
  }
}

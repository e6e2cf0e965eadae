import Datasets
import Foundation
import HTTPTypes

/// Why somebody looks, changes or decides: the body's word, else `Simpul-Reason`; in logs and the audit log.
extension HTTPCall {
  /// The bytes of a reason that are taken.
  package static let reasonBytesMax = 500

  /// The reason of a decision that may go without one.
  ///
  /// - Parameter text: the body's.
  /// - Throws: 400 for one that is too long or holds control characters.
  package func reason(or text: String?) throws -> String? {
    try text.flatMap { try Self.checked($0, field: "reason", language) } ?? reason
  }

  /// The reason of a decision that must have one.
  ///
  /// - Throws: 422 without one, 400 as above.
  package func requiredReason(_ text: String?) throws -> String {
    guard let reason = try reason(or: text) else {
      throw HTTPProblem(
        .unprocessableContent, "required",
        BilingualText(id: "Sebutkan alasannya.", en: "Give the reason."), language: language, field: "reason")
    }
    return reason
  }

  /// Of a request whose body holds nothing else and may stay away.
  package func reasonOfBody() async throws -> String? {
    try reason(or: try await decoded(ReasonBody.self, isOptional: true).reason)
  }

  /// Likewise, where there must be one.
  package func requiredReasonOfBody() async throws -> String {
    try requiredReason(try await decoded(ReasonBody.self, isOptional: true).reason)
  }

  /// - Returns: nil for blanks.
  static func checked(_ text: String, field: String, _ language: Language) throws -> String? {
    let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard trimmed.utf8.count <= reasonBytesMax,
      !trimmed.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
    else {
      throw HTTPProblem.malformed(
        field,
        BilingualText(
          id: "teks paling banyak 500 byte tanpa karakter kendali",
          en: "text of at most 500 bytes without control characters"), language: language)
    }
    return trimmed.isEmpty ? nil : trimmed
  }
}

/// `RevocationRequest` and `DecisionRequest`, whose only member may come as `Simpul-Reason` too.
private struct ReasonBody: Decodable {
  let reason: String?
}

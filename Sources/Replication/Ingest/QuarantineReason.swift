package import Datasets

/// Why an entry is quarantined: acknowledged, kept, shown, never blocking its stream.
package struct QuarantineReason: Error, Sendable, Equatable {
  package enum Code: String, Sendable, CaseIterable {
    case unknownDataset = "unknown_dataset"
    case notDecodable = "not_decodable"
    case schema
    case writeRule = "write_rule"
    case futureTime = "future_time"
    case unknownContext = "unknown_context"
    case awaitsDecision = "awaits_decision"
    case recordTooLarge = "record_too_large"
    case revokedBacklog = "revoked_backlog"
    case damagedRecord = "damaged_record"
  }

  package let code: Code
  package let text: BilingualText
  /// The field that is meant; nil where it is the whole entry.
  package let field: FieldName?
  /// The number in quarantine of the entry whose decision this one awaits; nil where it awaits none.
  package let awaited: Int64?

  package init(
    _ code: Code, field: FieldName? = nil, awaited: Int64? = nil, id indonesian: String, en english: String
  ) {
    self.code = code
    self.field = field
    self.awaited = awaited
    text = BilingualText(id: indonesian, en: english)
  }
}

package import Wire

/// Why records of this office are not at the centre: a gap's reason, or the admin's word.
package enum LossReason: UInt8, Sendable, CaseIterable {
  case thinned = 1
  case trimmed = 2
  case damaged = 3
  /// Given up here: a state that a restored centre does not know.
  case recovered = 254
  /// Given up at the centre, out of quarantine.
  case discarded = 255

  package init(_ reason: Gap.Reason) {
    switch reason {
    case .thinned: self = .thinned
    case .trimmed: self = .trimmed
    case .damaged: self = .damaged
    }
  }

  /// As it is named in answers, and at the centre.
  package var word: String {
    switch self {
    case .thinned: Gap.Reason.thinned.word
    case .trimmed: Gap.Reason.trimmed.word
    case .damaged: Gap.Reason.damaged.word
    case .recovered: "recovered"
    case .discarded: "discarded"
    }
  }
}

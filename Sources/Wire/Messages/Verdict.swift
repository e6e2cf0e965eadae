package import Datasets

/// What the centre decided about an entry of this node that it had quarantined.
package struct Verdict: Sendable, Equatable {
  package enum Outcome: UInt8, Sendable, CaseIterable {
    /// It has taken its effect, or later changes had replaced it by then.
    case applied = 1
    /// It was given up; the centre's ledger counts it.
    case discarded = 2
  }

  package static let listMax = 4096

  package let dataset: DatasetName
  package let incarnation: Incarnation
  package let sequence: Datasets.Sequence
  package let outcome: Outcome
  /// When it was made, as it was sealed; 0 for what cannot be decoded.
  package let effective: Timestamp
  /// What the person who decided wrote; may be empty.
  package let reason: String

  package init(
    dataset: DatasetName, incarnation: Incarnation, sequence: Datasets.Sequence, outcome: Outcome,
    effective: Timestamp, reason: String
  ) {
    self.dataset = dataset
    self.incarnation = incarnation
    self.sequence = sequence
    self.outcome = outcome
    self.effective = effective
    self.reason = reason
  }
}

extension ByteWriter {
  package mutating func verdict(_ verdict: Verdict) {
    dataset(verdict.dataset)
    incarnation(verdict.incarnation)
    sequence(verdict.sequence)
    byte(verdict.outcome.rawValue)
    timestamp(verdict.effective)
    text(verdict.reason)
  }
}

extension ByteReader {
  package mutating func verdict() throws(WireError) -> Verdict {
    let dataset = try dataset()
    let incarnation = try incarnation()
    let sequence = try sequence("verdict")
    let byte = try byte("outcome")
    guard let outcome = Verdict.Outcome(rawValue: byte) else {
      throw .unknownKind(what: "verdict", value: UInt64(byte))
    }
    return Verdict(
      dataset: dataset, incarnation: incarnation, sequence: sequence, outcome: outcome,
      effective: try timestamp("effective time"), reason: try text("reason", limit: Limits.reasonBytesMax))
  }
}

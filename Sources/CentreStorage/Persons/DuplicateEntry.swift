package import Datasets
package import Replication

/// Two records that may be one person, or one record that may be two: something for a person to decide.
package struct DuplicateEntry: Sendable, Equatable {
  package enum State: String, Sendable, CaseIterable {
    /// Nobody has decided.
    case open
    /// One is the other's name now.
    case merged
    /// Somebody said that these are two people.
    case distinct
  }

  package let pair: DuplicatePair
  package let match: PersonMatch
  package let state: State
  package let found: Timestamp
  package let decided: Timestamp?
  /// Why somebody decided so.
  package let decision: String?
  /// The records as they are now, hidden ones too: one where both are one record.
  package let records: [RecordEntry]

  package init(
    pair: DuplicatePair, match: PersonMatch, state: State, found: Timestamp, decided: Timestamp? = nil,
    decision: String? = nil, records: [RecordEntry]
  ) {
    self.pair = pair
    self.match = match
    self.state = state
    self.found = found
    self.decided = decided
    self.decision = decision
    self.records = records
  }

  package var cursor: DuplicateCursor { DuplicateCursor(rank: match.rank, pair: pair) }
}

/// Two records of one dataset, the lesser id first; the same one twice stands for what one record holds.
package struct DuplicatePair: Sendable, Hashable {
  package let dataset: DatasetName
  package let first: RecordID
  package let second: RecordID

  package init(_ dataset: DatasetName, _ one: RecordID, _ other: RecordID) {
    self.dataset = dataset
    first = min(one, other)
    second = max(one, other)
  }
}

/// A place in the list of duplicates, most certain first.
package struct DuplicateCursor: Sendable, Equatable {
  package let rank: Int
  package let pair: DuplicatePair

  package init(rank: Int, pair: DuplicatePair) {
    self.rank = rank
    self.pair = pair
  }
}

/// Why a decision about persons was not taken. Nothing was changed.
package enum DuplicateRefusal: Error, Sendable, Equatable {
  case unknownRecord(RecordID)
  /// Another name of a record already, or deleted: it has to be restored first.
  case hidden(RecordID)
  case sameRecord
  /// Neither is the other's name: nothing to undo.
  case notMerged
  /// One is the other's name: they are two people once that is undone.
  case merged
  /// Nothing of that office is in it, or nothing of anybody else: it is one person's.
  case notSplittable
}

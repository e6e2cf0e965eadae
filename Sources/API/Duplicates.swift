/// One page of duplicates.
package struct DuplicatesReply: Sendable, Codable, Equatable {
  package var duplicates: [DuplicateReply]
  package var next: String?

  package init(duplicates: [DuplicateReply], next: String?) {
    self.duplicates = duplicates
    self.next = next
  }
}

/// Two records that may be one person, or one record that may be two people.
package struct DuplicateReply: Sendable, Codable, Equatable {
  /// `population/9f2c…/a41b…`, the lesser id first; twice the same one for what one record holds.
  package var id: String
  package var dataset: String
  /// `same_number`, `similar` or `other_name`.
  package var kind: String
  /// How alike the names are, of 100.
  package var score: Int
  /// `open`, `merged` or `distinct`.
  package var state: String
  package var found: String
  package var decided: String?
  /// Why somebody decided so.
  package var decision: String?
  /// As they are now; one where `id` names one record twice.
  package var records: [RecordReply]
  /// Fields in which both show the same, and those in which they do not, sorted.
  package var same: [String]
  package var differs: [String]
  /// Whose names stand against each other in one record.
  package var nodes: [String]?
  /// The record that stays in a merge that names none; absent where there is nothing to merge.
  package var keep: String?

  package init(
    id: String, dataset: String, kind: String, score: Int, state: String, found: String, decided: String?,
    decision: String?, records: [RecordReply], same: [String], differs: [String], nodes: [String]?,
    keep: String? = nil
  ) {
    self.id = id
    self.dataset = dataset
    self.kind = kind
    self.score = score
    self.state = state
    self.found = found
    self.decided = decided
    self.decision = decision
    self.records = records
    self.same = same
    self.differs = differs
    self.nodes = nodes
    self.keep = keep
  }
}

/// `POST /api/v1/duplicates/{pair}/merge`.
package struct MergeRequest: Sendable, Codable, Equatable {
  /// The record that stays; without one, the one that says more.
  package var keep: String?
  /// Fields of which the one that stays gets the other's value.
  package var take: [String]?
  /// What was looked at, by record; without one its present state counts as seen.
  package var versions: [String: String]?
  /// Why, for the audit log.
  package var reason: String?

  package init(keep: String?, take: [String]?, versions: [String: String]?, reason: String?) {
    self.keep = keep
    self.take = take
    self.versions = versions
    self.reason = reason
  }
}

/// `POST /api/v1/datasets/{dataset}/records/{record}/split`.
package struct SplitRequest: Sendable, Codable, Equatable {
  /// Whose values go to the new record.
  package var node: String
  /// What was looked at; without one the present state counts as seen.
  package var version: String?
  /// Why, for the audit log.
  package var reason: String?

  package init(node: String, version: String?, reason: String?) {
    self.node = node
    self.version = version
    self.reason = reason
  }
}

/// What was decided about two records.
package struct DuplicateDecision: Sendable, Codable, Equatable {
  package var id: String
  /// `merged`, `undone`, `distinct` or `split`.
  package var outcome: String
  /// The record that stands for the person now; after a split the new one.
  package var record: String?
  /// After a merge: fields that the record has from the other now. Absent when there are none.
  package var taken: [String]?
  /// After a merge: fields of which the other says something that the record does not: out of sight with it. Absent when
  /// there are none.
  package var hidden: [String]?
  /// After an undo, or the word that they are two people: fields that a record had taken from the other in a merge and shows
  /// still, because somebody has changed them since or it is out of sight itself. Absent when there are none.
  package var left: [String]?

  package init(
    id: String, outcome: String, record: String?, taken: [String]? = nil, hidden: [String]? = nil,
    left: [String]? = nil
  ) {
    self.id = id
    self.outcome = outcome
    self.record = record
    self.taken = taken
    self.hidden = hidden
    self.left = left
  }
}

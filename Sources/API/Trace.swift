/// Where a record or event is and why: `GET /api/v1/datasets/{dataset}/records/{record}/trace`.
///
/// What a daemon does not know is null: an office cannot see other offices' copies, the centre not when an office sealed.
package struct TraceReply: Sendable, Codable, Equatable {
  /// The steps of a change on its way, in order.
  package enum Step: String, Sendable, Codable, CaseIterable {
    /// On the disk of the office that made it.
    case recorded
    /// Sealed and put into a batch: from then on it counts as sent.
    case sent
    /// On the disk of the centre.
    case stored
    /// Part of the merged state, visible at a position of the feed.
    case merged
    /// An office has confirmed the feed past that position.
    case delivered
  }

  /// Where the newest change stands.
  package enum Place: String, Sendable, Codable {
    case recorded
    case sent
    case stored
    case merged
    case delivered
    /// Kept aside by the centre or, damaged, by its office ("ditahan").
    case held
    /// Taken out of quarantine for good.
    case discarded
  }

  /// A step that was taken.
  package struct Stage: Sendable, Codable, Equatable {
    package var stage: Step
    /// Where: the office that made the change, `scc`, or the office whose copy has it.
    package var node: String
    /// The dataset, whose stream at `node` it went through.
    package var stream: String
    /// RFC 3339. `recorded`: the effective time; `delivered`: the last word of that office, at or after which it had it.
    package var at: String?
    /// The change's unchanging name; nil for `delivered`, which is of the record as a whole.
    package var change: String?
    /// Whether the clock that gave the effective time cannot be relied on.
    package var suspect: Bool?
    /// Of the feed, where it is visible.
    package var position: UInt64?
    /// What else there is to say of it.
    package var note: String?

    package init(
      _ stage: Step, node: String, stream: String, at: String?, change: String? = nil, suspect: Bool? = nil,
      position: UInt64? = nil, note: String? = nil
    ) {
      self.stage = stage
      self.node = node
      self.stream = stream
      self.at = at
      self.change = change
      self.suspect = suspect
      self.position = position
      self.note = note
    }

    private enum CodingKeys: String, CodingKey {
      case stage, node, stream, at, change, suspect, position, note
    }

    /// `at` is always there, as null where it is not known.
    package func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(stage, forKey: .stage)
      try container.encode(node, forKey: .node)
      try container.encode(stream, forKey: .stream)
      try container.encode(at, forKey: .at)
      try container.encodeIfPresent(change, forKey: .change)
      try container.encodeIfPresent(suspect, forKey: .suspect)
      try container.encodeIfPresent(position, forKey: .position)
      try container.encodeIfPresent(note, forKey: .note)
    }
  }

  /// A step that is still to come, and what it waits for.
  package struct Waiting: Sendable, Codable, Equatable {
    package var stage: Step
    package var node: String
    package var stream: String
    /// RFC 3339; nil when it is not known.
    package var since: String?
    package var why: String

    package init(_ stage: Step, node: String, stream: String, since: String?, why: String) {
      self.stage = stage
      self.node = node
      self.stream = stream
      self.since = since
      self.why = why
    }
  }

  /// How many changes are told of at most.
  package static let changesMax = 20

  /// The record's id, or the natural key with what the caller may not see masked.
  package var id: String
  package var dataset: String
  package var now: Place
  /// Where it is and why, in words.
  package var why: String
  /// The newest change first, each with its steps in order.
  package var stages: [Stage]
  package var waiting: [Waiting]
  /// How many changes are known here.
  package var changes: Int
  /// How many of them, the older ones, are left out of `stages`.
  package var omitted: Int
  /// The record that it was merged into.
  package var aliasOf: String?

  package init(
    id: String, dataset: String, now: Place, why: String, stages: [Stage], waiting: [Waiting] = [], changes: Int,
    omitted: Int = 0, aliasOf: String? = nil
  ) {
    self.id = id
    self.dataset = dataset
    self.now = now
    self.why = why
    self.stages = stages
    self.waiting = waiting
    self.changes = changes
    self.omitted = omitted
    self.aliasOf = aliasOf
  }
}

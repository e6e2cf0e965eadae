/// One page of conflicts.
package struct ConflictsReply: Sendable, Codable, Equatable {
  package var conflicts: [ConflictReply]
  package var next: String?

  package init(conflicts: [ConflictReply], next: String?) {
    self.conflicts = conflicts
    self.next = next
  }
}

/// Two or more edits of one field, none of which saw the others.
package struct ConflictReply: Sendable, Codable, Equatable {
  package struct Sibling: Sendable, Codable, Equatable {
    package var dot: String
    package var node: String
    package var value: JSONValue
    package var time: String
    package var suspect: Bool

    package init(dot: String, node: String, value: JSONValue, time: String, suspect: Bool) {
      self.dot = dot
      self.node = node
      self.value = value
      self.time = time
      self.suspect = suspect
    }
  }

  /// `population/9f2c…/alamat`.
  package var id: String
  package var dataset: String
  package var record: String
  package var field: String
  package var policy: String
  /// `open` or `settled`.
  package var state: String
  package var shown: JSONValue
  /// The value that all of them replaced, when it is known.
  package var base: JSONValue
  package var version: String
  package var siblings: [Sibling]

  package init(
    id: String, dataset: String, record: String, field: String, policy: String, state: String,
    shown: JSONValue, base: JSONValue, version: String, siblings: [Sibling]
  ) {
    self.id = id
    self.dataset = dataset
    self.record = record
    self.field = field
    self.policy = policy
    self.state = state
    self.shown = shown
    self.base = base
    self.version = version
    self.siblings = siblings
  }
}

/// What a person decides about a conflict.
package struct ResolutionRequest: Sendable, Codable, Equatable {
  package enum Choice: Sendable, Equatable {
    /// `value`: what is right; null clears.
    case value(JSONValue)
    /// `take`: what this office wrote. Who decides so need not see it: a number stays masked.
    case take(String)
  }

  private enum Key: String, CodingKey {
    case value
    case take
    case version
    case reason
  }

  package var choice: Choice
  package var version: String
  package var reason: String?

  package init(_ choice: Choice, version: String, reason: String?) {
    self.choice = choice
    self.version = version
    self.reason = reason
  }

  /// - Throws: `DecodingError` when there is both a value and an office, or neither.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    // Null is a value here.
    if try container.decodeIfPresent(String.self, forKey: .take) == nil {
      choice = .value(try container.decode(JSONValue.self, forKey: .value))
    } else if container.contains(.value) {
      throw DecodingError.dataCorruptedError(forKey: .take, in: container, debugDescription: "a value and an office")
    } else {
      choice = .take(try container.decode(String.self, forKey: .take))
    }
    version = try container.decode(String.self, forKey: .version)
    reason = try container.decodeIfPresent(String.self, forKey: .reason)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    switch choice {
    case .value(let value): try container.encode(value, forKey: .value)
    case .take(let node): try container.encode(node, forKey: .take)
    }
    try container.encode(version, forKey: .version)
    try container.encodeIfPresent(reason, forKey: .reason)
  }
}

/// What is recorded and not yet acknowledged.
package struct BacklogReply: Sendable, Codable, Equatable {
  package var changes: UInt64
  package var bytes: UInt64
  /// RFC 3339; null when there is none.
  package var oldest: String?

  package init(changes: UInt64, bytes: UInt64, oldest: String?) {
    self.changes = changes
    self.bytes = bytes
    self.oldest = oldest
  }
}

/// A stream as status shows it.
package struct StreamReply: Sendable, Codable, Equatable {
  package var dataset: String
  /// The node, where streams of several are listed.
  package var node: String?
  package var applied: UInt64
  package var last: UInt64
  /// The earliest entry that the node still keeps (at the agent).
  package var earliestKept: UInt64?
  /// The head at `applied` (hexadecimal).
  package var head: String?

  package init(
    dataset: String, node: String? = nil, applied: UInt64, last: UInt64, earliestKept: UInt64? = nil,
    head: String? = nil
  ) {
    self.dataset = dataset
    self.node = node
    self.applied = applied
    self.last = last
    self.earliestKept = earliestKept
    self.head = head
  }
}

package struct StreamsReply: Sendable, Codable, Equatable {
  package var streams: [StreamReply]

  package init(streams: [StreamReply]) { self.streams = streams }
}

/// A node as the centre knows it.
package struct NodeReply: Sendable, Codable, Equatable {
  package var node: String
  package var title: [String: String]?
  package var kind: String?
  /// `online`, `offline`, `fenced`, `revoked` or `invited`.
  package var state: String
  package var lastSeen: String?
  package var backlog: BacklogReply
  package var streams: [StreamReply]
  package var clockOffsetMs: Int64?
  package var rttMs: UInt64?
  package var version: String?
  package var diskFreeBytes: UInt64?
  /// The newest data of the node that the centre holds (effective time, RFC 3339).
  package var newestData: String?
  package var openConflicts: Int?
  package var quarantined: UInt64?

  package init(node: String, state: String, backlog: BacklogReply, streams: [StreamReply]) {
    self.node = node
    self.state = state
    self.backlog = backlog
    self.streams = streams
  }
}

package struct NodesReply: Sendable, Codable, Equatable {
  package var nodes: [NodeReply]

  package init(nodes: [NodeReply]) { self.nodes = nodes }
}

/// The newest backup that counts, as status shows it.
package struct NewestBackupReply: Sendable, Codable, Equatable {
  /// RFC 3339.
  package var madeAt: String
  package var position: UInt64

  package init(madeAt: String, position: UInt64) {
    self.madeAt = madeAt
    self.position = position
  }
}

/// The daemon's own state: `GET /api/v1/status`.
package struct StatusReply: Sendable, Codable, Equatable {
  /// `agent` or `aggregator`.
  package var role: String
  package var node: String
  package var version: String
  /// One sentence in the daemon's language.
  package var summary: String
  /// Agent: `online`, `offline`, `refused`; aggregator: `online`.
  package var state: String
  /// Why, where the state is not online.
  package var why: String?
  package var incarnation: String
  package var startedAt: String
  package var backlog: BacklogReply?
  package var feed: FeedReply?
  /// The newest backup that counts; nil when there was none (at the aggregator).
  package var backup: NewestBackupReply?
  /// The audit log's newest head.
  package var audit: AuditHeadReply?
  package var clockOffsetMs: Int64?
  package var rttMs: UInt64?
  package var diskFreeBytes: UInt64?
  package var storeBytes: Int64?
  package var streams: [StreamReply]?
  package var openConflicts: Int?
  /// Aggregator: pairs of records that may be one person, of which nobody has decided.
  package var openDuplicates: Int?
  package var heldBack: Int?
  /// Agent: values of files that wait for a person.
  package var heldValues: Int?
  /// Agent: states that a restored centre does not know.
  package var recovered: Int?
  /// Agent: files of the spool that wait; nil when none does.
  package var spool: SpoolReply?
  /// Aggregator: how many nodes are in each state.
  package var nodes: [String: Int]?

  /// What the spool waits for.
  package struct SpoolReply: Sendable, Codable, Equatable {
    package struct File: Sendable, Codable, Equatable {
      package var path: String
      package var reason: String

      package init(path: String, reason: String) {
        self.path = path
        self.reason = reason
      }
    }

    /// The first of them, by path.
    package var waiting: [File]
    package var waitingTotal: Int
    /// Why the spool itself cannot be read.
    package var problem: String?

    package init(waiting: [File], waitingTotal: Int, problem: String?) {
      self.waiting = waiting
      self.waitingTotal = waitingTotal
      self.problem = problem
    }
  }

  package struct FeedReply: Sendable, Codable, Equatable {
    package var epoch: String
    package var position: UInt64

    package init(epoch: String, position: UInt64) {
      self.epoch = epoch
      self.position = position
    }
  }

  package init(
    role: String, node: String, version: String, summary: String, state: String, incarnation: String,
    startedAt: String
  ) {
    self.role = role
    self.node = node
    self.version = version
    self.summary = summary
    self.state = state
    self.incarnation = incarnation
    self.startedAt = startedAt
  }
}

/// The proof that two copies are equal: equality is claimed only at equal position with nothing pending.
package struct DigestReply: Sendable, Codable, Equatable {
  package var count: Int
  package var digest: String
  package var epoch: String?
  package var position: UInt64
  package var pending: Int

  package init(count: Int, digest: String, epoch: String?, position: UInt64, pending: Int) {
    self.count = count
    self.digest = digest
    self.epoch = epoch
    self.position = position
    self.pending = pending
  }
}

/// A range that was dropped or thinned on purpose, or lost to damage.
package struct LedgerReply: Sendable, Codable, Equatable {
  package struct Entry: Sendable, Codable, Equatable {
    package var node: String
    package var dataset: String
    package var first: UInt64
    package var last: UInt64
    package var count: UInt64
    package var reason: String
    package var at: String

    package init(
      node: String, dataset: String, first: UInt64, last: UInt64, count: UInt64, reason: String, at: String
    ) {
      self.node = node
      self.dataset = dataset
      self.first = first
      self.last = last
      self.count = count
      self.reason = reason
      self.at = at
    }
  }

  package var ledger: [Entry]
  /// Where the next page begins; absent at the end.
  package var next: String?

  package init(ledger: [Entry]) { self.ledger = ledger }
}

/// A change that could not be applied: acknowledged, kept and shown.
package struct QuarantineReply: Sendable, Codable, Equatable {
  /// What became of an entry that somebody decided about.
  package struct Decision: Sendable, Codable, Equatable {
    package var id: String
    /// `applied`, `replaced` (later changes had seen and replaced it), `held` (still refused) or `discarded`.
    package var outcome: String
    /// Why it is still held.
    package var code: String?
    package var reason: String?
    /// Fields of a state that a restored centre does not know (at the agent) of which something was not sent back: it is
    /// kept aside still, whatever `outcome` says of the rest.
    package var left: [String]?

    package init(id: String, outcome: String, code: String? = nil, reason: String? = nil, left: [String]? = nil) {
      self.id = id
      self.outcome = outcome
      self.code = code
      self.reason = reason
      self.left = left
    }
  }

  package struct Entry: Sendable, Codable, Equatable {
    package var id: String
    package var node: String
    package var dataset: String
    package var sequence: UInt64
    package var record: String?
    package var code: String
    package var reason: String
    package var at: String
    /// What the change would have written; only where one entry is asked for.
    package var fields: [String: JSONValue]?
    /// What the record shows of the same fields, where a file's value waits (at the agent).
    package var present: [String: JSONValue]?
    /// Values that stood beside those in `fields`, of a state that a restored centre does not know (at the agent).
    package var beside: [String: [JSONValue]]?

    package init(
      id: String, node: String, dataset: String, sequence: UInt64, record: String?, code: String,
      reason: String, at: String
    ) {
      self.id = id
      self.node = node
      self.dataset = dataset
      self.sequence = sequence
      self.record = record
      self.code = code
      self.reason = reason
      self.at = at
    }
  }

  package var quarantine: [Entry]
  /// Where the next page begins; absent at the end.
  package var next: String?

  package init(quarantine: [Entry]) { self.quarantine = quarantine }
}

/// `POST /api/v1/nodes/{node}/invitation`, and `simpulctl nodes invite --json`.
package struct InvitationReply: Sendable, Codable, Equatable {
  package var node: String
  package var invitation: String
  package var expires: String

  package init(node: String, invitation: String, expires: String) {
    self.node = node
    self.invitation = invitation
    self.expires = expires
  }
}

/// Every error body.
package struct ErrorReply: Sendable, Codable, Equatable, Error {
  /// Stable word.
  package var error: String
  /// What is wrong and what to do, in the daemon's language.
  package var message: String
  package var field: String?
  /// With 412 and 409: the present record or conflict.
  package var present: RecordReply?

  package init(error: String, message: String, field: String? = nil, present: RecordReply? = nil) {
    self.error = error
    self.message = message
    self.field = field
    self.present = present
  }
}

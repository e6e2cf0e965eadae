/// A record as reads hand it out.
package struct RecordReply: Sendable, Codable, Equatable {
  package var id: String
  /// Opaque; brought back in `If-Match` or with a resolution. Absent for events and samples.
  package var version: String?
  package var fields: [String: JSONValue]
  /// Fields whose siblings differ, with their state.
  package var conflicts: [String: String]?
  /// `present`, `deleted` or `alias`, where it is not simply present.
  package var lifecycle: String?
  /// The records that were merged into this one, where one record is asked for at the centre.
  package var aliases: [String]?

  package init(
    id: String, version: String?, fields: [String: JSONValue], conflicts: [String: String]? = nil,
    lifecycle: String? = nil, aliases: [String]? = nil
  ) {
    self.aliases = aliases
    self.id = id
    self.version = version
    self.fields = fields
    self.conflicts = conflicts
    self.lifecycle = lifecycle
  }
}

/// One page of records.
package struct RecordsReply: Sendable, Codable, Equatable {
  package var records: [RecordReply]
  /// Where the next page begins; null at the end.
  package var next: String?

  package init(records: [RecordReply], next: String?) {
    self.records = records
    self.next = next
  }
}

/// The answer to a POST of records, given only after the commit is on disk.
package struct IntakeReply: Sendable, Codable, Equatable {
  package struct Rejected: Sendable, Codable, Equatable {
    package var line: Int
    package var field: String?
    package var reason: String
    package var code: String?

    package init(line: Int, field: String?, reason: String, code: String?) {
      self.line = line
      self.field = field
      self.reason = reason
      self.code = code
    }
  }

  package struct StreamRange: Sendable, Codable, Equatable {
    package var first: UInt64
    package var last: UInt64

    package init(first: UInt64, last: UInt64) {
      self.first = first
      self.last = last
    }
  }

  /// A field that the definition does not know, and which was kept all the same.
  package struct UnknownField: Sendable, Codable, Equatable {
    package var field: String
    /// The declared field that was most likely meant.
    package var suggestion: String?
    package var rows: Int

    package init(field: String, suggestion: String?, rows: Int) {
      self.field = field
      self.suggestion = suggestion
      self.rows = rows
    }
  }

  /// What has to be said of rows that were taken all the same: a value that says nothing, a time that lies ahead.
  package struct Warning: Sendable, Codable, Equatable {
    /// The first of the rows.
    package var line: Int
    package var field: String?
    package var code: String
    package var reason: String
    package var rows: Int

    package init(line: Int, field: String?, code: String, reason: String, rows: Int) {
      self.line = line
      self.field = field
      self.code = code
      self.reason = reason
      self.rows = rows
    }
  }

  /// What a row became; given for a few rows of records alone.
  package struct Record: Sendable, Codable, Equatable {
    package var id: String
    package var version: String
    /// `deleted` or `alias`; absent for a record that is there.
    package var lifecycle: String?

    package init(id: String, version: String, lifecycle: String? = nil) {
      self.id = id
      self.version = version
      self.lifecycle = lifecycle
    }
  }

  /// What would become of a row that is tried out.
  package struct Row: Sendable, Codable, Equatable {
    package struct Field: Sendable, Codable, Equatable {
      package var field: String
      /// Absent where the record shows nothing.
      package var old: JSONValue?
      package var new: JSONValue
      /// True where the value waits for a person.
      package var held: Bool?

      package init(field: String, old: JSONValue?, new: JSONValue, held: Bool?) {
        self.field = field
        self.old = old
        self.new = new
        self.held = held
      }
    }

    package var line: Int
    /// `new`, `changed`, `same` or `held`; what is refused stands in `rejected`.
    package var outcome: String
    package var record: String?
    /// `same_number` or `other_name`: the row may be of somebody else.
    package var suspicion: String?
    package var fields: [Field]

    package init(line: Int, outcome: String, record: String?, suspicion: String?, fields: [Field]) {
      self.line = line
      self.outcome = outcome
      self.record = record
      self.suspicion = suspicion
      self.fields = fields
    }
  }

  /// How many of the rejected are listed at most.
  package static let rejectedMax = 1000

  package var accepted: Int
  package var duplicates: Int
  package var rejected: [Rejected]
  package var rejectedTotal: Int
  package var stream: StreamRange?
  /// Of the accepted: what is new, and what was changed.
  package var created: Int?
  package var changed: Int?
  /// Of the rejected: values that wait for a person.
  package var held: Int?
  package var unknownFields: [UnknownField]?
  package var warnings: [Warning]?
  package var records: [Record]?
  /// True where nothing was written; the following are there only then.
  package var dryRun: Bool?
  /// Rows that may be of somebody else.
  package var suspects: Int?
  /// At most `rowsPerOutcomeMax` of each outcome.
  package var rows: [Row]?
  package var rowsPerOutcomeMax: Int?
  /// The field that says what people are called, where the dataset is of people.
  package var nameField: String?

  package init(accepted: Int, duplicates: Int, rejected: [Rejected], rejectedTotal: Int, stream: StreamRange?) {
    self.accepted = accepted
    self.duplicates = duplicates
    self.rejected = rejected
    self.rejectedTotal = rejectedTotal
    self.stream = stream
  }
}

/// One change in a record's history.
package struct HistoryReply: Sendable, Codable, Equatable {
  package struct Entry: Sendable, Codable, Equatable {
    package var dot: String
    package var node: String
    /// RFC 3339, the sealed effective time.
    package var time: String
    package var suspect: Bool
    package var fields: [String: JSONValue]
    /// Words of the change's traits: creation, blind, correction, resolution.
    package var traits: [String]
    package var reason: String?
    package var source: String?
    /// `applied`, `quarantined`, or `pending` where the centre has not answered.
    package var disposition: String

    package init(
      dot: String, node: String, time: String, suspect: Bool, fields: [String: JSONValue], traits: [String],
      reason: String?, source: String?, disposition: String
    ) {
      self.dot = dot
      self.node = node
      self.time = time
      self.suspect = suspect
      self.fields = fields
      self.traits = traits
      self.reason = reason
      self.source = source
      self.disposition = disposition
    }
  }

  package var history: [Entry]

  package init(history: [Entry]) { self.history = history }
}

/// A dataset as `GET /api/v1/datasets` lists it.
package struct DatasetsReply: Sendable, Codable, Equatable {
  package struct Dataset: Sendable, Codable, Equatable {
    package var id: String
    package var kind: String
    package var version: Int
    package var title: [String: String]
    package var lane: String
    package var fields: [Field]

    package init(id: String, kind: String, version: Int, title: [String: String], lane: String, fields: [Field]) {
      self.id = id
      self.kind = kind
      self.version = version
      self.title = title
      self.lane = lane
      self.fields = fields
    }
  }

  package struct Field: Sendable, Codable, Equatable {
    package var name: String
    package var type: String
    package var title: [String: String]
    package var required: Bool
    package var policy: String
    package var personal: String
    /// Of a field of codes or regions: what each code means, by language; nil for others, and for regions that are not known.
    package var codes: [String: [String: String]]?

    package init(
      name: String, type: String, title: [String: String], required: Bool, policy: String, personal: String,
      codes: [String: [String: String]]? = nil
    ) {
      self.name = name
      self.type = type
      self.title = title
      self.required = required
      self.policy = policy
      self.personal = personal
      self.codes = codes
    }
  }

  package var datasets: [Dataset]

  package init(datasets: [Dataset]) { self.datasets = datasets }
}

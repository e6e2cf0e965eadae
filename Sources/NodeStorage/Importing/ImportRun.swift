package import Datasets
package import Replication

/// One row of an import: its values, and the record that it says it is of.
package struct ImportRow: Sendable, Equatable {
  package var row: ValidRow
  /// The row's `id` column, if it has one.
  package var id: RecordID?
  /// Of a row that was exported and comes back: what was exported. Then the row has only the cells that were changed
  /// since, and is an edit of this office.
  package var version: RecordVersion?
  /// As `IntakeRow.isOfTable`.
  package var isOfTable: Bool

  package init(_ row: ValidRow, id: RecordID? = nil, version: RecordVersion? = nil, isOfTable: Bool = false) {
    self.row = row
    self.id = id
    self.version = version
    self.isOfTable = isOfTable
  }
}

/// One import from its first row to its last: a file is given in several batches, each with the run of the
/// one before.
package struct ImportRun: Sendable {
  /// What a row without identity becomes a record by.
  package enum Kind: Sendable, Equatable {
    /// Its own content: the same file twice is the same people.
    case file
    /// A request's `Idempotency-Key` and the row's place in it.
    case request(idempotencyKey: String)
    /// Nothing: every row is a new record.
    case once
  }

  /// What the import memory is kept by: spool subdirectory, `--source`, `?source=`.
  package let source: String
  package let kind: Kind
  /// Whether a person enters the one row: a decision of this office like a save from a screen, no repetition of what a
  /// source said before. Nothing of it is remembered, held, or taken for what a file says.
  package let isTyped: Bool
  /// The newest makes ids of identifying values, the ones before find those that they made; empty until the centre has
  /// given one out.
  package let fleetKeys: [FleetKey]
  /// Random ids for `once`, and for everything while there is no key.
  let randomID: @Sendable () -> RecordID
  var rowCount = 0
  /// The file's names were sorted away from their rows (`SortedNames`).
  var namesAreSorted = false
  /// The one of the first batch in all runs of an import.
  let rows = ImportedRows()

  package static let defaultSource = "default"

  package init(
    source: String = defaultSource, kind: Kind, isTyped: Bool = false, fleetKeys: [FleetKey],
    randomID: @escaping @Sendable () -> RecordID
  ) {
    self.source = source
    self.kind = kind
    self.isTyped = isTyped
    self.fleetKeys = fleetKeys.sorted { $0.version > $1.version }
    self.randomID = randomID
  }
}

/// What became of rows of records.
package struct ImportResult: Sendable {
  /// Rows that were taken, unchanged ones among them.
  package var accepted = 0
  package var unchanged = 0
  package var changed = 0
  package var created = 0
  /// Values of rows that wait for a person, because this office changed the field itself.
  package var held = 0
  /// Rows, or fields of rows that were taken otherwise, that were not taken.
  package var rejected: [RejectedRow] = []
  /// What became of each row; nil unless it was asked for.
  package var outcomes: [ImportOutcome]?
  /// The records of the rows that were taken, in order of the rows.
  package var records: [RecordID] = []
  /// The entries that were appended; nil when none was.
  package var first: Datasets.Sequence?
  package var last: Datasets.Sequence?
  /// For the next batch of the same import.
  package var run: ImportRun

  init(run: ImportRun) { self.run = run }

  mutating func appended(_ sequence: Datasets.Sequence) {
    if first == nil { first = sequence }
    last = sequence
  }
}

import Datasets
import GRDB
import Replication
import Storage
import Wire

/// What the entries of one stream are sealed by: rows that stand, and new ones for entries that were not
/// sealed.
struct SealLedger {
  private let database: Database
  private let stream: StreamRow
  /// Rows over the entries that the batch comes to, rising.
  private var rows: [SealRow] = []
  private var place = 0
  private var isLoaded = false
  private var chooser: SealChooser
  private var made: [SealRow] = []

  init(_ database: Database, _ stream: StreamRow, samples: [ClockSample]) throws {
    self.database = database
    self.stream = stream
    chooser = SealChooser(samples)
  }

  /// Asked for entries in rising order.
  mutating func basis(of entry: StoredEntry) throws -> SealBasis {
    let sequence = entry.sequence
    if !isLoaded { try load(from: sequence) }
    while place < rows.count, rows[place].last < sequence { place += 1 }
    if place < rows.count, rows[place].first <= sequence { return rows[place].basis }
    let basis = chooser.basis(for: entry.stamp)
    if let last = made.indices.last, made[last].basis == basis {
      made[last].last = sequence
    } else {
      made.append(SealRow(first: sequence, last: sequence, basis: basis))
    }
    return basis
  }

  private mutating func load(from sequence: Datasets.Sequence) throws {
    isLoaded = true
    // From the row that holds `sequence`, or the last before it, which a new one may go on.
    let statement = try RawStatement(
      database,
      """
      SELECT id, last, offset_ms, boot, uptime_ms, wall_ms, checksum FROM _seal
      WHERE id BETWEEN coalesce((SELECT max(id) FROM _seal WHERE id BETWEEN ?1 AND ?2), ?2) AND ?3 ORDER BY id
      """)
    statement.bind(stream.key(.none), at: 1)
    statement.bind(stream.key(sequence), at: 2)
    statement.bind(stream.key(.max), at: 3)
    while try statement.step() { rows.append(SealRow(statement)) }
  }

  /// Writes the rows that were made; one that only goes on from the last before it lengthens that one.
  mutating func store(through last: Datasets.Sequence) throws {
    let statement = try RawStatement(
      database,
      """
      INSERT OR REPLACE INTO _seal (id, last, offset_ms, boot, uptime_ms, wall_ms, checksum)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      """)
    for var row in made {
      if let before = rows.last(where: { $0.last < row.first }), before.basis == row.basis,
        !rows.contains(where: { $0.first > before.last && $0.first < row.first })
      {
        row.first = before.first
      }
      let key = stream.key(row.first)
      statement.bind(key, at: 1)
      statement.bind(Int64(bitPattern: row.last.value), at: 2)
      statement.bind(row.basis.offsetMilliseconds, at: 3)
      statement.bind(Int64(bitPattern: row.basis.boot), at: 4)
      statement.bind(Int64(bitPattern: row.basis.uptimeMilliseconds), at: 5)
      statement.bind(row.basis.wall.milliseconds, at: 6)
      let checksum = StoredChecksum.seal(key: key, last: row.last, basis: row.basis)
      statement.bind(Int64(bitPattern: checksum), at: 7)
      try statement.run()
    }
    made = []
  }
}

import Datasets
import GRDB
import Replication
import Storage
import Wire

extension WriteTransaction {
  /// Keeps a state that the centre's contexts do not cover: never dropped, shown to a person.
  mutating func shelve(
    _ state: RecordState, of id: RecordID, _ dataset: InstalledDataset, _ registry: FieldRegistry,
    now: ClockReading
  ) throws {
    var registry = registry
    let statement = try RawStatement(
      database,
      """
      INSERT INTO _recovered (stream, record, state, at_ms, generation, random) VALUES (?, ?, ?, ?, ?, ?)
      """)
    statement.bind(try stream(dataset.name).id, at: 1)
    statement.bind(blob: id.bytes, at: 2)
    statement.bind(blob: state.bytes(registry: &registry), at: 3)
    statement.bind(now.wall.milliseconds, at: 4)
    statement.bind(cache.copy.cursor?.epoch.storedGeneration ?? 0, at: 5)
    statement.bind(cache.copy.cursor?.epoch.storedRandom ?? 0, at: 6)
    try statement.run()
    cache.recoveredCount += 1
  }

  /// The feed shows a state: what was held back or kept aside and is covered by it now is no news any more.
  mutating func forget(
    _ id: RecordID, coveredBy state: RecordState, _ dataset: InstalledDataset, _ registry: FieldRegistry
  ) throws {
    if cache.recoveredCount > 0 { try forgetRecovered(id, state, dataset, registry) }
    if cache.heldBackCount > 0 { try forgetHeldBack(id, state, dataset) }
  }

  private mutating func forgetRecovered(
    _ id: RecordID, _ state: RecordState, _ dataset: InstalledDataset, _ registry: FieldRegistry
  ) throws {
    let rows = try RawStatement(database, "SELECT id, state FROM _recovered WHERE stream = ? AND record = ?")
    rows.bind(try stream(dataset.name).id, at: 1)
    rows.bind(blob: id.bytes, at: 2)
    var covered: [Int64] = []
    while try rows.step() {
      guard let shelved = try? RecordState(bytes: rows.blob(1), registry: registry), state.covers(shelved)
      else {
        continue
      }
      covered.append(rows.integer(0))
    }
    rows.reset()
    for row in covered {
      try database.execute(sql: "DELETE FROM _recovered WHERE id = ?", arguments: [row])
      cache.recoveredCount -= 1
    }
  }

  private mutating func forgetHeldBack(_ id: RecordID, _ state: RecordState, _ dataset: InstalledDataset)
    throws
  {
    let stream = try stream(dataset.name)
    let rows = try RawStatement(database, "SELECT id, body FROM _held_back WHERE record = ?")
    rows.bind(blob: id.bytes, at: 1)
    var covered: [Int64] = []
    while try rows.step() {
      guard EntryKey.stream(rows.integer(0)) == stream.id else { continue }
      var reader = ByteReader(rows.blob(1))
      guard let change = try? Change(from: &reader) else { continue }
      let dot = dot(stream, EntryKey.sequence(rows.integer(0)))
      let isShown = change.edits.allSatisfy { state[$0.field].context.covers(dot) }
      if isShown, !change.edits.isEmpty { covered.append(rows.integer(0)) }
    }
    rows.reset()
    for row in covered {
      try database.execute(sql: "DELETE FROM _held_back WHERE id = ?", arguments: [row])
      cache.heldBackCount -= 1
    }
  }
}

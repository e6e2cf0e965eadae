import Datasets
import GRDB
import Storage
import Wire

extension NodeStore {
  /// Every stream, sorted by dataset.
  package func streams() async throws -> [StreamStatus] {
    try await read { database in
      try StreamRow.loadAll(database).sorted { $0.dataset < $1.dataset }.map { try $0.status(database) }
    }
  }

  package func status() async throws -> NodeStoreStatus {
    let incarnation = incarnation
    let free = freeBytes()
    let quota = limits.quotaBytes
    return try await read { database in
      var status = NodeStoreStatus(incarnation: incarnation)
      status.usedBytes = UInt64(max(0, try StoreFile.usedBytes(database)))
      status.quotaBytes = quota
      status.diskFreeBytes = free
      for row in try StreamRow.loadAll(database) {
        let stream = try row.status(database)
        status.copyBytes &+= row.copyBytes
        status.backlogChanges += stream.backlogChanges
        status.backlogBytes += stream.backlogBytes
        if let oldest = stream.oldestUnacknowledged {
          status.oldestUnacknowledged = min(status.oldestUnacknowledged ?? oldest, oldest)
        }
      }
      status.heldBack = try database.keptCount("_held_back")
      status.heldValues = try database.keptCount("_held_value")
      status.recovered = try database.keptCount("_recovered")
      status.damaged = try database.keptCount("_damage")
      if status.damaged > 0 {
        let last = try RawStatement(database, "SELECT at_ms FROM _damage ORDER BY id DESC LIMIT 1")
        if try last.step() { status.damagedAt = Timestamp(milliseconds: last.integer(0)) }
      }
      status.conflictsOpen = try database.keptCount("_conflict")
      let copy = try CopyStanding.load(database)
      status.cursor = copy.cursor
      status.ruleVersion = copy.ruleVersion
      status.isResetting = copy.sweepAt != nil
      let pressure = try RawStatement(database, "SELECT at_ms, trimmed, thinned FROM _pressure")
      if try pressure.step() {
        status.pressureAt = Timestamp(milliseconds: pressure.integer(0))
        status.trimmedUnderPressure = UInt64(max(0, pressure.integer(1)))
        status.thinned = UInt64(max(0, pressure.integer(2)))
      }
      return status
    }
  }

  /// What was dropped on purpose or lost, in order of stream and sequence.
  package func ledger(limit: Int = RecordQuery.limitMax) async throws -> [LedgerEntry] {
    try await read { database in
      let rows = try RawStatement(
        database,
        """
        SELECT _stream.dataset, first, _ledger.last, count, reason, at_ms
        FROM _ledger JOIN _stream ON _stream.id = _ledger.stream WHERE count > 0 ORDER BY stream, first, reason LIMIT ?
        """)
      rows.bind(Int64(limit), at: 1)
      var entries: [LedgerEntry] = []
      while try rows.step() {
        guard let dataset = rows.text(0).flatMap(DatasetName.init),
          let reason = UInt8(exactly: rows.integer(4)).flatMap(LossReason.init(rawValue:))
        else { continue }
        entries.append(
          LedgerEntry(
            dataset: dataset, first: Datasets.Sequence(UInt64(bitPattern: rows.integer(1))) ?? .none,
            last: Datasets.Sequence(UInt64(bitPattern: rows.integer(2))) ?? .none,
            recordCount: UInt64(bitPattern: rows.integer(3)), reason: reason,
            at: Timestamp(milliseconds: rows.integer(5))))
      }
      return entries
    }
  }
}

extension Database {
  /// How many rows a table has that is counted as it changes (of conflicts: the open ones).
  func keptCount(_ table: String) throws -> Int {
    try Int.fetchOne(self, sql: "SELECT value FROM _count WHERE name = ?", arguments: [table]) ?? 0
  }
}

extension StreamRow {
  fileprivate func status(_ database: Database) throws -> StreamStatus {
    var oldest: Timestamp?
    if acked < last {
      let row = try RawStatement(
        database, "SELECT wall_ms FROM _entry WHERE id > ? AND id <= ? ORDER BY id LIMIT 1")
      row.bind(key(acked), at: 1)
      row.bind(key(last), at: 2)
      if try row.step() { oldest = Timestamp(milliseconds: row.integer(0)) }
    }
    return StreamStatus(
      dataset: dataset, kind: kind, lane: lane, last: last, sealed: sealed, acknowledged: acked,
      earliestKept: earliest, backedUp: backedUp, backlogChanges: backlogCount, backlogBytes: backlogBytes,
      oldestUnacknowledged: oldest)
  }
}

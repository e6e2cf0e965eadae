package import Datasets
import Failpoints
import GRDB
import Replication
import Storage
package import Wire

extension NodeStore {
  /// Opens the store, made if there is none, and mints this opening's incarnation in one transaction.
  ///
  /// - Parameters:
  ///   - path: the SQLite file.
  ///   - node: the name that this node's key is bound to; a store of another name is refused.
  ///   - random: 64 random bits for the incarnation.
  ///   - boot: the present start of the machine.
  ///   - freeBytes: what is free on the store's disk; asked before appending, from any thread.
  /// - Throws: `StoreError`.
  package static func open(
    path: String, node: NodeName, random: UInt64, boot: BootIdentity, now: ClockReading,
    limits: NodeStoreLimits = NodeStoreLimits(), freeBytes: @escaping @Sendable () -> UInt64 = { .max }
  ) async throws -> NodeStore {
    let file = try StoreFile(
      path: path, applicationID: StoreSchema.applicationID, migrations: StoreSchema.migrations)
    do {
      // A bulk import writes the same pages again and again: they are copied into the file less often so, and
      // more of them stay in memory.
      try await file.pool.writeWithoutTransaction {
        try $0.execute(sql: "PRAGMA wal_autocheckpoint = 8000; PRAGMA cache_size = -32000")
      }
      let (cache, ordinal, incarnation) = try await file.write { database in
        try claim(database, node: node, path: path, now: now)
        let ordinal = try bootOrdinal(database, boot)
        let incarnation = try mint(database, random: random, now: now)
        return (try WriterCache(database), ordinal, incarnation)
      }
      Failpoint.storeOpened.pass()
      return try NodeStore(
        file: file, node: node, boot: ordinal, limits: limits, freeBytes: freeBytes, incarnation: incarnation,
        cache: cache)
    } catch let error as DatabaseError {
      throw StoreError(error)
    }
  }

  /// Looks into the store at `path`, which a daemon may have open, and changes nothing.
  ///
  /// - Returns: the texts that the centre handed out; nil where there is no store yet.
  /// - Throws: `StoreError`: what opening it would throw, `.inputOutput` where it cannot be looked into.
  package static func look(at path: String, node: NodeName) throws -> [StoredDocument]? {
    try StoreFile.look(
      at: path, applicationID: StoreSchema.applicationID, newestFormat: StoreSchema.migrations.count
    ) { database in
      let name = try String.fetchOne(database, sql: "SELECT node FROM _identity")
      if let name { try check(name, is: node, path: path) }
      return try database.storedDocuments()
    }
  }

  private static func claim(_ database: Database, node: NodeName, path: String, now: ClockReading) throws {
    let name = try String.fetchOne(database, sql: "SELECT node FROM _identity")
    guard let name else {
      return try database.execute(
        sql: "INSERT INTO _identity (one, node, alive_ms) VALUES (1, ?, ?)",
        arguments: [node.text, now.wall.milliseconds])
    }
    try check(name, is: node, path: path)
  }

  private static func check(_ name: String, is node: NodeName, path: String) throws {
    guard name == node.text else {
      throw StoreError(
        .unusable,
        BilingualText(
          id:
            "\(path) adalah penyimpanan kantor \(name), bukan \(node); tulis node = \"\(name)\" atau pilih data_dir lain.",
          en:
            "\(path) is the store of node \(name), not of \(node); set node = \"\(name)\" or choose another data_dir."
        ))
    }
  }

  private static func bootOrdinal(_ database: Database, _ boot: BootIdentity) throws -> UInt64 {
    let known = try Int64.fetchOne(
      database, sql: "SELECT ordinal FROM _boot WHERE id = ?", arguments: [boot.id])
    if let known { return UInt64(bitPattern: known) }
    try database.execute(
      sql: "INSERT INTO _boot (id, started_ms) VALUES (?, ?)",
      arguments: [boot.id, boot.startedAt.milliseconds])
    return UInt64(bitPattern: database.lastInsertedRowID)
  }

  /// A new incarnation whose parent is the last one, unless that one neither spoke nor recorded anything: it
  /// is then replaced. (A daemon that restarts a thousand times without a link would else have no lineage
  /// that hello can hold.)
  private static func mint(_ database: Database, random: UInt64, now: ClockReading) throws -> Incarnation {
    var lineage = try LineageLine.load(database)
    let streams = try StreamRow.loadAll(database)
    if let last = lineage.present, !last.isSpoken, !last.isWelcomed,
      streams.allSatisfy({ $0.last == last.ends[$0.id]?.last ?? .none })
    {
      try LineageLine.delete(last.incarnation, database)
      lineage.removeLast()
      return try insert(database, parent: last.parent, streams: streams, random: random, now: now)
    }
    return try insert(
      database, parent: lineage.present?.incarnation, streams: streams, random: random, now: now)
  }

  private static func insert(
    _ database: Database, parent: Incarnation?, streams: [StreamRow], random: UInt64, now: ClockReading
  ) throws -> Incarnation {
    let incarnation = Incarnation(generation: (parent?.generation ?? 0) + 1, random: random)
    var ends: [Int64: LineageLine.End] = [:]
    for stream in streams {
      let sealed = try database.mark(of: stream, atOrBefore: stream.sealed)
      ends[stream.id] = LineageLine.End(last: stream.last, sealed: sealed.mark)
    }
    let member = LineageLine.Member(
      incarnation: incarnation, parent: parent, isSpoken: false, isWelcomed: false, ends: ends)
    try LineageLine.insert(member, openedAt: now.wall, database)
    return incarnation
  }
}

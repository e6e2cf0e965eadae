package import Datasets
import Failpoints
import Foundation
import GRDB
import Replication
package import Storage
package import Wire

/// A node's store: its streams, its copy of the centre's state, and what lies between them, in one SQLite
/// file.
///
/// Every method is one transaction (or several bounded ones where it says so) on the one writer, and what it
/// returned from is on the disk. Wall clock, boot and randomness come in as parameters. DESIGN.md has tables
/// and invariants.
package final class NodeStore: Sendable {
  /// What readers and the writer share and what changes rarely.
  struct Shared {
    var incarnation: Incarnation
    var datasets: [DatasetName: InstalledDataset] = [:]
    /// Damage that a reader met; the next transaction writes it down.
    var damage: [DamageNote] = []
    /// Counts on while a transaction runs that may take long; nil when none does.
    var longStep: UInt64?
    /// Where `longStep` stood when `check` last looked.
    var longStepSeen: UInt64?
  }

  package let node: NodeName
  let file: StoreFile
  let boot: UInt64
  let limits: NodeStoreLimits
  let freeBytes: @Sendable () -> UInt64
  let shared: Locked<Shared>
  /// Who may come in over TCP.
  package let access: AccessStore
  private let writer: WriterBox

  init(
    file: StoreFile, node: NodeName, boot: UInt64, limits: NodeStoreLimits,
    freeBytes: @escaping @Sendable () -> UInt64, incarnation: Incarnation, cache: WriterCache
  ) throws {
    self.file = file
    self.node = node
    self.boot = boot
    self.limits = limits
    self.freeBytes = freeBytes
    shared = Locked(Shared(incarnation: incarnation))
    writer = WriterBox(cache)
    access = try AccessStore(file, tables: .node)
  }

  /// What the daemon minted when it opened the store (or when it last had to branch off).
  package var incarnation: Incarnation { shared.withLock { $0.incarnation } }

  /// Who looked at unmasked numbers, and who decided what.
  package var auditLog: AuditLog { AuditLog(file, StoreSchema.audit) }

  /// What attendance terminals handed in and nobody has taken for a punch yet.
  package var terminals: TerminalShelf { TerminalShelf(self) }

  package var author: Author { Author(node: node, incarnation: incarnation) }

  func dataset(_ name: DatasetName) throws -> InstalledDataset {
    guard let dataset = shared.withLock({ $0.datasets[name] }) else {
      throw StoreError(
        .notFound, "This node has no dataset \(name); it comes from the centre once the node may have it.")
    }
    return dataset
  }

  /// Runs `body` in one immediate transaction; it is on the disk when this returns, or has left nothing
  /// behind.
  func write<Result: Sendable>(
    _ body: @escaping @Sendable (inout WriteTransaction) throws -> Result
  ) async throws -> Result {
    let writer = writer
    do {
      return try await file.pool.writeWithoutTransaction { database in
        let saved = writer.cache
        // Looked at only here, where nothing changes them any more: the call may have waited behind a branch.
        let (context, damage) = self.context(for: saved)
        do {
          var result: Result?
          try database.inTransaction(.immediate) {
            var transaction = WriteTransaction(database: database, cache: saved, context: context)
            for note in damage { try transaction.mend(note) }
            result = try body(&transaction)
            try transaction.cache.persist(since: saved, database)
            writer.cache = transaction.cache
            return .commit
          }
          guard let result else { throw StoreError(.inputOutput, "The store did not commit; try again.") }
          self.publish(writer.cache.lineage)
          return result
        } catch {
          writer.cache = saved
          throw error
        }
      }
    } catch let error as DatabaseError {
      throw StoreError(error)
    }
  }

  private func context(for cache: WriterCache) -> (StoreContext, [DamageNote]) {
    shared.withLock { shared in
      defer { shared.damage = [] }
      let context = StoreContext(
        node: node, incarnation: cache.lineage.present?.incarnation ?? shared.incarnation, boot: boot,
        limits: limits, freeBytes: freeBytes, datasets: shared.datasets,
        noteProgress: { [shared = self.shared] in
          shared.withLock { $0.longStep = $0.longStep.map { $0 &+ 1 } }
        })
      return (context, shared.damage)
    }
  }

  private func publish(_ lineage: LineageLine) {
    guard let present = lineage.present?.incarnation else { return }
    shared.withLock { $0.incarnation = present }
  }

  /// Runs `body` in one transaction that may take longer than the watchdog waits; it says how it goes on by
  /// `StoreContext.noteProgress`.
  func writeLong<Result: Sendable>(
    _ body: @escaping @Sendable (inout WriteTransaction) throws -> Result
  ) async throws -> Result {
    // Before the call waits for the writer: a check that comes later waits behind it.
    shared.withLock { $0.longStep = 0 }
    defer {
      shared.withLock {
        $0.longStep = nil
        $0.longStepSeen = nil
      }
    }
    return try await write(body)
  }

  /// Runs `body` in one transaction whose result whoever gave the rows or made the edit is told.
  func writeIntake<Result: Sendable>(
    _ body: @escaping @Sendable (inout WriteTransaction) throws -> Result
  ) async throws -> Result {
    let result = try await write { transaction in
      let result = try body(&transaction)
      Failpoint.intakeBeforeCommit.pass()
      return result
    }
    Failpoint.intakeCommitted.pass()
    return result
  }

  /// Runs `body` on a reader, in a snapshot of what is committed.
  func read<Result: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Result
  ) async throws -> Result {
    do { return try await file.read(body) } catch let error as DatabaseError { throw StoreError(error) }
  }

  /// Writes and commits one number: fails when nothing can be made durable any more.
  ///
  /// A long transaction that goes on is as good; one that does not fails the check.
  package func check(now: ClockReading) async throws {
    let isGoingOn: Bool? = shared.withLock { shared in
      guard let step = shared.longStep else { return nil }
      defer { shared.longStepSeen = step }
      return step != shared.longStepSeen
    }
    if let isGoingOn {
      if isGoingOn { return }
      throw StoreError(.inputOutput, "A long step of the store does not go on.")
    }
    try await write { transaction in
      try transaction.database.execute(
        sql: "UPDATE _identity SET alive_ms = ?", arguments: [now.wall.milliseconds])
    }
  }

  /// Drops cached pages; they are read again when they are needed.
  package func releaseMemory() { file.releaseMemory() }

  /// Waits for what is under way and closes the file; nothing may be called afterwards.
  package func close() throws {
    do { try file.close() } catch {
      throw StoreError(
        .inputOutput, "The store \(file.path) did not close cleanly; nothing committed is lost.", cause: error
      )
    }
  }
}

extension StoreError {
  init(_ error: DatabaseError) {
    switch error.resultCode {
    case .SQLITE_FULL:
      self.init(.full, "The disk is full; free some space or raise the limits.", cause: error)
    case .SQLITE_CORRUPT, .SQLITE_NOTADB:
      self.init(.damaged, "The store's file is damaged; stop the agent and restore a backup.", cause: error)
    case .SQLITE_IOERR:
      self.init(
        .inputOutput, "The disk did not take what the store wrote; check it and its cables.", cause: error)
    case .SQLITE_INTERRUPT, .SQLITE_ABORT:
      self.init(.inputOutput, "A step of the store was broken off, as at the service's end; repeat it.", cause: error)
    default:
      self.init(.inputOutput, "The store did not do what it was asked; see the cause.", cause: error)
    }
  }
}

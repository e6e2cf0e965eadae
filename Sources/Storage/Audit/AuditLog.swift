package import Datasets
import GRDB
package import Replication
package import Wire

/// A store's audit log, which nothing but this writes to. Callable from anywhere.
package struct AuditLog: Sendable {
  /// Of the entries before it may be looked at for one page of a filtered list.
  package static let pageMax = 1_000

  private let file: StoreFile
  private let table: AuditTable

  package init(_ file: StoreFile, _ table: AuditTable) {
    self.file = file
    self.table = table
  }

  /// Appends entries; they are on the disk when this returns.
  ///
  /// - Throws: `StoreError`: `.full` when the disk has no room. Nothing was written then.
  @discardableResult
  package func append(_ acts: [AuditAct], at time: Timestamp) async throws -> StreamMark {
    let table = table
    return try await naming { try await file.write { try table.append(acts, at: time, to: $0) } }
  }

  /// The newest entry's place and head; `StreamMark.start` for an empty log.
  package func mark() async throws -> StreamMark {
    let table = table
    return try await naming { try await file.read { try table.mark($0) } }
  }

  /// Entries behind `after` up to `through`, oldest first.
  package func entries(
    after: Datasets.Sequence, through: Datasets.Sequence, limit: Int
  ) async throws -> [AuditedEntry] {
    let table = table
    return try await naming {
      try await file.read { try table.entries($0, after: after, through: through, limit: min(limit, Self.pageMax)) }
    }
  }

  /// The newest entries before `before`, newest first.
  package func newest(
    before: Datasets.Sequence?, action: String? = nil, caller: String? = nil, limit: Int
  ) async throws -> [AuditedEntry] {
    let table = table
    return try await naming {
      try await file.read {
        try table.newest($0, before: before, action: action, caller: caller, limit: min(limit, Self.pageMax))
      }
    }
  }

  private func naming<Result>(_ body: () async throws -> Result) async throws -> Result {
    do { return try await body() } catch let error as DatabaseError {
      throw error.resultCode == .SQLITE_FULL
        ? StoreError(.full, "The disk is full: the audit log cannot be written.", cause: error)
        : StoreError(.inputOutput, "The audit log cannot be written or read.", cause: error)
    }
  }
}

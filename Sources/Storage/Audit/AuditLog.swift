package import Datasets
import GRDB
package import Replication
package import Wire

/// A store's audit log, which nothing but this writes to. Callable from anywhere.
package struct AuditLog: Sendable {
  /// The most entries of one page.
  package static let pageMax = 1_000
  /// The most entries that one page of a filtered list looks at.
  package static let lookedAtMax = 10_000

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
  ///
  /// - Parameters:
  ///   - limit: at most `pageMax`.
  ///   - lookedAtMax: the most entries that are looked at.
  /// - Returns: fewer than `limit`, or none, and yet a `next`, where the filters fit few of those that were looked at.
  package func newest(
    before: Datasets.Sequence?, action: String? = nil, caller: String? = nil, limit: Int,
    lookedAtMax: Int = Self.lookedAtMax
  ) async throws -> AuditPage {
    let table = table
    return try await naming {
      try await file.read {
        try table.newest(
          $0, before: before, action: action, caller: caller, limit: min(max(1, limit), Self.pageMax),
          lookedAtMax: lookedAtMax)
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

/// A part of an audit log, newest first.
package struct AuditPage: Sendable, Equatable {
  package let entries: [AuditedEntry]
  /// What the next page is to begin before; nil at the log's beginning.
  package let next: Datasets.Sequence?
}

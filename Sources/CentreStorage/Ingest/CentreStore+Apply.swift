import Compression
package import Datasets
import Failpoints
import GRDB
import Storage
import Wire

extension CentreStore {
  /// One transaction takes at most so many decompressed bytes.
  private static let groupBytesMax = 16 << 20
  private static let groupCountMax = 256

  /// Applies batches in order, several to a transaction: each is on disk, with its stream's position, or
  /// nothing of it is. Applying one again changes nothing.
  ///
  /// - Returns: one outcome per batch, in order.
  /// - Throws: only `CancellationError`; how many batches were applied by then the next hello tells.
  package func apply(_ batches: [IncomingBatch], now: Timestamp) async throws -> [BatchOutcome] {
    var outcomes: [BatchOutcome] = []
    outcomes.reserveCapacity(batches.count)
    var rest = batches[...]
    while !rest.isEmpty {
      var group: [LoadedBatch] = []
      var bytes = 0
      while let next = rest.first, group.count < Self.groupCountMax,
        group.isEmpty || bytes + next.batch.entries.rawCount <= Self.groupBytesMax
      {
        group.append(LoadedBatch(next))
        bytes += next.batch.entries.rawCount
        rest.removeFirst()
      }
      outcomes += try await apply(group, now: now)
    }
    return outcomes
  }

  private func apply(_ group: [LoadedBatch], now: Timestamp) async throws -> [BatchOutcome] {
    do {
      let outcomes = try await write(now: now) { session in
        let outcomes = try group.map { try session.apply($0) }
        Failpoint.batchBeforeCommit.pass()
        return outcomes
      }
      Failpoint.batchCommitted.pass()
      return outcomes
    } catch let cancellation as CancellationError {
      throw cancellation
    } catch {
      guard group.count > 1 else { return [.failed(StoreError(writing: error))] }
      // One may have failed the others: each for itself now.
      var outcomes: [BatchOutcome] = []
      for batch in group { outcomes += try await apply([batch], now: now) }
      return outcomes
    }
  }
}

/// A batch whose entries were decompressed before the writer is asked for.
struct LoadedBatch: Sendable {
  let node: NodeName
  let batch: Batch
  /// Nil when the bytes are no block.
  let block: [UInt8]?

  init(_ incoming: IncomingBatch) {
    node = incoming.node
    batch = incoming.batch
    let entries = incoming.batch.entries
    block =
      entries.rawCount <= Limits.batchBytesMax
      ? try? Zstandard.decompress(entries.bytes, rawCount: entries.rawCount) : nil
  }
}

import CentreStorage
import Compression
import Datasets
import Replication
import Sessions
import Wire

/// Mistakes that the centre makes with the batches that it applies.
extension Centre {
  /// The batch as a centre takes it that compares no heads: damaged on its way, once in a while, and with the head that
  /// follows from the damage.
  func unchecked(_ order: BatchOrder) -> BatchOrder {
    guard world.makes(.skipsChainCheck, chance, 100), let applied = mistakeMemory.applied(order),
      let batch = order.batch.saidAgain(after: applied, { $0.dropLast() + $0.suffix(1).map { $0 ^ 1 } })
    else { return order }
    return BatchOrder(node: order.node, peer: order.peer, session: order.session, batch: batch)
  }

  /// Applies batches a second time, under the numbers behind them, and tells nobody.
  func applyAgain(_ orders: [BatchOrder], _ outcomes: [BatchOutcome], _ store: CentreStore) async throws {
    for (order, outcome) in zip(orders, outcomes) {
      guard case .ack(let ack, _) = outcome else { continue }
      mistakeMemory.note(ack, of: order.node)
      guard ack.applied.sequence == order.batch.last, world.makes(.appliesTwice, chance, 100),
        let batch = order.batch.saidAgain(after: ack.applied, { $0 })
      else { continue }
      _ = try await store.apply([IncomingBatch(node: order.node, batch: batch)], now: wall)
    }
  }
}

extension Batch {
  /// The batch with its entries changed, behind `mark`, and with the head that follows; nil where it holds a gap.
  fileprivate func saidAgain(after mark: StreamMark, _ change: ([UInt8]) -> [UInt8]) -> Batch? {
    guard let block = try? Zstandard.decompress(entries.bytes, rawCount: entries.rawCount),
      let ranges = try? EntryBlock.ranges(in: block)
    else { return nil }
    var chain = StreamChain(at: mark)
    var writer = ByteWriter(capacity: block.count)
    for range in ranges {
      guard block[range].first != Entry.Kind.gap.rawValue else { return nil }
      let entry = change(Array(block[range]))
      chain.append(entry)
      EntryBlock.append(entry, to: &writer)
    }
    guard let packed = try? Zstandard.compress(writer.bytes) else { return nil }
    return Batch(
      session: session, dataset: dataset, incarnation: incarnation, first: mark.sequence.next, last: chain.last,
      head: chain.head, entries: CompressedBytes(rawCount: writer.bytes.count, bytes: packed))
  }
}

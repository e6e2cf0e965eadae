import CentreStorage
import Compression
import Datasets
import Replication
import Sessions
import Wire

/// Mistakes that are made between the centre's store and its machines.
extension Centre {
  func mistaken(_ event: CentreSession.Event) -> CentreSession.Event {
    guard case .feedLoaded(let peer, let session, let page) = event else { return event }
    var parts = page.parts
    if world.makes(.passesOverFeedPart, chance, 100), !parts.isEmpty {
      parts.removeLast()
    } else if world.makes(.forgetsRetraction, chance, 1000) {
      parts = parts.map { $0.changed { $0.items.removeAll { if case .retraction = $0 { true } else { false } } } }
    } else if world.makes(.keepsNewestSibling, chance, 1000) {
      parts = parts.map {
        $0.withSiblings { _, _, state in state.siblings.max { $0.time < $1.time }.map { [$0] } ?? [] }
      }
    } else if world.makes(.ordersByClock, chance, 1000) {
      parts = parts.map { $0.withSiblings { mistakeMemory.latest(of: $0, $1, $2) } }
    } else if world.makes(.stampsAtCentre, chance, 1000) {
      parts = parts.map {
        $0.withSiblings { place, _, state in
          state.siblings.map { mistakeMemory.stamped($0, of: place.dataset, at: wall) }
        }
      }
    } else if world.makes(.withholdsVerdicts, chance, 1000) {
      parts.removeAll { if case .verdicts = $0.part { true } else { false } }
    }
    return .feedLoaded(
      peer, session: session,
      CentreSession.FeedPage(parts: parts, end: page.end, isComplete: page.isComplete))
  }

  func mistaken(_ outcome: BatchOutcome) -> BatchOutcome {
    guard case .ack(var ack, let counts) = outcome, world.makes(.acknowledgesTooFar, chance, 200) else {
      return outcome
    }
    ack.applied = StreamMark(sequence: ack.applied.sequence.next, head: ack.applied.head)
    return .ack(ack, counts)
  }

  /// Acks for batches that nobody applied, once in a while.
  func acknowledgedUnapplied(_ orders: [BatchOrder]) -> [(CentreSession.Event, NodeName)]? {
    guard let store, world.makes(.acknowledgesUnapplied, chance, 100) else { return nil }
    return orders.map { order in
      let ack = Ack(
        session: order.session, dataset: order.batch.dataset, incarnation: order.batch.incarnation,
        applied: StreamMark(sequence: order.batch.last, head: order.batch.head), quarantined: [],
        visibleAt: FeedCursor(epoch: store.epoch, position: 0), backedUp: nil, credit: Credit(bytes: 0, messages: 0))
      return (order.answered(.position(ack)), order.node)
    }
  }
}

extension CentreSession.FeedPage.Step {
  /// Changed where it carries records.
  fileprivate func changed(_ change: (inout FeedRecords) -> Void) -> CentreSession.FeedPage.Step {
    guard case .records(let dataset, let compressed) = part,
      let bytes = try? Zstandard.decompress(compressed.bytes, rawCount: compressed.rawCount),
      var records = try? FeedRecords(bytes: bytes)
    else { return self }
    change(&records)
    let left = records.bytes
    guard let packed = try? Zstandard.compress(left) else { return self }
    return CentreSession.FeedPage.Step(
      position: position, part: .records(dataset, CompressedBytes(rawCount: left.count, bytes: packed)))
  }

  /// With other siblings in every field of the records that it carries.
  fileprivate func withSiblings(
    _ change: (RecordPlace, FieldName, FieldState) -> [Sibling]
  ) -> CentreSession.FeedPage.Step {
    guard case .records(let dataset, _) = part else { return self }
    return changed { records in
      var registry = records.registry
      records.items = records.items.map { item in
        guard case .state(let id, let bytes) = item,
          var state = try? RecordState(bytes: bytes, registry: records.registry)
        else { return item }
        let place = RecordPlace(dataset: dataset, record: id)
        for field in state.fields { state[field.name].siblings = change(place, field.name, field.state) }
        return .state(id, state.bytes(registry: &registry))
      }
    }
  }
}

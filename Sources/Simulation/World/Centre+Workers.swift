import CentreStorage
import Datasets
import Replication
import Sessions
import Wire

/// What works at the centre's store, one order of each kind at a time.
extension Centre {
  func turn(_ worker: Worker) {
    guard !busy.contains(worker), hasWork(worker) else { return }
    busy.insert(worker)
    let pause = worker == .requeues ? chance.between(1000, 1100) : chance.between(1, 15)
    planned(after: pause) { [unowned self] in
      guard let store else { return }
      do {
        let events = try await works(worker, store)
        planned(after: chance.between(0, 5)) { [unowned self] in
          busy.remove(worker)
          for (event, node) in events { handle(mistaken(event), of: node) }
          turn(worker)
        }
      } catch {
        if survives(error) {
          busy.remove(worker)
          turn(worker)
        }
      }
    }
  }

  private func hasWork(_ worker: Worker) -> Bool {
    switch worker {
    case .batches: !batches.isEmpty
    case .feeds: !feeds.isEmpty
    case .admissions: !admissions.isEmpty
    case .requeues: wantsRequeue && world.scenario.mistake != .neverRequeues
    }
  }

  private func works(_ worker: Worker, _ store: CentreStore) async throws -> [(CentreSession.Event, NodeName)] {
    switch worker {
    case .batches: return try await applies(store)
    case .feeds:
      let order = feeds.removeFirst()
      do { return [(try await order.load(from: store), order.node)] } catch {
        guard !disk.isPowerOff else { throw error }
        return [(order.failed, order.node)]
      }
    case .admissions:
      let order = admissions.removeFirst()
      return try await admits(order, store)
    case .requeues:
      wantsRequeue = false
      defer { awaited.end() }
      for dataset in awaited.begin() {
        try await store.requeueHeld(dataset: dataset, code: .unknownContext, now: wall)
      }
      try await quarantineChanged(store)
      return []
    }
  }

  private func applies(_ store: CentreStore) async throws -> [(CentreSession.Event, NodeName)] {
    let orders = batches.take(bytesMax: 16 << 20).map { unchecked($0) }
    if let unapplied = acknowledgedUnapplied(orders) { return unapplied }
    let outcomes = try await store.apply(orders.map(\.incoming), now: wall).map { mistaken($0) }
    // The store says of each batch what became of it; without power none of it may be told.
    if disk.isPowerOff { throw SimulatedDisk.Trouble.failure }
    try await applyAgain(orders, outcomes, store)
    for (order, outcome) in zip(orders, outcomes) {
      world.note("\(order.node) \(order.batch.dataset) \(order.batch.first): \(outcome.word)")
      if case .ack(let ack, let counts) = outcome {
        if awaited.note(ack, counts) { wantsRequeue = true }
      }
    }
    planned(after: 6) { [unowned self] in
      if let store = self.store { feedChanged(store) }
      turn(.requeues)
    }
    return zip(orders, outcomes).map { ($0.answered($1), $0.node) }
  }

  private func admits(
    _ order: AdmissionOrder, _ store: CentreStore
  ) async throws -> [(CentreSession.Event, NodeName)] {
    guard let line = lines[order.peer.number] else { return [(.unreachable(order.peer), order.node)] }
    do {
      let admission = try await store.admit(
        node: order.node, hello: order.hello, publicKey: line.key, hasAnswered: order.hasAnswered, now: wall)
      let doubt = if case .doubted = admission.decision { "doubted" } else { "\(admission.findings)" }
      world.note("\(order.node) admission: \(doubt)")
      if admission.hasRevokedKeys { try await refreshAuthorised(store) }
      let events = order.answered(admission).map { ($0, order.node) }
      guard case .welcomed = admission.decision else { return events }
      unknown[order.node] = nil
      return events + feed.rulesChanged(of: order.node, in: store).map { ($0, order.node) }
    } catch {
      guard !disk.isPowerOff else { throw error }
      world.note("the centre's store", error, of: disk)
      return [(order.failed, order.node)]
    }
  }
}

extension BatchOutcome {
  /// For the trace.
  var word: String {
    switch self {
    case .ack(let ack, let counts):
      "applied \(ack.applied.sequence) at \(ack.visibleAt.position), \(counts.applied) new, \(counts.quarantined) aside"
    case .position(let ack): "goes back to \(ack.applied.sequence)"
    case .broken(let refusal): "broken: \(refusal.reason)"
    case .failed: "failed"
    }
  }
}

import Datasets
import Replication
import Sessions
import Wire

/// What an office's store does for its session, one order after the other.
extension Office {
  func order(_ order: StoreOrder) {
    orders.append(order)
    if orders.count > world.scenario.bounds.ordersMax {
      world.violated("\(name): \(orders.count) orders wait for its store, which grows without bound")
    }
    works()
  }

  private func works() {
    guard !isWorking, !orders.isEmpty else { return }
    isWorking = true
    planned(after: chance.between(1, 20)) { [unowned self] in await carriesOut() }
  }

  private func carriesOut() async {
    guard let work, !orders.isEmpty else { return }
    let order = mistaken(orders.removeFirst())
    var outcomes: [StoreWork.Outcome] = []
    if queue.begins(order) {
      if case .recordClock(let offset, let roundTrip, _) = order {
        measure.clockOffsetMilliseconds = offset
        measure.roundTripMilliseconds = roundTrip
      }
      _ = reading()
      do {
        outcomes = try await work.perform(order, measure)
        world.note("\(name) \(order.word)")
        if case .storeWelcome = order { wasWelcomed = true }
        world.sealed.heard(self, order, outcomes)
        await world.promises.heard(self, order)
      } catch {
        guard survives(error) else { return }
        queue.failed()
        outcomes = [.happened(.storeFailed(reason: "\(error)"))]
      }
    }
    // On the disk, and the process may die before anybody hears of it.
    planned(after: chance.between(0, 5)) { [unowned self] in
      isWorking = false
      for outcome in outcomes { take(outcome) }
      works()
    }
  }

  private func take(_ outcome: StoreWork.Outcome) {
    switch outcome {
    case .happened(let event):
      if let order = unawaitedAck(event) { self.order(order) }
      handle(mistaken(event))
    case .message(let message): line?.send(toCentre: message.bytes)
    case .unsettled: if world.scenario.mistake != .neverSettles, queue.settles() { order(.settleCopy) }
    case .documentsInstalled, .acknowledged: break
    }
  }
}

extension StoreOrder {
  /// For the trace.
  var word: String {
    switch self {
    case .prepareHello: "hello"
    case .storeWelcome(let welcome): "welcome \(welcome.session)"
    case .loadBatch(let dataset, let after, _): "batch of \(dataset) after \(after)"
    case .storeAck(let ack, _): "ack \(ack.dataset) \(ack.applied.sequence) at \(ack.visibleAt.position)"
    case .applyFeed(let feed): "feed \(feed.cursor.position): \(feed.part.word)"
    case .storeDocuments: "documents"
    case .recordClock(let offset, _, _): "clock \(offset)"
    case .sendPing: "ping"
    case .settleCopy: "settle"
    }
  }
}

extension Feed.Part {
  fileprivate var word: String {
    switch self {
    case .nothing: "nothing"
    case .records(let dataset, _): "\(dataset)"
    case .occurrences(let run): "\(run.dataset) of \(run.author) \(run.first) to \(run.last)"
    case .verdicts(let verdicts): "\(verdicts.count) verdicts"
    }
  }
}

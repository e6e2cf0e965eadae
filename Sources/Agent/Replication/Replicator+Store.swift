import Failpoints
import Logging
import Machine
import Replication
import Sessions
package import Wire

extension Replicator {
  /// Does one order of the store worker and tells the machine what came of it.
  func perform(_ order: StoreOrder) async throws {
    if case .recordClock(let offset, let roundTrip, let reading) = order {
      clock.measured(offsetMilliseconds: offset, at: reading)
      measure.clockOffsetMilliseconds = offset
      measure.roundTripMilliseconds = roundTrip
    }
    if case .storeAck = order { Failpoint.ackReceived.pass() }
    for outcome in try await work.perform(order, measure) {
      switch outcome {
      case .happened(let event): handle(event)
      case .message(let message): send(message)
      case .unsettled: if queue.settles() { self.order(.settleCopy) }
      case .documentsInstalled: limitUplink()
      case .acknowledged(let time): progressAt = time
      }
    }
  }

  /// How this node is doing, for hello, pings and status.
  package func report() async throws -> NodeReport { try await work.report(measure) }

  func workStore() async {
    for await order in storeOrders where queue.begins(order) {
      do { try await perform(order) } catch {
        logger.error("store: \(error)")
        queue.failed()
        handle(.storeFailed(reason: "\(error)"))
      }
    }
  }
}

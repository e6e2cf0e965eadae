import CentreStorage
import Datasets
import Logging
import Machine
import Replication
import Sessions
import Wire

/// Taking in again what was set aside until something came: another stream, or the time.
extension SessionHub {
  /// Streams move all the time: a pass looks at everything that is held, so it is made this seldom.
  private static let requeuePause: Duration = .seconds(1)

  /// Notes what an ack of a batch did to changes that wait for other streams.
  func noteContexts(_ ack: Ack, _ counts: IngestCounts) {
    if awaitedContexts.note(ack, counts) { requeueSignal.raise() }
  }

  func workRequeues() async {
    await quarantineChanged()
    if !awaitedContexts.isEmpty { requeueSignal.raise() }
    while await requeueSignal.wait() {
      await requeueContexts()
      do { try await Task.sleep(for: Self.requeuePause) } catch { return }
    }
  }

  private func requeueContexts() async {
    defer { awaitedContexts.end() }
    for dataset in awaitedContexts.begin() {
      do {
        let count = try await store.requeueHeld(
          dataset: dataset, code: .unknownContext, now: MachineClock.wall())
        if count > 0 {
          logger.notice(
            "\(count) changes left quarantine: what they had seen has come",
            metadata: ["dataset": "\(dataset)"])
        }
      } catch {
        logger.error("held changes could not be taken in: \(error)", metadata: ["dataset": "\(dataset)"])
      }
    }
    await quarantineChanged()
  }

  /// What waited for a decision is judged by it. What fails here, or a process that died before, leaves it to the next call.
  private func requeueDecided() async {
    do { try await store.requeueDecided(now: MachineClock.wall()) } catch {
      logger.error("what waited for a decision could not be taken in; it is tried again: \(error)")
    }
  }

  private func noteHeldContexts() async {
    do { awaitedContexts.formUnion(try await store.datasetsHeld(.unknownContext)) } catch {
      logger.error("what is held could not be read: \(error)")
    }
  }

  /// Takes in what was ahead of the centre's clock and is no longer, and what an earlier call left. Called now and then.
  package func requeueDue() async throws {
    let count = try await store.requeueDue(now: MachineClock.wall())
    if count > 0 { logger.notice("\(count) entries left quarantine: their time has come") }
    await quarantineChanged()
  }

  /// Entries were decided about or taken out of quarantine: others waited for that, readers wait for what they changed,
  /// and some may wait for other streams now.
  package func quarantineChanged() async {
    await requeueDecided()
    await noteHeldContexts()
    feedChanged()
  }
}

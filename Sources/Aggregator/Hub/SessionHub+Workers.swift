import CentreStorage
import Datasets
import Failpoints
import Logging
import Machine
import Replication
import Sessions
import Transport
import Wire

extension SessionHub {
  /// One transaction takes at most so many decompressed bytes: nobody waits for his ack until the backlog of the
  /// whole fleet is applied.
  private static let transactionBytesMax = 16 << 20

  /// Applies what waits, a transaction's worth at a time in order of lanes, and answers it before the next.
  func workBatches() async {
    while await batchSignal.wait() {
      working.insert(.batches)
      while !Task.isCancelled {
        let orders = takeBatches(bytesMax: Self.transactionBytesMax)
        if orders.isEmpty { break }
        beat(.batches)
        await apply(orders)
      }
      working.remove(.batches)
    }
  }

  private func apply(_ orders: [BatchOrder]) async {
    do {
      let outcomes = try await store.apply(orders.map(\.incoming), now: MachineClock.wall())
      applied(orders, outcomes)
    } catch {
      noteStoreFailure("batches", error)
      logger.error("batches could not be applied: \(error)")
      for order in orders { handle(order.failed, of: order.node) }
      flush()
    }
  }

  private func applied(_ orders: [BatchOrder], _ outcomes: [BatchOutcome]) {
    for (order, outcome) in zip(orders, outcomes) {
      switch outcome {
      case .ack(let ack, let counts):
        // Names come from peers: only those of the catalogue become labels.
        metrics.count(counts, dataset: store.isInstalled(order.batch.dataset) ? order.batch.dataset : nil)
        noteContexts(ack, counts)
      case .failed(let error):
        noteStoreFailure("batches", error)
        logger.error(
          "a batch failed: \(error)",
          metadata: ["node": "\(order.node)", "dataset": "\(order.batch.dataset)", "position": "\(order.batch.first)"])
      case .position, .broken: break
      }
      handle(order.answered(outcome), of: order.node)
    }
    // Acks before feed.
    flush()
    feedChanged()
  }

  /// Loads pages of the feed, one at a time: the second core is the writer's.
  func workFeeds() async {
    while await feedSignal.wait() {
      while let order = takeFeed() {
        working.insert(.feeds)
        beat(.feeds)
        do {
          let page = try await order.load(from: store)
          Failpoint.feedLoaded.pass()
          handle(page, of: order.node)
        } catch {
          noteStoreFailure("feed", error)
          logger.error("the feed could not be read: \(error)", metadata: ["node": "\(order.node)"])
          handle(order.failed, of: order.node)
        }
        flush()
        working.remove(.feeds)
      }
    }
  }

  func workAdmissions() async {
    while await admissionSignal.wait() {
      working.insert(.admissions)
      while !Task.isCancelled {
        beat(.admissions)
        if let order = takeEnrolment() {
          await enrol(order)
        } else if let order = takeAdmission() {
          await admit(order)
        } else {
          break
        }
      }
      working.remove(.admissions)
    }
  }

  private func admit(_ order: AdmissionOrder) async {
    do {
      // Of the connection that said hello, not of the node: while keys rotate it has two.
      guard let key = await link.provenKey(of: Self.peer(order.peer)) else {
        // It has gone meanwhile: nobody waits for an answer, and whether its key still counts cannot be told.
        return handle(.unreachable(order.peer), of: order.node)
      }
      let admission = try await store.admit(
        node: order.node, hello: order.hello, publicKey: key.text, hasAnswered: order.hasAnswered,
        now: MachineClock.wall())
      Failpoint.helloAdmitted.pass()
      for finding in admission.findings {
        logger.warning("hello: \(finding)", metadata: ["node": "\(order.node)"])
      }
      if case .doubted = admission.decision {
        logger.info(
          "a hello is out of the ordinary: its sender is asked for a sign of life", metadata: ["node": "\(order.node)"])
      }
      for event in order.answered(admission) { handle(event, of: order.node) }
      // The fleet's files may have changed since the store looked.
      if case .welcomed = admission.decision { documentsChanged(of: order.node) }
      if admission.hasRevokedKeys {
        logger.notice("an older key is revoked: its successor is in use", metadata: ["node": "\(order.node)"])
        try await refreshAuthorised()
      }
    } catch {
      noteStoreFailure("hello", error)
      logger.error("a hello could not be looked up: \(error)", metadata: ["node": "\(order.node)"])
      handle(order.failed, of: order.node)
    }
    flush()
  }

  private func enrol(_ order: EnrolmentOrder) async {
    do {
      let node = try await store.enrol(order.invitation, publicKey: order.publicKey, now: MachineClock.wall())
      Failpoint.keyEnrolled.pass()
      // The key is let in before its owner is told so.
      try await refreshAuthorised()
      answer(order.peer, .joined(Joined(node: node)))
      logger.notice("joined", metadata: ["node": "\(node)"])
    } catch let error as EnrolmentError {
      metrics.countRefusal(Refusal.Code.invitationUsed.word)
      logger.warning("an invitation was refused: \(error)")
      answer(order.peer, .refusal(Refusal(code: .invitationUsed, reason: "\(error)")))
    } catch {
      logger.error("a key could not be enrolled: \(error)")
      answer(order.peer, .refusal(Refusal(code: .busy, reason: "the centre's store failed; try again")))
    }
  }

  /// Takes over from the store who may come in; called whenever keys change and now and then for what expires.
  package func refreshAuthorised() async throws {
    keyReads += 1
    let read = keyReads
    var keys: [CurvePublicKey: String] = [:]
    for (text, name) in try await store.authorisedKeys(now: MachineClock.wall()) {
      if let key = try? CurvePublicKey(text) { keys[key] = name }
    }
    var former: [CurvePublicKey: String] = [:]
    for (text, name) in try await store.formerKeys() {
      if let key = try? CurvePublicKey(text) { former[key] = name }
    }
    // A read that began before a revocation must not undo what one that began after it has set.
    guard read > keyReadInForce else { return }
    keyReadInForce = read
    await link.setAuthorised(keys, former: former)
  }
}

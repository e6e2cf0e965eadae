import CentreStorage
import Datasets
import Logging
import Machine
import Replication
import Transport
import Wire

extension SessionHub {
  /// Applies all batches that wait in as few transactions as may be, then answers each.
  func workBatches() async {
    while await batchSignal.wait() {
      let orders = takeBatches()
      if orders.isEmpty { continue }
      let incoming = orders.map { IncomingBatch(node: $0.node, batch: $0.batch) }
      do {
        let outcomes = try await store.apply(incoming, now: MachineClock.wall())
        applied(orders, outcomes)
      } catch {
        logger.error("batches could not be applied: \(error)")
        for order in orders {
          let refusal = Refusal(code: .busy, reason: "the centre's store failed; the node tries again")
          handle(
            .batchAnswered(order.peer, session: order.session, bytes: 0, .refused(refusal)), of: order.node)
        }
        flush()
      }
    }
  }

  private func applied(_ orders: [BatchOrder], _ outcomes: [BatchOutcome]) {
    var end: UInt64 = 0
    for (order, outcome) in zip(orders, outcomes) {
      let answer: CentreSession.BatchAnswer
      switch outcome {
      case .ack(let ack, let counts):
        metrics.count(counts, dataset: order.batch.dataset)
        end = max(end, ack.visibleAt.position)
        answer = .answered(ack)
      case .position(let ack): answer = .answered(ack)
      case .broken(let refusal): answer = .refused(refusal)
      case .failed(let error):
        logger.error(
          "a batch failed: \(error)",
          metadata: ["node": "\(order.node)", "dataset": "\(order.batch.dataset)", "position": "\(order.batch.first)"])
        answer = .refused(Refusal(code: .busy, reason: "the centre's store failed; the node tries again"))
      }
      handle(
        .batchAnswered(
          order.peer, session: order.session, bytes: order.batch.entries.bytes.count, answer),
        of: order.node)
    }
    // Acks before feed.
    flush()
    feedAdvanced(to: end)
  }

  /// Loads pages of the feed, one at a time: the second core is the writer's.
  func workFeeds() async {
    while await feedSignal.wait() {
      while let order = takeFeed() {
        do {
          let page = try await store.feedPage(
            node: order.node, read: store.reading(order.node), since: order.since, rawBytesMax: order.bytesMax,
            itemsMax: FeedRecords.itemsMax)
          let steps = page.parts.map { CentreSession.FeedPage.Step(position: $0.position, part: $0.part) }
          handle(
            .feedLoaded(
              order.peer, session: order.session, CentreSession.FeedPage(parts: steps, end: page.end, isComplete: page.isComplete)),
            of: order.node)
        } catch {
          logger.error("the feed could not be read: \(error)", metadata: ["node": "\(order.node)"])
          let refusal = Refusal(code: .busy, reason: "the centre cannot read its store")
          handle(.batchAnswered(order.peer, session: order.session, bytes: 0, .refused(refusal)), of: order.node)
        }
        flush()
      }
    }
  }

  func workAdmissions() async {
    while await admissionSignal.wait() {
      let (admissions, enrolments) = takeAdmissions()
      for order in enrolments { await enrol(order) }
      for order in admissions { await admit(order) }
    }
  }

  private func admit(_ order: AdmissionOrder) async {
    do {
      let admission = try await store.admit(node: order.node, hello: order.hello, now: MachineClock.wall())
      for finding in admission.findings {
        logger.warning("hello: \(finding)", metadata: ["node": "\(order.node)"])
      }
      switch admission.decision {
      case .welcomed(let welcome, let position):
        handle(
          .admitted(order.peer, CentreSession.Admission(welcome: welcome, feedPosition: position)), of: order.node)
      case .refused(let refusal): handle(.notAdmitted(order.peer, refusal), of: order.node)
      }
    } catch {
      logger.error("a hello could not be looked up: \(error)", metadata: ["node": "\(order.node)"])
      handle(
        .notAdmitted(order.peer, Refusal(code: .busy, reason: "the centre's store failed; try again")),
        of: order.node)
    }
    flush()
  }

  private func enrol(_ order: EnrolmentOrder) async {
    do {
      let node = try await store.enrol(order.invitation, publicKey: order.publicKey, now: MachineClock.wall())
      // The answer goes out while the invitation's key is still let in.
      _ = await link.send([(order.peer, CentreMessage.joined(Joined(node: node)).bytes)])
      logger.notice("joined", metadata: ["node": "\(node)"])
      try await refreshAuthorised()
    } catch {
      metrics.countRefusal(Refusal.Code.invitationUsed.word)
      logger.warning("an invitation was refused: \(error)")
      answer(order.peer, .refusal(Refusal(code: .invitationUsed, reason: "\(error)")))
    }
  }

  /// Takes over from the store who may come in; called whenever keys change and now and then for what expires.
  package func refreshAuthorised() async throws {
    var keys: [CurvePublicKey: String] = [:]
    for (text, name) in try await store.authorisedKeys(now: MachineClock.wall()) {
      if let key = try? CurvePublicKey(text) { keys[key] = name }
    }
    await link.setAuthorised(keys)
  }
}

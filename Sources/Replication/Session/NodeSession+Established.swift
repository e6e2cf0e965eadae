import Datasets
import Wire

/// What happens while a session stands.
extension NodeSession {
  mutating func establishedReceived(_ message: CentreMessage, at now: MonotonicTime) -> [Effect] {
    guard case .established(var session) = state else { return [] }
    switch message {
    case .ack(let ack) where ack.session == session.session:
      let answered = session.outbox.acknowledged(ack, at: now)
      state = .established(session)
      return [.storeAck(ack, through: answered)] + pump(at: now)
    case .feed(let feed) where feed.session == session.session:
      return feedReceived(feed, at: now)
    case .documents(let documents) where documents.session == session.session:
      let stored = Effect.storeDocuments(documents)
      // The copy was built by other read rules, and the keys that a writer of records needs come with a welcome: only a
      // new hello gets what fits (protocol.md).
      if documents.ruleVersion != session.ruleVersion {
        return [stored] + greetAnew("the read rules have changed", session: session.session, at: now)
      }
      if documents.rightsVersion != session.rightsVersion {
        return [stored] + greetAnew("what this node may write has changed", session: session.session, at: now)
      }
      return [stored]
    case .pong(let pong) where pong.session == session.session:
      return clock(pong.centreTime, echo: pong.echo, at: now)
    case .probe(let probed) where probed == session.session:
      session.lastPing = now
      state = .established(session)
      return [.sendPing(session: session.session)]
    default:
      // Left over from a session that has ended.
      return []
    }
  }

  // MARK: Feed

  private mutating func feedReceived(_ feed: Feed, at now: MonotonicTime) -> [Effect] {
    guard case .established(var session) = state else { return [] }
    guard session.applying != nil else {
      session.applying = feed.cursor
      state = .established(session)
      return [.applyFeed(feed)]
    }
    guard session.feeds.count < settings.feedsWaitingMax else {
      return fail("the centre sends more than its window", at: now)
    }
    session.feeds.append(feed)
    state = .established(session)
    return []
  }

  mutating func feedApplied(_ cursor: FeedCursor) -> [Effect] {
    // Anything less answers a session that has ended; its position went into the hello of this one.
    guard case .established(var session) = state, let applying = session.applying, cursor.hasReached(applying)
    else { return [] }
    var effects: [Effect] = [.send(.feedAck(FeedAck(session: session.session, cursor: applying)))]
    session.applying = nil
    if !session.feeds.isEmpty {
      let feed = session.feeds.removeFirst()
      session.applying = feed.cursor
      effects.append(.applyFeed(feed))
    }
    state = .established(session)
    return effects
  }

  // MARK: Batches

  mutating func batchLoaded(_ batch: LoadedBatch, at now: MonotonicTime) -> [Effect] {
    guard case .established(var session) = state else { return [] }
    let loaded = session.outbox.loaded(batch, session: session.session, at: now)
    state = .established(session)
    switch loaded {
    case .send(let message): return [.send(.batch(message))] + pump(at: now)
    case .dropped: return pump(at: now)
    case .unusable: return fail("the store does not go on from where \(batch.dataset) stands", at: now)
    }
  }

  mutating func batchEmpty(_ dataset: DatasetName, at now: MonotonicTime) -> [Effect] {
    guard case .established(var session) = state else { return [] }
    session.outbox.empty(dataset)
    state = .established(session)
    return pump(at: now)
  }

  /// Asks for the next batch if one may go.
  mutating func pump(at now: MonotonicTime) -> [Effect] {
    guard case .established(var session) = state, let next = session.outbox.next(at: now) else { return [] }
    state = .established(session)
    return [.loadBatch(next.dataset, after: next.after, bytesMax: next.bytesMax)]
  }

  // MARK: Time

  /// Offset and round trip from an echoed reading (the midpoint, as NTP takes it).
  mutating func clock(_ centre: Timestamp, echo: ClockReading, at now: MonotonicTime) -> [Effect] {
    guard now.milliseconds >= echo.uptimeMilliseconds else { return [] }
    let roundTrip = now.milliseconds - echo.uptimeMilliseconds
    if case .established(var session) = state {
      session.outbox.measured(roundTripMilliseconds: roundTrip)
      state = .established(session)
    }
    let midpoint = echo.wall.advanced(byMilliseconds: Int64(clamping: roundTrip / 2))
    return [
      .recordClock(
        offsetMilliseconds: centre.millisecondsSince(midpoint), roundTripMilliseconds: roundTrip, at: echo)
    ]
  }

  mutating func ticked(_ session: Established, at now: MonotonicTime) -> [Effect] {
    if now.duration(since: session.lastReceived) >= session.silenceLimit {
      return fail("nothing heard from the centre for \(session.silenceLimit)", isLinkLoss: true, at: now)
    }
    if let since = session.outbox.waitsSince, now.duration(since: since) >= settings.standstillLimit {
      return fail("a batch was not answered for \(settings.standstillLimit)", isLinkLoss: true, at: now)
    }
    guard now.duration(since: session.lastPing) >= session.heartbeat else { return pump(at: now) }
    var session = session
    session.lastPing = now
    state = .established(session)
    return [.sendPing(session: session.session)] + pump(at: now)
  }
}

import Wire

/// Decides when a session loads the next page of the feed: within the window and what the link carries, so that acks do
/// not wait behind the feed, and not for every change of somebody else.
struct FeedPump: Sendable {
  /// The next page to load.
  struct Next: Equatable {
    let since: UInt64
    /// Before compression.
    let bytesMax: Int
  }

  private struct Sent {
    let position: UInt64
    let bytes: Int
    let departure: LinkRate.Departure
  }

  /// Where the next page begins.
  private var position: UInt64
  /// The last position that may hold anything for the node: beyond it no page is loaded but to tell the position.
  private var mark: UInt64
  /// What the node was last told in this session; behind `position` while pages hold nothing for it. Nil at first: once
  /// per session it hears the epoch and where its copy stands in it, or it could never claim to be caught up.
  private var told: UInt64?
  /// Feed messages on their way, oldest first.
  private var unacked: [Sent] = []
  private var link = LinkRate()
  /// Bytes before compression per byte as sent, of the last page.
  private var ratio: Double = 1
  /// The end of the feed for which a page is being loaded.
  private var loadingFor: UInt64?
  /// The end of the feed for which a page brought nothing new: asking again before it moves would be a busy loop.
  private var dryAt: UInt64?
  /// The node waits for this position: to end an overlay or a reset.
  private var needed: UInt64
  private var lastTold: MonotonicTime
  private let settings: CentreSession.Settings

  /// - Parameters:
  ///   - mark: the end of the feed when the session begins; nobody knows what is before it.
  ///   - needed: what the node must reach soon, whether or not anything concerns it.
  init(
    position: UInt64, mark: UInt64, needed: UInt64 = 0, settings: CentreSession.Settings, at now: MonotonicTime
  ) {
    self.position = position
    self.mark = mark
    self.needed = needed
    self.settings = settings
    lastTold = now
  }

  /// Since when the message that has waited longest has been on its way; nil where none is.
  var waitsSince: MonotonicTime? { unacked.first?.departure.at }

  mutating func mustReach(_ position: UInt64) { needed = max(needed, position) }

  /// Up to `position` there may be something for the node.
  mutating func mayHold(through position: UInt64) { mark = max(mark, position) }

  /// What to load now, if anything.
  mutating func next(end: UInt64, at now: MonotonicTime) -> Next? {
    guard loadingFor == nil, unacked.count < settings.feedUnackedMax else { return nil }
    if position >= mark { position = max(position, end) }
    let hasMore = position < end && dryAt != end
    guard hasMore || isWordDue(end: end, at: now) else { return nil }
    let bytesMax = Int(min(Double(settings.feedBytesMax), Double(link.frameBytesMax) * ratio * 0.8))
    let inFlight = unacked.reduce(0) { $0 + $1.bytes }
    guard inFlight == 0 || inFlight + Int(Double(bytesMax) / ratio) <= link.inFlightBytesMax else { return nil }
    loadingFor = end
    return Next(since: position, bytesMax: bytesMax)
  }

  /// What of a loaded page goes out: its parts, and behind the feed's end as it was read a step with nothing in it, which
  /// tells the node that its copy is complete up to there.
  mutating func loaded(
    _ page: CentreSession.FeedPage, feedEnd: UInt64, at now: MonotonicTime
  ) -> [CentreSession.FeedPage.Step] {
    dryAt = page.end <= position && page.parts.isEmpty ? loadingFor : nil
    loadingFor = nil
    position = max(position, page.end)
    var steps = page.parts
    let isComplete = page.isComplete ?? (page.end >= feedEnd)
    if isComplete, !steps.isEmpty || isWordDue(end: position, at: now) {
      steps.append(CentreSession.FeedPage.Step(position: position, part: .nothing))
    }
    if let last = steps.last {
      told = last.position
      lastTold = now
      for step in steps {
        let departure = link.departure(isLast: isComplete, at: now)
        unacked.append(Sent(position: step.position, bytes: step.part.size.sent, departure: departure))
      }
      let sent = page.parts.reduce(0) { $0 + $1.part.size.sent }
      if sent > 0 { ratio = max(1, Double(page.parts.reduce(0) { $0 + $1.part.size.raw }) / Double(sent)) }
    }
    return steps
  }

  /// The node has applied a message.
  ///
  /// It answers each once, in the order in which they were sent. All parts of a page but the last share the position at
  /// which it began, with the last part of the page before: an answer says nothing of the others there, which may be on
  /// their way still.
  /// - Returns: false for a position that the node was never told.
  mutating func acknowledged(_ position: UInt64, at now: MonotonicTime) -> Bool {
    guard let told, position <= told else { return false }
    // Positions never fall from message to message.
    let earlier = unacked.prefix { $0.position < position }.count
    let isThere = earlier < unacked.count && unacked[earlier].position == position
    let count = isThere ? earlier + 1 : earlier
    for message in unacked.prefix(count) {
      link.measured(roundTripMilliseconds: now.duration(since: message.departure.at).wholeMilliseconds)
      link.answered(message.bytes, since: message.departure, at: now)
    }
    unacked.removeFirst(count)
    return true
  }

  /// Whether the node is to hear its position although nothing concerns it.
  private func isWordDue(end: UInt64, at now: MonotonicTime) -> Bool {
    guard let told else { return true }
    return told < end && (needed > told || now.duration(since: lastTold) >= settings.feedIdleLimit)
  }
}

extension Feed.Part {
  /// About how many bytes it has, as sent and before compression.
  fileprivate var size: (sent: Int, raw: Int) {
    switch self {
    case .nothing: (32, 32)
    case .records(_, let bytes): (64 + bytes.bytes.count, bytes.rawCount)
    case .occurrences(let occurrences):
      (128 + 9 * occurrences.skipped.count + occurrences.entries.bytes.count, occurrences.entries.rawCount)
    case .verdicts(let verdicts): (64 * verdicts.count, 64 * verdicts.count)
    }
  }
}

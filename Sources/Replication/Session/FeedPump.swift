import Wire

/// Decides when a session loads the next page of the feed: within the window, and not for every change of somebody else.
struct FeedPump: Sendable {
  /// Where the next page begins.
  private var position: UInt64
  /// What the node was last told in this session; behind `position` while pages hold nothing for it. Nil at first: once
  /// per session it hears the epoch and where its copy stands in it, or it could never claim to be caught up.
  private var told: UInt64?
  /// Positions of feed messages on their way, oldest first.
  private var unacked: [UInt64] = []
  /// The end of the feed for which a page is being loaded.
  private var loadingFor: UInt64?
  /// The end of the feed for which a page brought nothing new: asking again before it moves would be a busy loop.
  private var dryAt: UInt64?
  /// The node waits for this position: to end an overlay or a reset.
  private var needed: UInt64
  private var lastTold: MonotonicTime
  private let settings: CentreSession.Settings

  /// - Parameter needed: what the node must reach soon, whether or not anything concerns it.
  init(position: UInt64, needed: UInt64 = 0, settings: CentreSession.Settings, at now: MonotonicTime) {
    self.position = position
    self.needed = needed
    self.settings = settings
    lastTold = now
  }

  mutating func mustReach(_ position: UInt64) { needed = max(needed, position) }

  /// Where to load from now, when something is to be loaded.
  mutating func next(end: UInt64, at now: MonotonicTime) -> UInt64? {
    guard loadingFor == nil, unacked.count < settings.feedUnackedMax else { return nil }
    let hasMore = position < end && dryAt != end
    guard hasMore || isWordDue(end: end, at: now) else { return nil }
    loadingFor = end
    return position
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
      unacked += steps.map(\.position)
    }
    return steps
  }

  /// - Returns: false for a position that the node was never told.
  mutating func acknowledged(_ position: UInt64) -> Bool {
    guard let told, position <= told else { return false }
    unacked.removeAll { $0 <= position }
    return true
  }

  /// Whether the node is to hear its position although nothing concerns it.
  private func isWordDue(end: UInt64, at now: MonotonicTime) -> Bool {
    guard let told else { return true }
    return told < end && (needed > told || now.duration(since: lastTold) >= settings.feedIdleLimit)
  }
}

/// What a link carries, judged by what was answered, and how much may therefore be in flight (ADR 0026).
///
/// Samples are taken as BBR takes them (draft-cheng-iccrg-delivery-rate-estimation): what was answered between the last
/// answer before a message's departure and its own answer, over that time or the one in which it was sent, whichever is
/// longer. On a link that is not full the samples, and with them what may be in flight, grow; on a full one they stay at
/// its rate, whatever is queued. Answers often come together, because a lost packet held back what came behind it, or a
/// commit what waited for it: the time between them says nothing then, and the time of sending does.
struct LinkRate: Sendable {
  /// What was known when a message went; its answer is measured against it.
  struct Departure: Sendable, Equatable {
    let at: MonotonicTime
    fileprivate let before: Answers
    fileprivate let isLast: Bool
  }

  /// What had been answered so far.
  fileprivate struct Answers: Sendable, Equatable {
    var bytes: UInt64 = 0
    /// When the last one came, and when what it answered had been sent.
    var cameAt = MonotonicTime(milliseconds: 0)
    var sentAt = MonotonicTime(milliseconds: 0)
  }

  /// A frame on a slow link, and on one of which nothing is known yet (protocol.md).
  static let frameBytesSlow = 64 << 10
  /// Two frames may be under way on any link: an end that answers slowly for another reason than the link (others wait
  /// there too) must not starve this one. At 256 kbit/s they take 4 s.
  private static let inFlightBytesMin = 2 * frameBytesSlow
  /// What may be queued on the link beyond what it holds in a round trip.
  private static let queueMilliseconds: UInt64 = 500
  /// A frame is a half of that queue.
  private static let framesPerSecond = 4
  /// The round trip until one is measured, in milliseconds.
  private static let roundTripAssumed: UInt64 = 500
  private static let samplesMax = 4

  /// The least round trip measured, in milliseconds: later ones include our own queue.
  private var roundTripLeast: UInt64?
  /// In bytes per second, the newest last.
  private var samples: [UInt64] = []
  private var answers = Answers()
  /// Messages without an answer.
  private var underWay = 0

  /// Bytes per second; nil until something was answered.
  private var rate: UInt64? { samples.max() }

  mutating func measured(roundTripMilliseconds: UInt64) {
    roundTripLeast = min(roundTripLeast ?? roundTripMilliseconds, roundTripMilliseconds)
  }

  /// A message goes; each must be answered, or the link is measured no more.
  ///
  /// - Parameter isLast: nothing more waits to be sent, so that the answer says little of what the link could carry.
  mutating func departure(isLast: Bool, at now: MonotonicTime) -> Departure {
    // A link on which nothing was under way carried nothing: its rate is measured from here.
    if underWay == 0 { (answers.cameAt, answers.sentAt) = (now, now) }
    underWay += 1
    return Departure(at: now, before: answers, isLast: isLast)
  }

  /// A message has been answered.
  mutating func answered(_ bytes: Int, since departure: Departure, at now: MonotonicTime) {
    underWay = max(0, underWay - 1)
    // Streams are answered out of order: what was sent last of all that is answered counts.
    answers = Answers(
      bytes: answers.bytes &+ UInt64(max(0, bytes)), cameAt: now, sentAt: max(answers.sentAt, departure.at))
    let before = departure.before
    let elapsed = max(now.duration(since: before.cameAt), departure.at.duration(since: before.sentAt)).wholeMilliseconds
    guard elapsed > 0 else { return }
    let (product, overflow) = (answers.bytes &- before.bytes).multipliedReportingOverflow(by: 1000)
    let sample = overflow ? .max : product / elapsed
    if departure.isLast, sample <= rate ?? .max { return }
    samples.append(sample)
    if samples.count > Self.samplesMax { samples.removeFirst() }
  }

  /// The most that one message should have, as sent.
  var frameBytesMax: Int {
    max(Self.frameBytesSlow, Int(clamping: rate ?? 0) / Self.framesPerSecond)
  }

  /// The most that should be in flight.
  var inFlightBytesMax: Int { max(Self.inFlightBytesMin, bytes(at: rate ?? 0)) }

  /// What a link of that rate, in bytes per second, holds in the least round trip and half a second.
  func bytes(at rate: UInt64) -> Int {
    let milliseconds = min(roundTripLeast ?? Self.roundTripAssumed, 60_000) + Self.queueMilliseconds
    let (product, overflow) = rate.multipliedReportingOverflow(by: milliseconds)
    return overflow ? .max : Int(clamping: product / 1000)
  }
}

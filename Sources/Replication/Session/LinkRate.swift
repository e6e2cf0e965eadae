/// What a link carries, judged by what was answered, and how much may therefore be in flight (ADR 0026).
///
/// Samples are taken as BBR takes them (draft-cardwell-iccrg-bbr-congestion-control, "Delivery Rate Estimation"): what
/// was answered between a message's departure and its own answer, over that time. On a link that is not full the
/// samples, and with them what may be in flight, grow; on a full one they stay at its rate, whatever is queued.
struct LinkRate: Sendable {
  /// What was known when a message went; its answer is measured against it.
  struct Departure: Sendable, Equatable {
    let at: MonotonicTime
    fileprivate let answered: UInt64
    fileprivate let isLast: Bool
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
  private var answeredBytes: UInt64 = 0

  /// Bytes per second; nil until something was answered.
  private var rate: UInt64? { samples.max() }

  mutating func measured(roundTripMilliseconds: UInt64) {
    roundTripLeast = min(roundTripLeast ?? roundTripMilliseconds, roundTripMilliseconds)
  }

  /// - Parameter isLast: nothing more waits to be sent, so that the answer says little of what the link could carry.
  func departure(isLast: Bool, at now: MonotonicTime) -> Departure {
    Departure(at: now, answered: answeredBytes, isLast: isLast)
  }

  /// A message has been answered.
  mutating func answered(_ bytes: Int, since departure: Departure, at now: MonotonicTime) {
    answeredBytes &+= UInt64(max(0, bytes))
    let elapsed = now.duration(since: departure.at).wholeMilliseconds
    guard elapsed > 0 else { return }
    let (product, overflow) = (answeredBytes &- departure.answered).multipliedReportingOverflow(by: 1000)
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

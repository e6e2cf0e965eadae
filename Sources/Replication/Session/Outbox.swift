import Datasets
import Wire

/// What a node sends next: streams by lane, within credit, one load at a time, several batches in flight.
struct Outbox: Sendable {
  /// The next thing to load.
  struct Next: Equatable {
    let dataset: DatasetName
    let after: Datasets.Sequence
    let bytesMax: Int
  }

  /// What becomes of a loaded batch.
  enum Loaded: Equatable {
    case send(Batch)
    /// The stream went back meanwhile, or the load was asked for by a session that has ended: load anew.
    case dropped
    /// The store goes on answering with what does not follow from what was asked.
    case unusable
  }

  private struct Flight {
    let last: Datasets.Sequence
    let bytes: Int
    let departure: LinkRate.Departure
  }

  private struct Stream {
    let dataset: DatasetName
    let lane: DatasetDefinition.Lane
    var last: Datasets.Sequence
    var sent: Datasets.Sequence
    /// Batches not yet answered, oldest first: every batch is answered once, in order.
    var flights: [Flight] = []
    /// Set when the centre's answer lies below what was sent: go back there once all flights are answered.
    var goBack: Datasets.Sequence?
    /// Bytes before compression per byte as sent, of the stream's last batch; entries of one stream are alike.
    var ratio: Double = 1

    var hasMore: Bool { goBack == nil && sent < last }
  }

  /// Batches that do not fit, one after the other, before the store is taken to be broken.
  private static let misfitsMax = 16
  /// Room for incidents beyond what other lanes may have in flight.
  private static let incidentRoom = 2

  private let settings: NodeSession.Settings
  /// What the uplink was measured to carry in this session.
  private var link = LinkRate()
  /// Holds the sending to the profile's cap; nil without one.
  private var pace: UplinkPace?
  private var streams: [Stream] = []
  private var loading: Next?
  private var misfits = 0
  private var credit: Credit
  private var sentBytes: UInt64 = 0
  private var sentMessages: UInt64 = 0

  /// - Parameter uplinkBitsPerSecond: the cap; nil is none.
  init(settings: NodeSession.Settings, credit: Credit, uplinkBitsPerSecond: Int?, at now: MonotonicTime) {
    self.settings = settings
    self.credit = credit
    setUplink(bitsPerSecond: uplinkBitsPerSecond, at: now)
  }

  mutating func setUplink(bitsPerSecond: Int?, at now: MonotonicTime) {
    guard bitsPerSecond != pace?.bitsPerSecond else { return }
    pace = bitsPerSecond.map { UplinkPace(bitsPerSecond: $0, at: now) }
  }

  /// Since when the batch that has waited longest has been on its way; nil where none is.
  var waitsSince: MonotonicTime? { streams.compactMap { $0.flights.first?.departure.at }.min() }

  private var inFlightCount: Int { streams.reduce(0) { $0 + $1.flights.count } }
  private var inFlightBytes: Int { streams.reduce(0) { $0 + $1.flights.reduce(0) { $0 + $1.bytes } } }
  private var hasCredit: Bool { sentMessages < credit.messages && sentBytes < credit.bytes }

  mutating func measured(roundTripMilliseconds: UInt64) {
    link.measured(roundTripMilliseconds: roundTripMilliseconds)
  }

  mutating func begin(_ standing: NodeSession.StreamStanding, from position: Datasets.Sequence) {
    appended(standing.dataset, lane: standing.lane, last: standing.last)
    guard let index = index(of: standing.dataset) else { return }
    streams[index].sent = position
  }

  mutating func appended(_ dataset: DatasetName, lane: DatasetDefinition.Lane, last: Datasets.Sequence) {
    if let index = index(of: dataset) {
      streams[index].last = max(streams[index].last, last)
    } else {
      let place = streams.firstIndex { ($0.lane, $0.dataset) > (lane, dataset) } ?? streams.count
      streams.insert(Stream(dataset: dataset, lane: lane, last: last, sent: .none), at: place)
    }
  }

  /// What to load now; nil while a load is under way, nothing is left, the cap says to wait, or no more may be in flight.
  mutating func next(at now: MonotonicTime) -> Next? {
    guard let stream = candidate, isUrgent(stream) || pace?.maySend(at: now) ?? true else { return nil }
    let next = Next(dataset: stream.dataset, after: stream.sent, bytesMax: bytesMax(of: stream))
    loading = next
    return next
  }

  /// When the cap lets the next batch go, at the earliest now; nil when something else holds it back, or nothing waits.
  func opens(after now: MonotonicTime) -> MonotonicTime? {
    guard let pace, let stream = candidate, !isUrgent(stream) else { return nil }
    return pace.opens(after: now)
  }

  /// The stream whose turn it is, unless nothing of it may go before something else is answered.
  private var candidate: Stream? {
    guard loading == nil, hasCredit, let stream = streams.first(where: \.hasMore), mayFly(stream) else { return nil }
    return stream
  }

  /// A loaded batch becomes a message when it goes on from what was sent, whichever load it answers.
  mutating func loaded(
    _ batch: NodeSession.LoadedBatch, session: UInt64, at now: MonotonicTime
  ) -> Loaded {
    let asked = loading
    let isAnswer = asked?.dataset == batch.dataset
    if isAnswer, let asked, batch.last <= asked.after { return .dropped }
    if isAnswer { loading = nil }
    guard let index = index(of: batch.dataset), streams[index].goBack == nil, hasCredit,
      batch.first <= streams[index].sent.next, batch.last > streams[index].sent
    else {
      misfits += 1
      return misfits > Self.misfitsMax ? .unusable : .dropped
    }
    misfits = 0
    let bytes = batch.entries.bytes.count
    streams[index].ratio = max(1, Double(batch.entries.rawCount) / Double(max(1, bytes)))
    streams[index].sent = batch.last
    streams[index].last = max(streams[index].last, batch.last)
    let departure = link.departure(isLast: !streams.contains(where: \.hasMore), at: now)
    streams[index].flights.append(Flight(last: batch.last, bytes: bytes, departure: departure))
    pace?.sent(bytes, at: now)
    sentBytes += UInt64(bytes)
    sentMessages += 1
    return .send(
      Batch(
        session: session, dataset: batch.dataset, incarnation: batch.incarnation, first: batch.first,
        last: batch.last, head: batch.head, entries: batch.entries))
  }

  /// The store had nothing after what was asked for.
  mutating func empty(_ dataset: DatasetName) {
    guard let asked = loading, asked.dataset == dataset else { return }
    loading = nil
    guard let index = index(of: dataset), streams[index].sent == asked.after else { return }
    streams[index].last = streams[index].sent
  }

  /// - Returns: the last entry of the batch that is answered; nil when nothing of that stream is under way.
  mutating func acknowledged(_ ack: Ack, at now: MonotonicTime) -> Datasets.Sequence? {
    credit = Credit(
      bytes: max(credit.bytes, ack.credit.bytes), messages: max(credit.messages, ack.credit.messages))
    guard let index = index(of: ack.dataset), !streams[index].flights.isEmpty else { return nil }
    let flight = streams[index].flights.removeFirst()
    link.answered(flight.bytes, since: flight.departure, at: now)
    if ack.applied.sequence < flight.last {
      streams[index].goBack = min(streams[index].goBack ?? ack.applied.sequence, ack.applied.sequence)
    }
    if let goBack = streams[index].goBack, streams[index].flights.isEmpty {
      streams[index].sent = goBack
      streams[index].goBack = nil
    }
    return flight.last
  }

  private func index(of dataset: DatasetName) -> Int? { streams.firstIndex { $0.dataset == dataset } }

  /// An incident passes a backlog: neither the cap, nor what is in flight, nor the number of batches holds it back.
  private func isUrgent(_ stream: Stream) -> Bool { stream.lane == .incident }

  private func mayFly(_ stream: Stream) -> Bool {
    if isUrgent(stream) { return inFlightCount < settings.batchesInFlightMax + Self.incidentRoom }
    let inFlight = inFlightBytes
    let expected = Int(Double(bytesMax(of: stream)) / stream.ratio)
    return inFlightCount < settings.batchesInFlightMax && (inFlight == 0 || inFlight + expected <= inFlightBytesMax)
  }

  /// What the link carries in the round trip and half a second (protocol.md, "Session"), by what was measured and by the
  /// cap.
  private var inFlightBytesMax: Int {
    guard let pace else { return link.inFlightBytesMax }
    return min(link.inFlightBytesMax, link.bytes(at: UInt64(pace.bitsPerSecond / 8)))
  }

  /// A batch's bytes before compression that should make a frame.
  private func bytesMax(of stream: Stream) -> Int {
    let frame = pace?.frameBytesMax ?? link.frameBytesMax
    return Int(min(Double(settings.batchBytesMax), max(4096, Double(frame) * stream.ratio * 0.8)))
  }
}

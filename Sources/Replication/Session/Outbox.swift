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
  /// The round trip until one is measured, in milliseconds.
  private static let roundTripAssumed: UInt64 = 500

  private let settings: NodeSession.Settings
  var uplinkBitsPerSecond: Int?
  /// The least round trip measured in the session, in milliseconds: later ones include our own queue.
  private var roundTripLeast: UInt64?
  private var streams: [Stream] = []
  private var loading: Next?
  private var misfits = 0
  private var credit: Credit
  private var sentBytes: UInt64 = 0
  private var sentMessages: UInt64 = 0

  init(settings: NodeSession.Settings, credit: Credit) {
    self.settings = settings
    self.credit = credit
  }

  private var inFlightCount: Int { streams.reduce(0) { $0 + $1.flights.count } }
  private var inFlightBytes: Int { streams.reduce(0) { $0 + $1.flights.reduce(0) { $0 + $1.bytes } } }
  private var hasCredit: Bool { sentMessages < credit.messages && sentBytes < credit.bytes }

  mutating func measured(roundTripMilliseconds: UInt64) {
    roundTripLeast = min(roundTripLeast ?? roundTripMilliseconds, roundTripMilliseconds)
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

  /// What to load now; nil while a load is under way, nothing is left, or no more may be in flight.
  mutating func next() -> Next? {
    guard loading == nil, hasCredit, let stream = streams.first(where: \.hasMore), mayFly(stream) else {
      return nil
    }
    let next = Next(dataset: stream.dataset, after: stream.sent, bytesMax: bytesMax(of: stream))
    loading = next
    return next
  }

  /// A loaded batch becomes a message when it goes on from what was sent, whichever load it answers.
  mutating func loaded(_ batch: NodeSession.LoadedBatch, session: UInt64) -> Loaded {
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
    streams[index].flights.append(Flight(last: batch.last, bytes: bytes))
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
  mutating func acknowledged(_ ack: Ack) -> Datasets.Sequence? {
    credit = Credit(
      bytes: max(credit.bytes, ack.credit.bytes), messages: max(credit.messages, ack.credit.messages))
    guard let index = index(of: ack.dataset), !streams[index].flights.isEmpty else { return nil }
    let flight = streams[index].flights.removeFirst()
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

  /// An incident passes a backlog: neither the cap's queue nor the number of batches under way holds it back.
  private func mayFly(_ stream: Stream) -> Bool {
    if stream.lane == .incident { return inFlightCount < settings.batchesInFlightMax + Self.incidentRoom }
    return inFlightCount < settings.batchesInFlightMax && fitsUplink
  }

  /// In flight on a capped link: at most what it carries in the round trip and half a second (protocol.md, "Session").
  private var fitsUplink: Bool {
    guard let bits = uplinkBitsPerSecond else { return true }
    let milliseconds = min(roundTripLeast ?? Self.roundTripAssumed, 60_000) + 500
    let bytesMax = max(0, bits / 8).multipliedReportingOverflow(by: Int(milliseconds))
    return inFlightBytes == 0 || bytesMax.overflow
      || inFlightBytes + settings.cappedFrameBytesMax <= bytesMax.partialValue / 1000
  }

  private func bytesMax(of stream: Stream) -> Int {
    guard uplinkBitsPerSecond != nil else { return settings.batchBytesMax }
    return min(
      settings.batchBytesMax, max(4096, Int(Double(settings.cappedFrameBytesMax) * stream.ratio * 0.8)))
  }
}

package import Datasets
package import Wire

extension NodeSession {
  /// How a node talks; every limit has a default that suits a thin link.
  package struct Settings: Sendable, Equatable {
    /// How many endpoints there are; they are tried in turn. At least 1.
    package var endpointCount = 1
    package var reconnectLeast: Duration = .seconds(1)
    package var reconnectMost: Duration = .seconds(60)
    /// From opening the link to the welcome.
    package var greetingLimit: Duration = .seconds(20)
    /// A ping goes this often.
    package var heartbeat: Duration = .seconds(10)
    /// Silence past it ends the session, unless the welcome names another limit.
    package var silenceLimit: Duration = .seconds(30)
    /// A batch that is not answered for so long ends a session that lives otherwise: its answer was lost.
    package var standstillLimit: Duration = .seconds(600)
    /// A batch's bytes before compression.
    package var batchBytesMax = 1 << 20
    /// Batches sent and not yet answered.
    package var batchesInFlightMax = 8
    /// Messages of the centre that wait for the store; more than any window of the centre.
    package var feedsWaitingMax = 256
    /// The uplink's cap in bit/s until `uplinkCapped` says another; nil is none.
    package var uplinkBitsPerSecond: Int?

    package init() {}
  }

  /// What happened, in the past tense.
  package enum Event: Sendable, Equatable {
    case started
    /// The link is open: the CURVE handshake is done.
    case linkOpened
    case linkClosed(reason: String)
    case helloPrepared(Hello)
    case received(CentreMessage)
    /// The peer sent what is no message.
    case malformed(reason: String)
    /// `streams`: every stream as the store holds it after the welcome.
    case welcomeStored(streams: [StreamStanding])
    /// Entries were appended to a stream; `last` is its newest.
    case appended(DatasetName, lane: DatasetDefinition.Lane, last: Datasets.Sequence)
    case batchLoaded(LoadedBatch)
    /// There was nothing to load.
    case batchEmpty(DatasetName)
    case feedApplied(FeedCursor)
    /// The node's profile, or the hour, says how much may be sent, in bit/s; nil is without limit.
    case uplinkCapped(bitsPerSecond: Int?)
    /// The store could not do what was asked: the session ends and comes back.
    case storeFailed(reason: String)
    case ticked
    case stopped
  }

  /// What is to be done, in the imperative; in order.
  package enum Effect: Sendable, Equatable {
    case openLink(endpoint: Int)
    case closeLink
    /// Gather what hello says from the store and answer with `helloPrepared`; with all parents that are kept where the
    /// centre knew none of those that the last hello named.
    case prepareHello(hasAllParents: Bool)
    case send(NodeMessage)
    /// Send a ping of this session with the present clocks and report.
    case sendPing(session: UInt64)
    /// Store what the welcome decides and answer with `welcomeStored`.
    case storeWelcome(Welcome)
    case loadBatch(DatasetName, after: Datasets.Sequence, bytesMax: Int)
    /// `through` is the end of the batch that it answers: it says what became of entries up to there and no further.
    case storeAck(Ack, through: Datasets.Sequence?)
    case applyFeed(Feed)
    case storeDocuments(Documents)
    case recordClock(offsetMilliseconds: Int64, roundTripMilliseconds: UInt64, at: ClockReading)
    /// The state that people see has changed.
    case report(Phase)
  }

  /// Where the session stands, for status and doctor.
  package enum Phase: Sendable, Equatable {
    case waiting(reason: String)
    case connecting(endpoint: Int)
    case greeting
    case established
    /// Only a person can end this.
    case refused(Refusal)
    case stopped

    /// What people are told when `next` is reported: why the centre refused stands while the node tries again, until
    /// something else is known.
    package func followed(by next: Phase) -> Phase {
      switch (self, next) {
      case (.refused, .connecting), (.refused, .greeting): self
      default: next
      }
    }
  }

  /// A stream as the store holds it once the welcome is stored.
  package struct StreamStanding: Sendable, Equatable {
    package let dataset: DatasetName
    package let lane: DatasetDefinition.Lane
    package let last: Datasets.Sequence
    /// What became of the entries up to here is known; later ones are sent, also when the centre has them already.
    package let answered: Datasets.Sequence

    package init(
      dataset: DatasetName, lane: DatasetDefinition.Lane, last: Datasets.Sequence,
      answered: Datasets.Sequence
    ) {
      self.dataset = dataset
      self.lane = lane
      self.last = last
      self.answered = answered
    }
  }

  /// A batch as the store gives it: sealed, compressed, without a session.
  package struct LoadedBatch: Sendable, Equatable {
    package let dataset: DatasetName
    package let incarnation: Incarnation
    package let first: Datasets.Sequence
    package let last: Datasets.Sequence
    package let head: Hash256
    package let entries: CompressedBytes

    package init(
      dataset: DatasetName, incarnation: Incarnation, first: Datasets.Sequence, last: Datasets.Sequence,
      head: Hash256, entries: CompressedBytes
    ) {
      self.dataset = dataset
      self.incarnation = incarnation
      self.first = first
      self.last = last
      self.head = head
      self.entries = entries
    }
  }
}

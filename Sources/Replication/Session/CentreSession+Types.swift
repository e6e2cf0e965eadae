package import Wire

extension CentreSession {
  /// One connection of a node, as the transport counts them.
  package struct Peer: Hashable, Sendable {
    package let number: UInt64
    package init(number: UInt64) { self.number = number }
  }

  package struct Settings: Sendable, Equatable {
    /// Silence past it ends a session; told to nodes in the welcome.
    package var silenceLimit: Duration = .seconds(30)
    /// How long a probed session may stay silent before another takes over.
    package var probeLimit: Duration = .seconds(5)
    /// A message of the feed that is not acknowledged for so long ends a session that lives otherwise: one of both was lost.
    package var standstillLimit: Duration = .seconds(600)
    /// Compressed batch bytes that a node may have sent and the centre not yet applied.
    package var creditBytes: UInt64 = 8 << 20
    package var creditMessages: UInt64 = 64
    /// Feed messages sent and not yet acknowledged.
    package var feedUnackedMax = 4
    /// Feed bytes before compression that one page may hold.
    package var feedBytesMax = 512 << 10
    /// Messages of one page. With those before it, what is on its way stays below what a node lets wait
    /// (`NodeSession.Settings.feedsWaitingMax`), however many authors and datasets lie side by side in the feed.
    package var feedPartsMax = 64
    /// The feed's position is moved at least this often, also when nothing concerns the node.
    package var feedIdleLimit: Duration = .seconds(5)

    package init() {}
  }

  /// What the store found out about a hello that it accepts.
  package struct Admission: Sendable, Equatable {
    package var welcome: Welcome
    /// Where the node's copy stands, 0 after a reset.
    package var feedPosition: UInt64

    package init(welcome: Welcome, feedPosition: UInt64) {
      self.welcome = welcome
      self.feedPosition = feedPosition
    }
  }

  /// What became of a batch.
  package enum BatchAnswer: Sendable, Equatable {
    /// Applied, or known before: the ack says up to where. Its credit is filled in by the machine.
    case answered(Ack)
    case refused(Refusal)
  }

  /// A piece of the feed as the store gives it.
  package struct FeedPage: Sendable, Equatable {
    /// Parts with the position that the copy has after each.
    package let parts: [Step]
    /// The position after the page, at or above the last part's.
    package let end: UInt64
    /// Whether the feed ended there when the page was read (in the same snapshot); nil where the store cannot tell.
    ///
    /// Only then does a copy show all that the feed showed at `end`: a record that changed again while pages are read
    /// moves behind those that are read first (DESIGN.md, "The overlay rule").
    package let isComplete: Bool?

    package struct Step: Sendable, Equatable {
      package let position: UInt64
      package let part: Feed.Part

      package init(position: UInt64, part: Feed.Part) {
        self.position = position
        self.part = part
      }
    }

    package init(parts: [Step], end: UInt64, isComplete: Bool? = nil) {
      self.parts = parts
      self.end = end
      self.isComplete = isComplete
    }
  }

  package enum Event: Sendable, Equatable {
    case received(Peer, NodeMessage)
    case malformed(Peer, reason: String)
    case admitted(Peer, Admission)
    case notAdmitted(Peer, Refusal)
    /// The store believes the hello only once its sender has answered since (ADR 0014).
    case doubted(Peer)
    case batchAnswered(Peer, session: UInt64, bytes: Int, BatchAnswer)
    case feedLoaded(Peer, session: UInt64, FeedPage)
    /// The feed has grown to this position, by something that may concern the node; or by nothing that does since the
    /// event before.
    case feedAdvanced(UInt64, concerns: Bool = true)
    /// Definitions, profile or rules of this node changed.
    /// All that concern the node now; what it lacks of them is sent.
    case documentsChanged([Document], ruleVersion: UInt64, rightsVersion: UInt64)
    /// The transport cannot reach the peer any more.
    case unreachable(Peer)
    case revoked(Refusal)
    case ticked
  }

  package enum Effect: Sendable, Equatable {
    case send(Peer, CentreMessage)
    /// Look the node up and answer with `admitted`, `notAdmitted` or, unless the hello's sender has answered since it
    /// came, `doubted`.
    case admit(Peer, Hello, hasAnswered: Bool = false)
    /// Apply and answer with `batchAnswered`.
    case apply(Peer, Batch, session: UInt64)
    case loadFeed(Peer, session: UInt64, since: UInt64, bytesMax: Int, partsMax: Int)
    case storeReport(NodeReport)
    case storeFeedAck(FeedCursor)
    /// The node is online with this peer, or no longer.
    case sessionBegan(Peer, session: UInt64, softwareVersion: String)
    case sessionEnded(reason: String)
    /// Counted under the code in `simpul_sessions_refused_total`.
    case countRefusal(Refusal.Code)
  }
}

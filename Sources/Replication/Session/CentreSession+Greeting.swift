import Datasets
import Wire

/// From a hello to its welcome.
extension CentreSession {
  /// A hello that has not been answered yet.
  struct Greeting {
    /// What it waits for.
    enum Stage {
      /// A sign of life of the present session, or its silence until then.
      case probingLive(until: MonotonicTime)
      case atStore
      /// A sign of life of its own sender, who is asked for it with a number; it is given up then.
      case asked(number: UInt64, until: MonotonicTime)
    }

    let peer: Peer
    let hello: Hello
    var stage: Stage

    var isProbingLive: Bool { if case .probingLive = stage { true } else { false } }
  }

  mutating func greeted(_ hello: Hello, from peer: Peer, at now: MonotonicTime) -> [Effect] {
    guard let incarnation = hello.lineage.first?.incarnation else {
      return refuse(peer, Refusal(code: .malformed, reason: "hello names no incarnation"))
    }
    guard hello.protocolMin <= 1, hello.protocolMax >= 1 else {
      return refuse(
        peer, Refusal(code: .protocolVersion, reason: "the centre speaks protocol 1; update this node"))
    }
    if let live, live.peer != peer, live.incarnation == incarnation {
      // A second session of the same key and incarnation: ask the first for a sign of life (protocol.md).
      let greeting = Greeting(peer: peer, hello: hello, stage: .probingLive(until: now + settings.probeLimit))
      return replaceGreeting(greeting) + [.send(live.peer, .probe(session: live.session))]
    }
    let greeting = Greeting(peer: peer, hello: hello, stage: .atStore)
    return replaceGreeting(greeting) + lookUp(greeting)
  }

  mutating func lookUp(_ waiting: Greeting, hasAnswered: Bool = false) -> [Effect] {
    greeting = Greeting(peer: waiting.peer, hello: waiting.hello, stage: .atStore)
    return [.admit(waiting.peer, waiting.hello, hasAnswered: hasAnswered)]
  }

  /// A process that has died answers nothing, whatever of its words is still on its way.
  mutating func doubted(_ peer: Peer, at now: MonotonicTime) -> [Effect] {
    guard let waiting = greeting, waiting.peer == peer, case .atStore = waiting.stage else { return [] }
    // Another one for each hello, so that no answer to an earlier one is taken for this one's.
    let number = peer.number << 32 ^ now.milliseconds
    greeting?.stage = .asked(number: number, until: now + settings.silenceLimit)
    return [.send(peer, .probe(session: number))]
  }

  /// The latest hello counts; whoever waited with another one is told, and need not wait for its own limit.
  private mutating func replaceGreeting(_ next: Greeting) -> [Effect] {
    let other = greeting
    greeting = nil
    var effects: [Effect] = []
    if let other, other.peer != next.peer { effects = refuse(other.peer, overtaken(other, by: next)) }
    greeting = next
    return effects
  }

  /// Only of one incarnation a second session is meant; what comes of another one may be late word of a process that
  /// is gone, and says nothing of a second disk.
  private func overtaken(_ other: Greeting, by next: Greeting) -> Refusal {
    if case .asked = other.stage { return overtaken }
    let isSame = other.hello.lineage.first?.incarnation == next.hello.lineage.first?.incarnation
    return isSame ? duplicate : overtaken
  }

  private var overtaken: Refusal {
    Refusal(code: .superseded, reason: "a later hello of \(node) has come")
  }

  private var duplicate: Refusal {
    Refusal(
      code: .duplicateSession, reason: "another session of \(node) is alive; is its disk running twice?")
  }

  /// The probed session has spoken, whatever it said (any traffic is life): the second one is refused.
  mutating func settleProbe() -> [Effect] {
    guard let waiting = greeting, waiting.isProbingLive else { return [] }
    return refuse(waiting.peer, duplicate)
  }

  mutating func admitted(_ peer: Peer, _ admission: Admission, at now: MonotonicTime) -> [Effect] {
    guard let greeting, greeting.peer == peer else { return [] }
    self.greeting = nil
    var effects: [Effect] = []
    if let live, live.peer != peer {
      effects += refuse(live.peer, Refusal(code: .superseded, reason: "a newer session of \(node) took over"))
    }
    var welcome = admission.welcome
    welcome.credit = Credit(bytes: settings.creditBytes, messages: settings.creditMessages)
    welcome.silenceLimitMilliseconds = settings.silenceLimit.wholeMilliseconds
    welcome.centreTime = wall
    welcome.echo = greeting.hello.clock
    live = Live(
      peer: peer, session: welcome.session, incarnation: welcome.incarnation, epoch: welcome.epoch,
      lastReceived: now,
      pump: FeedPump(
        position: admission.feedPosition, mark: feedEnd, needed: sweepPosition(welcome), settings: settings,
        at: now),
      documents: Dictionary(
        greeting.hello.documents.map { ($0.name, $0.hash) }, uniquingKeysWith: { _, last in last }),
      ruleVersion: welcome.ruleVersion, rightsVersion: welcome.rightsVersion)
    for document in welcome.documents { live?.sent(document) }
    effects.append(
      .sessionBegan(peer, session: welcome.session, softwareVersion: greeting.hello.softwareVersion))
    effects.append(.storeReport(greeting.hello.report))
    effects.append(.send(peer, .welcome(welcome)))
    return effects + pumpFeed(at: now)
  }

  private func sweepPosition(_ welcome: Welcome) -> UInt64 {
    if case .reset(let sweepAt) = welcome.feed { sweepAt } else { 0 }
  }
}

import Datasets
import Wire

extension Generator {
  mutating func clock() -> ClockReading { ClockReading(wall: timestamp(), uptimeMilliseconds: number()) }

  mutating func report() -> NodeReport {
    NodeReport(
      backlogChanges: number(), backlogBytes: number(), oldestUnacknowledged: maybe { $0.timestamp() },
      diskFreeBytes: number(), clockOffsetMilliseconds: maybe { Int64(truncatingIfNeeded: $0.next()) },
      roundTripMilliseconds: maybe { $0.number() }, quarantined: number())
  }

  mutating func lineage() -> Lineage {
    Lineage(
      incarnation: incarnation(), parent: maybe { $0.incarnation() },
      ends: list(upTo: 3) { Lineage.End(dataset: $0.dataset(), last: $0.sequence(), sealed: $0.mark()) })
  }

  mutating func hello() -> Hello {
    Hello(
      protocolMin: number(), protocolMax: number(), softwareVersion: text(upTo: 10),
      lineage: list(upTo: 3) { $0.lineage() },
      streams: list(upTo: 3) {
        Hello.Stream(
          dataset: $0.dataset(), earliestKept: $0.sequence(), next: $0.sequence(),
          marks: $0.list(upTo: 3) { $0.mark() })
      },
      cursor: maybe { $0.cursor() }, ruleVersion: number(),
      documents: list(upTo: 3) { DocumentHash(name: $0.text(upTo: 10), hash: $0.next()) }, clock: clock(),
      report: report())
  }

  mutating func compressed() -> CompressedBytes {
    CompressedBytes(rawCount: below(Limits.batchBytesMax + 1), bytes: bytes(upTo: 60))
  }

  mutating func batch() -> Batch {
    let first = sequence()
    return Batch(
      session: next(), dataset: dataset(), incarnation: incarnation(), first: first,
      last: first.advanced(by: UInt64(below(100))), head: hash(), entries: compressed())
  }

  mutating func ack() -> Ack {
    Ack(
      session: next(), dataset: dataset(), incarnation: incarnation(), applied: mark(),
      quarantined: list(upTo: 3) {
        Ack.Quarantined(sequence: $0.sequence(), code: $0.text(upTo: 10), reason: $0.text(upTo: 30))
      },
      visibleAt: cursor(), backedUp: flag() ? sequence() : nil, credit: Credit(bytes: number(), messages: number()))
  }

  mutating func document() -> Document { Document(name: text(upTo: 10), text: text(upTo: 50)) }

  mutating func welcome() -> Welcome {
    Welcome(
      session: next(), incarnation: incarnation(),
      positions: list(upTo: 3) {
        Welcome.Position(
          dataset: $0.dataset(), applied: $0.mark(), backedUp: $0.flag() ? $0.sequence() : nil,
          unsealed: $0.flag() ? Welcome.Bodies(after: $0.sequence(), digest: $0.mark().head) : nil)
      },
      epoch: incarnation(), feed: flag() ? .resume : .reset(sweepAt: number()), ruleVersion: number(),
      rightsVersion: next(), credit: Credit(bytes: number(), messages: number()), centreTime: timestamp(),
      echo: clock(),
      documents: list(upTo: 3) { $0.document() },
      fleetKeys: list(upTo: 2) { generator in
        FleetKey(
          version: UInt8(1 + generator.below(255)),
          secret: [UInt8](repeating: UInt8(generator.below(256)), count: 32))
      }.compactMap { $0 },
      silenceLimitMilliseconds: number())
  }

  mutating func occurrences() -> FeedOccurrences {
    let first = Datasets.Sequence(1 + next() % 1000) ?? .max
    let last = first.advanced(by: UInt64(below(50)))
    let skipped = Set(list(upTo: 4) { first.advanced(by: $0.next() % (last.value - first.value + 1)) })
    return FeedOccurrences(
      dataset: dataset(), author: author(), first: first, last: last, skipped: skipped.sorted(),
      entries: compressed())
  }

  mutating func verdict() -> Verdict {
    Verdict(
      dataset: dataset(), incarnation: incarnation(), sequence: sequence(), outcome: pick(Verdict.Outcome.allCases),
      effective: timestamp(), reason: text(upTo: 40))
  }

  mutating func feed() -> Feed {
    let parts: [Feed.Part] = [
      .nothing, .records(dataset(), compressed()), .occurrences(occurrences()),
      .verdicts(list(upTo: 4) { $0.verdict() }),
    ]
    return Feed(session: next(), cursor: cursor(), part: pick(parts))
  }

  mutating func feedRecords() -> FeedRecords {
    var registry = FieldRegistry()
    let items = list(upTo: 6) { generator -> FeedRecords.Item in
      if generator.flag() { return .retraction(generator.recordID()) }
      return .state(generator.recordID(), generator.recordState().bytes(registry: &registry))
    }
    return FeedRecords(registry: registry, items: items)
  }

  mutating func nodeMessage(_ kind: Int) -> NodeMessage {
    switch kind % 6 {
    case 0: .hello(hello())
    case 1: .batch(batch())
    case 2: .feedAck(FeedAck(session: next(), cursor: cursor()))
    case 3: .ping(Ping(session: next(), clock: clock(), report: report()))
    case 4: .join(Join(publicKey: String(repeating: "k", count: below(41))))
    default: .goodbye(session: next())
    }
  }

  mutating func centreMessage(_ kind: Int) -> CentreMessage {
    switch kind % 8 {
    case 0: .welcome(welcome())
    case 1: .refusal(Refusal(code: pick(Refusal.Code.allCases), reason: text(upTo: 40)))
    case 2: .ack(ack())
    case 3: .feed(feed())
    case 4: .pong(Pong(session: next(), echo: clock(), centreTime: timestamp()))
    case 5:
      .documents(
        Documents(
          session: next(), documents: list(upTo: 3) { $0.document() }, ruleVersion: number(),
          rightsVersion: next()))
    case 6: .joined(Joined(node: node()))
    default: .probe(session: next())
    }
  }
}

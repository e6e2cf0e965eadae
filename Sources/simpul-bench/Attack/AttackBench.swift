import Foundation
import HTTPRequesting
import HTTPTypes
import Logging
import Machine
import Settings
import Transport

/// A steady load of honest offices against one real aggregator, first alone and then under an attack at fixed rates.
///
/// Honest offices and attackers share this process and the machine with the aggregator: the latencies that it prints are
/// the most that the aggregator takes.
struct AttackBench {
  let directory: String
  let agents: String
  let nodeCount: Int
  /// How long each of the two phases lasts.
  let seconds: Int
  /// Events that the offices record in a second, together.
  let rate: Int

  private struct Phase {
    var offered: UInt64 = 0
    var arrived: UInt64 = 0
    var latency = LatencyHistogram()
    /// Of one core.
    var processorShare = 0.0
    /// Attempts that ended, at honest offices.
    var setbacks = 0

    var arrivedShare: Double { offered == 0 ? 0 : Double(arrived) / Double(offered) }
  }

  /// What was begun of one kind of attack in all.
  private struct Attacks {
    let words: String
    let count: Int
    /// In a second.
    let rate: Int
  }

  /// An office records what has come due this often.
  private static let tick = Duration.milliseconds(100)
  /// What was recorded last has so long to be acknowledged: who falls behind is not waited for.
  private static let grace = Duration.seconds(2)
  /// The share of an attack's rate below which nobody was attacked as the bench says.
  private static let pursuedMin = 0.8
  private static let limit = Duration.seconds(120)
  /// Whose keys the attackers have, neither of which may read others' data, and who may read everybody's scans.
  private static let forger = 0
  private static let overflower = 1
  private static let reader = 2
  private static let shipped = ["setda", "dishub", "bkpsdm"]

  private let programs = BenchPrograms()
  private let ledger = LoadLedger()
  private let readerLedger = LoadLedger()

  func run() async throws {
    print("attack: \(nodeCount) offices record \(rate) events/s together, twice for \(seconds) s")
    try programs.raiseDescriptorLimit(for: nodeCount + 1_000)
    let centre = try await LoadCentre.prepare(
      directory: directory, agents: agents, count: nodeCount, shipped: Self.shipped, programs: programs)
    let process = try centre.start(programs)
    defer { programs.end(process) }
    try await programs.wait("the centre") { try programs.status(centre.settings.adminSocket) != nil }
    let fleet = try LoadFleet(centre, centre.offices, ledger: ledger)
    let readers = try LoadFleet(centre, [centre.shipped[Self.reader]], ledger: readerLedger)
    let running = fleet.start()
    let reading = readers.start()
    let insiders = try Insiders(centre)
    do {
      try await measure(fleet, centre, insiders, process)
    } catch {
      await stop(fleet, running, readers, reading, insiders)
      throw error
    }
    await stop(fleet, running, readers, reading, insiders)
    programs.end(process)
    try await fleet.compare(with: try centre.eventCounts(), ledger.current)
  }

  /// Both of the enrolled attackers, on a socket thread of their own.
  private struct Insiders {
    let thread: SocketThread
    let forger: AttackInsider
    let overflower: AttackInsider

    init(_ centre: LoadCentre) throws {
      thread = try SocketThread.start(
        name: "insiders", logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
      forger = AttackInsider(centre.access(of: centre.shipped[AttackBench.forger]), thread: thread)
      overflower = AttackInsider(centre.access(of: centre.shipped[AttackBench.overflower]), thread: thread)
    }
  }

  private func stop(
    _ fleet: LoadFleet, _ running: [Task<Void, Never>], _ readers: LoadFleet, _ reading: [Task<Void, Never>],
    _ insiders: Insiders
  ) async {
    await fleet.stop(running)
    await readers.stop(reading)
    await insiders.forger.close()
    await insiders.overflower.close()
    await insiders.thread.stop()
  }

  // MARK: Phases

  private func measure(
    _ fleet: LoadFleet, _ centre: LoadCentre, _ insiders: Insiders, _ process: Process
  ) async throws {
    try await programs.wait("every office", within: Self.limit) {
      ledger.current.established == nodeCount && readerLedger.current.established == 1
    }
    let alone = try await load(fleet, process)
    tell("alone", alone)
    try await insiders.forger.claim()

    let failures = try await handshakeFailures(centre)
    let end = ContinuousClock.now + .seconds(seconds)
    let strangers = AttackStrangers(
      endpoint: centre.endpoint, serverKey: centre.serverKey, port: centre.settings.replication.listen.address.port)
    async let outside = strangers.run(until: end)
    async let forged = insiders.forger.forge(until: end)
    async let oversized = insiders.overflower.overflow(until: end)
    let attacked = try await load(fleet, process)
    let begun = (try await outside, try await forged, try await oversized)
    tell("attacked", attacked)
    let attacks = [
      Attacks(words: "handshakes with unknown keys", count: begun.0.handshakes, rate: AttackStrangers.handshakeRate),
      Attacks(words: "connections that say nothing", count: begun.0.silent, rate: AttackStrangers.silentRate),
      Attacks(words: "bytes that are no ZeroMQ", count: begun.0.garbage, rate: AttackStrangers.garbageRate),
      Attacks(words: "forged messages of an office", count: begun.1, rate: AttackInsider.forgedRate),
      Attacks(words: "messages above the limit", count: begun.2, rate: AttackInsider.oversizedRate),
    ]
    for attack in attacks {
      report("attack: \(attack.words)", Double(attack.count) / Double(seconds), "in a second (of \(attack.rate))")
    }
    let counted = try await handshakeFailures(centre) - failures
    report("attack: failed handshakes, by the aggregator", counted, "in all")
    for (word, share) in [("50 %", 0.5), ("99 %", 0.99)] {
      report(
        "from recording to ack, \(word), attacked / alone",
        milliseconds(attacked, share) / max(0.001, milliseconds(alone, share)), "ratio")
    }
    try await insiders.forger.claim()
    try await judge(alone, attacked, insiders, attacks, counted: counted)
  }

  /// The steady load, and what became of it.
  private func load(_ fleet: LoadFleet, _ process: Process) async throws -> Phase {
    ledger.beginPhase()
    let before = ledger.current
    let used = try programs.processorSeconds(process)
    let start = ContinuousClock.now
    let total = rate * seconds
    let tickCount = seconds * Int(1 / Self.tick.seconds)
    await fleet.each { agent, number in
      var recorded = 0
      let each = total * (number + 1) / nodeCount - total * number / nodeCount
      // Spread over the tick, so that the load is steady.
      let first = start + Self.tick * (Double(number) / Double(nodeCount))
      for tick in 1...tickCount {
        do { try await Task.sleep(until: first + Self.tick * tick, clock: .continuous) } catch { return }
        let due = each * tick / tickCount
        await agent.record(due - recorded)
        recorded = due
      }
    }
    let deadline = ContinuousClock.now + Self.grace
    while ContinuousClock.now < deadline, ledger.current.acknowledged < ledger.current.recorded {
      try await Task.sleep(for: .milliseconds(5))
    }
    let figures = ledger.current
    let passed = ContinuousClock.now - start
    let share = (try programs.processorSeconds(process) - used) / passed.seconds
    // What comes late is none of the next phase's.
    try await programs.wait("the last ack", within: Self.limit, every: .milliseconds(5)) {
      ledger.current.acknowledged == ledger.current.recorded
    }
    var phase = Phase()
    phase.offered = figures.recorded - before.recorded
    phase.arrived = figures.acknowledged - before.acknowledged
    phase.latency = figures.latency
    phase.processorShare = share
    phase.setbacks = figures.setbacks.values.reduce(0, +)
    return phase
  }

  // MARK: Figures

  private func tell(_ name: String, _ phase: Phase) {
    report("\(name): events offered", Double(phase.offered) / Double(seconds), "in a second")
    report("\(name): arrived / offered", phase.arrivedShare, "ratio (goal 1.00)")
    for (word, share) in [("50 %", 0.5), ("99 %", 0.99), ("100 %", 1)] {
      report("\(name): from recording to ack, \(word) within", milliseconds(phase, share), "ms")
    }
    report("\(name): the aggregator's share of one core", phase.processorShare * 100, "%")
    report("\(name): ended attempts of honest offices", Double(phase.setbacks), "in all")
  }

  private func milliseconds(_ phase: Phase, _ share: Double) -> Double {
    Double(phase.latency.value(at: share) ?? 0) / 1000
  }

  /// What the aggregator counts in its metrics.
  private func handshakeFailures(_ centre: LoadCentre) async throws -> Double {
    let request = OutgoingRequest(
      url: "http://localhost/metrics", socketPath: centre.settings.adminSocket, timeMax: .seconds(30))
    let (_, body) = try await request.answer(bytesMax: 1 << 20)
    let lines = String(decoding: body, as: UTF8.self).split(separator: "\n")
    return lines.filter { $0.hasPrefix("simpul_link_handshake_failures_total") }
      .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
  }

  // MARK: Judging

  private func judge(
    _ alone: Phase, _ attacked: Phase, _ insiders: Insiders, _ attacks: [Attacks], counted: Double
  ) async throws {
    // An office that may read everybody's scans shows that there is something to read.
    let (mayRead, mayNot) = (readerLedger.current.fed, ledger.current.fed)
    let insider = await insiders.forger.fed
    print(
      "of others' data the feed gave the personnel office, which may read it, \(mayRead) events, the honest offices "
        + "\(mayNot), and the enrolled attacker, with whatever claims, \(insider); it was refused "
        + "\(await insiders.forger.refused) times")
    var problems: [String] = []
    if alone.arrivedShare != 1 || attacked.arrivedShare != 1 { problems.append("not all of the load arrived in time") }
    if alone.setbacks + attacked.setbacks > 0 { problems.append("sessions of honest offices ended") }
    if mayRead == 0 { problems.append("who may read was given nothing") }
    if mayNot + insider > 0 { problems.append("offices without the right were given others' data") }
    for attack in attacks where Double(attack.count) < Double(attack.rate * seconds) * Self.pursuedMin {
      problems.append("there were too few of the attack's \(attack.words): this machine is too busy")
    }
    // The last handshakes may be counted later.
    if counted < Double(attacks[0].count) / 2 { problems.append("the attack did not reach the aggregator") }
    guard problems.isEmpty else { throw BenchFailure(description: problems.joined(separator: "; ")) }
  }
}

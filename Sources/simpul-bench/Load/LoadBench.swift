import Datasets
import Foundation
import Settings

/// Many offices against one real aggregator: the agent's session machine and link for each, over CURVE on loopback, all
/// offices in this process.
///
/// This process shares the machine with the aggregator, so what it prints is the least that the aggregator does.
struct LoadBench {
  let directory: String
  let agents: String
  let nodeCount: Int
  /// How long the trickle lasts.
  let seconds: Int
  /// How many events each office has waiting before the drain.
  let eventCount: Int

  /// Every office records one event this often in the trickle.
  private static let interval = Duration.seconds(3)
  /// Nothing but heartbeats happens for so long before memory is read.
  private static let idling = Duration.seconds(15)
  private static let outage = Duration.seconds(5)
  private static let limit = Duration.seconds(600)
  /// What libzmq itself takes for an idle CURVE peer of a ROUTER, KiB.
  private static let socketKiB = 28.0...33.0

  private let programs = BenchPrograms()
  private let ledger = LoadLedger()

  func run() async throws {
    print("load: \(nodeCount) offices, one aggregator, CURVE on, synchronous=FULL")
    try programs.raiseDescriptorLimit(for: nodeCount)
    let centre = try await LoadCentre.prepare(
      directory: directory, agents: agents, count: nodeCount, programs: programs)
    let bare = try DrainBench(directory: directory, agents: agents, eventCount: max(1, nodeCount * eventCount))
      .bareInsert(centre.definition)
    var process = try centre.start(programs)
    defer { programs.end(process) }
    try await programs.wait("the centre") { try programs.status(centre.settings.adminSocket) != nil }
    let before = try programs.proportionalKiB(process)

    let fleet = try LoadFleet(centre, centre.offices, ledger: ledger)
    let start = ContinuousClock.now
    let running = fleet.start()
    do {
      try await arrive("connect storm", since: start)
      try await idle(process, before: before)
      process = try await fail(process, centre)
      try await trickle(fleet, process)
      try await drain(fleet, bare: bare)
    } catch {
      await fleet.stop(running)
      throw error
    }
    await fleet.stop(running)
    programs.end(process)
    try await fleet.compare(with: try centre.eventCounts(), ledger.current)
  }

  // MARK: Phases

  /// Waits until every session stands.
  private func arrive(_ phase: String, since start: ContinuousClock.Instant) async throws {
    try await wait("every office") { $0.established == nodeCount }
    report("\(phase): all \(nodeCount) sessions stand", (ContinuousClock.now - start).seconds, "s")
    let figures = ledger.current
    report("\(phase): half of the offices", milliseconds(figures.arrival, 0.5), "ms after they began to call")
    report("\(phase): 99 % of the offices", milliseconds(figures.arrival, 0.99), "ms")
    reportSetbacks(phase, figures)
  }

  private func idle(_ process: Process, before: Int) async throws {
    try await Task.sleep(for: .seconds(5))
    let used = try programs.processorSeconds(process)
    let start = ContinuousClock.now
    try await Task.sleep(for: Self.idling)
    reportProcessor("idle", used, process, since: start)
    let after = try programs.proportionalKiB(process)
    report("idle: the aggregator without offices", Double(before) / 1024, "MiB, proportional set size")
    report("idle: with \(nodeCount)", Double(after) / 1024, "MiB")
    let each = Double(after - before) / Double(nodeCount)
    report("idle: per office", each, "KiB")
    report(
      "idle: beyond libzmq's own \(Int(Self.socketKiB.lowerBound)) to \(Int(Self.socketKiB.upperBound)) KiB",
      each - Self.socketKiB.upperBound,
      String(format: "to %.2f KiB per office (goal 16)", each - Self.socketKiB.lowerBound))
  }

  /// The centre dies and comes back after a while.
  ///
  /// - Returns: its new process.
  private func fail(_ process: Process, _ centre: LoadCentre) async throws -> Process {
    ledger.beginPhase()
    programs.end(process, isKilled: true)
    try await Task.sleep(for: Self.outage)
    let start = ContinuousClock.now
    let next = try centre.start(programs)
    do { try await arrive("outage of \(Int(Self.outage.seconds)) s", since: start) } catch {
      programs.end(next)
      throw error
    }
    return next
  }

  private func trickle(_ fleet: LoadFleet, _ process: Process) async throws {
    ledger.beginPhase()
    let before = ledger.current.acknowledged
    let used = try programs.processorSeconds(process)
    let start = ContinuousClock.now
    let end = start + .seconds(seconds)
    await fleet.each { agent, number in
      // Spread over the interval, so that the load is steady.
      var next = start + Self.interval * (Double(number) / Double(nodeCount))
      while next < end {
        do { try await Task.sleep(until: next, clock: .continuous) } catch { return }
        await agent.record(1)
        next += Self.interval
      }
    }
    try await settle()
    reportProcessor("trickle", used, process, since: start)
    let figures = ledger.current
    let rate = Double(figures.acknowledged - before) / (ContinuousClock.now - start).seconds
    report("trickle: an event of each office every \(Int(Self.interval.seconds)) s", rate, "events/s")
    for (word, share) in [("50 %", 0.5), ("90 %", 0.9), ("99 %", 0.99), ("99.9 %", 0.999), ("100 %", 1)] {
      report("trickle: from recording to ack, \(word) within", milliseconds(figures.latency, share), "ms")
    }
    reportSetbacks("trickle", figures)
  }

  private func drain(_ fleet: LoadFleet, bare: Double) async throws {
    ledger.beginPhase()
    await fleet.each { agent, _ in await agent.prepare(eventCount) }
    let start = ContinuousClock.now
    await fleet.each { agent, _ in await agent.announce() }
    try await settle()
    let rate = Double(nodeCount * eventCount) / (ContinuousClock.now - start).seconds
    report("drain: \(eventCount) events of each office at once", rate, "events/s")
    report("drain / bare batched insert of the same rows", rate / bare, "ratio (goal 0.5)")
    reportSetbacks("drain", ledger.current)
  }

  // MARK: Waiting and figures

  private func wait(_ what: String, until isReady: (LoadLedger.Figures) -> Bool) async throws {
    try await programs.wait(what, within: Self.limit, every: .milliseconds(5)) { isReady(ledger.current) }
  }

  /// Waits until all that was recorded is acknowledged.
  private func settle() async throws { try await wait("the last ack") { $0.acknowledged == $0.recorded } }

  private func milliseconds(_ histogram: LatencyHistogram, _ share: Double) -> Double {
    Double(histogram.value(at: share) ?? 0) / 1000
  }

  private func reportSetbacks(_ phase: String, _ figures: LoadLedger.Figures) {
    report("\(phase): failed or ended attempts", Double(figures.setbacks.values.reduce(0, +)), "in all")
    for (reason, count) in figures.setbacks.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }).prefix(5) {
      print("  \(count) times: \(reason)")
    }
  }

  private func reportProcessor(
    _ phase: String, _ before: Double, _ process: Process, since start: ContinuousClock.Instant
  ) {
    guard let now = try? programs.processorSeconds(process) else { return }
    report(
      "\(phase): the aggregator's share of one core", (now - before) / (ContinuousClock.now - start).seconds * 100, "%")
  }
}

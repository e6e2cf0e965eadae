import API
import Collectors
import Datasets
import HTTPServing
import Hummingbird
import Machine
import NodeStorage
import Replication
import Sessions
import Settings

extension AgentRoutes {
  /// What is wrong, with evidence, consequence and remedy.
  func getFindings(_ call: HTTPCall) async throws -> Response {
    let contents = context.catalogue.current
    let phase = await context.replicator.phase
    let settings = context.settings
    var spool: SpoolStanding.Facts?
    if let directory = settings.spool.directory { spool = await context.spool.facts(directory: directory) }
    // Without definitions nothing is known of any directory.
    if let facts = spool, !contents.datasets.isEmpty {
      let open = SpoolIntake.writableDatasets(context.catalogue).map(\.text)
      spool?.closed = Set(facts.failed.map(\.directory)).subtracting(open + [""])
    }
    var diagnosis = Diagnosis(
      node: settings.node, phase: phase, failure: await context.replicator.failure,
      failureStreak: await context.replicator.failureStreak, store: try await context.store.status(),
      reserveBytes: UInt64(settings.buffer.reserve.bytes),
      clockOffsetMilliseconds: await context.replicator.clockOffsetMilliseconds,
      clockSuspicion: try await context.store.clockSuspicion(now: MachineClock.reading()),
      storeProblem: await readiness.storeProblem(), progressAt: await context.replicator.progressAt,
      apartSince: await context.replicator.apartSince, nextAttemptAt: await context.replicator.nextAttemptAt,
      spool: spool,
      hasDefinitions: contents.profile != nil && !contents.datasets.isEmpty, startedAt: context.startedAt,
      now: MachineClock.wall())
    if let terminals = context.terminals { diagnosis.terminals = try await terminals.terminals() }
    if !phase.isEstablished {
      diagnosis.probes = await context.probes.results(of: context.replicator.endpoints)
    }
    return try .json(FindingsReply(diagnosis.findings, language: call.language))
  }
}

import API
import Datasets
import HTTPServing
import Hummingbird
import Machine
import NodeStorage
import Replication
import Settings

extension AgentRoutes {
  /// What is wrong, with evidence, consequence and remedy.
  func getFindings(_ call: HTTPCall) async throws -> Response {
    let contents = context.catalogue.current
    let phase = await context.replicator.phase
    var diagnosis = Diagnosis(
      node: context.settings.node, phase: phase, failure: await context.replicator.failure,
      store: try await context.store.status(), reserveBytes: UInt64(context.settings.buffer.reserve.bytes),
      clockOffsetMilliseconds: await context.replicator.clockOffsetMilliseconds,
      filesWaiting: context.spool.waitingCount, spoolProblem: context.spool.reply(call.language)?.problem,
      hasDefinitions: contents.profile != nil && !contents.datasets.isEmpty, now: MachineClock.wall())
    if !phase.isEstablished {
      for endpoint in context.replicator.endpoints {
        diagnosis.probes.append((endpoint, await LinkProbe.of(endpoint)))
      }
    }
    return try .json(FindingsReply(diagnosis.findings, language: call.language))
  }
}

import API
import CentreStorage
import Datasets
import Foundation
import HTTPServing
import Hummingbird
import Machine
import Settings
import Storage
import Wire

extension CentreRoutes {
  var statusRoutes: [Route] {
    [
      Route(
        .get, "/api/v1/status", "The aggregator's own state.", answer: .json(.named("StatusReply")),
        handle: status),
      Route(
        .get, "/api/v1/streams", "How far each node's streams are applied.",
        answer: .json(.named("StreamsReply")), isOfficeAware: true
      ) { call in
        let streams = try await context.store.streams(node: call.caller.office)
        return try .json(StreamsReply(streams: streams.map { StreamReply($0) }))
      },
      Route(
        .get, "/api/v1/doctor", "What is wrong with the fleet and the centre, with consequence and remedy.",
        answer: .json(.named("FindingsReply")), handle: findings),
      Route(
        .get, "/api/v1/alerts", "What needs somebody's attention now.", answer: .json(.named("AlertsReply")),
        isOfficeAware: true, handle: alerts),
      Route(
        .get, "/api/v1/events", "Changes of nodes, conflicts and quarantine as server-sent events.",
        answer: .text("text/event-stream"), refusals: [503], handle: events),
    ]
  }

  private func status(_ call: HTTPCall) async throws -> Response {
    let picture = try await context.pictures.fresh()
    let overview = picture.overview
    let known = picture.known.count
    let online = picture.count(.online)
    let summary = BilingualText(
      id: "\(online) dari \(known) kantor daring, \(overview.openConflicts) konflik terbuka, "
        + "\(overview.quarantined) perubahan dikarantina.",
      en: "\(online) of \(known) offices online, \(overview.openConflicts) open conflicts, "
        + "\(overview.quarantined) changes in quarantine.")
    var reply = StatusReply(
      role: "aggregator", node: NodeName.centre.text, version: SimpulVersion.text,
      summary: summary(call.language),
      state: "online", incarnation: context.store.epoch.description,
      startedAt: InstantText.of(context.startedAt))
    let problems = await context.readiness.problems()
    if !problems.isEmpty { reply.why = problems.map { $0(call.language) }.joined(separator: "; ") }
    reply.feed = StatusReply.FeedReply(epoch: context.store.epoch.description, position: overview.feedEnd)
    reply.backup = try await context.store.newestBackup().map {
      NewestBackupReply(madeAt: InstantText.of($0.madeAt), position: $0.end.position)
    }
    reply.audit = AuditHeadReply(try await context.audit.log.mark())
    reply.diskFreeBytes = MachineFacts.freeBytes(at: context.settings.dataDirectory)
    reply.storeBytes = context.storeBytes
    reply.openConflicts = overview.openConflicts
    reply.openDuplicates = try await context.store.openDuplicates()
    reply.heldBack = overview.quarantined
    reply.nodes = Dictionary(
      OfficeView.State.allCases.filter { $0 != .absent }.map { ($0.rawValue, picture.count($0)) },
      uniquingKeysWith: { first, _ in first })
    return try .json(reply)
  }

  private func alerts(_ call: HTTPCall) async throws -> Response {
    let findings = try await diagnosis().findings
    let office = call.caller.office?.text
    return try .json(
      AlertsReply(findings.filter { office == nil || $0.subject == office }, language: call.language))
  }

  private func findings(_ call: HTTPCall) async throws -> Response {
    try .json(FindingsReply(try await diagnosis().findings, language: call.language))
  }

  private func diagnosis() async throws -> CentreDiagnosis {
    let picture = try await context.pictures.fresh()
    var diagnosis = CentreDiagnosis(
      picture: picture, problems: await context.readiness.problems(),
      newestBackup: try await context.store.newestBackup()?.madeAt,
      diskFreeBytes: MachineFacts.freeBytes(at: context.settings.dataDirectory),
      refused: context.metrics.refused.all, fleetProblem: context.fleetProblem(),
      storeFailure: context.metrics.storeFailures.newest, now: context.now())
    diagnosis.damage = try await context.store.damage(
      since: context.now().advanced(byMilliseconds: -CentreDiagnosis.damageRecentMilliseconds))
    if picture.overview.quarantined > 0 { diagnosis.held = try await context.store.heldCounts() }
    return diagnosis
  }
}

extension CentreContext {
  /// What the store's files take.
  var storeBytes: Int64 {
    ["", "-wal"].reduce(0) { sum, suffix in
      let path = settings.dataDirectory + "/aggregator.sqlite" + suffix
      let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? NSNumber
      return sum + (size?.int64Value ?? 0)
    }
  }
}

extension StreamReply {
  init(_ stream: NodeStream) {
    self.init(
      dataset: stream.dataset.text, node: stream.node.text, applied: stream.applied.value,
      last: stream.last.value)
  }
}

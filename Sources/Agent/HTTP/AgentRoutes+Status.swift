import API
import Datasets
import HTTPServing
import Hummingbird
import NodeStorage
import Replication
import Sessions
import Settings
import Storage
import Wire

extension AgentRoutes {
  func getStatus(_ call: HTTPCall) async throws -> Response {
    let store = try await context.store.status()
    let phase = await context.replicator.phase
    var reply = StatusReply(
      role: "agent", node: context.settings.node.text, version: SimpulVersion.text,
      summary: await AgentSummary(context).text(call.language), state: phase.state,
      incarnation: store.incarnation.description, startedAt: InstantText.of(context.startedAt))
    let link = LinkStanding(
      phase: phase, failure: await context.replicator.failure, since: await context.replicator.apartSince)
    reply.why = link.why?(call.language)
    reply.backlog = BacklogReply(store)
    reply.feed = store.cursor.map {
      StatusReply.FeedReply(epoch: $0.epoch.description, position: $0.position)
    }
    reply.clockOffsetMs = await context.replicator.clockOffsetMilliseconds
    reply.rttMs = await context.replicator.roundTripMilliseconds
    reply.diskFreeBytes = store.diskFreeBytes
    reply.storeBytes = Int64(clamping: store.usedBytes)
    reply.streams = try await context.store.streams().map { StreamReply($0) }
    reply.openConflicts = store.conflictsOpen
    reply.heldBack = store.heldBack
    reply.heldValues = store.heldValues
    reply.recovered = store.recovered
    reply.audit = AuditHeadReply(try await context.audit.log.mark())
    reply.spool = context.spool.reply(call.language)
    return try .json(reply)
  }

  func listStreams(_ call: HTTPCall) async throws -> Response {
    try .json(StreamsReply(streams: try await context.store.streams().map { StreamReply($0) }))
  }

  /// This node alone: an office knows of no other.
  func listNodes(_ call: HTTPCall) async throws -> Response {
    try .json(NodesReply(nodes: [try await thisNode()]))
  }

  func getNode(_ call: HTTPCall) async throws -> Response {
    guard try call.node() == context.settings.node else { throw otherOffice(call) }
    return try .json(try await thisNode())
  }

  private func thisNode() async throws -> NodeReply {
    let store = try await context.store.status()
    let phase = await context.replicator.phase
    var reply = NodeReply(
      node: context.settings.node.text, state: phase.nodeState, backlog: BacklogReply(store),
      streams: try await context.store.streams().map { StreamReply($0) })
    if let profile = context.catalogue.current.profile {
      reply.title = profile.title.members
      reply.kind = profile.kind
    }
    reply.clockOffsetMs = await context.replicator.clockOffsetMilliseconds
    reply.rttMs = await context.replicator.roundTripMilliseconds
    reply.version = SimpulVersion.text
    reply.diskFreeBytes = store.diskFreeBytes
    reply.openConflicts = store.conflictsOpen
    reply.quarantined = UInt64(store.heldBack)
    return reply
  }
}

extension BacklogReply {
  init(_ status: NodeStoreStatus) {
    self.init(
      changes: status.backlogChanges, bytes: status.backlogBytes,
      oldest: status.oldestUnacknowledged.map { InstantText.of($0) })
  }
}

extension StreamReply {
  init(_ stream: StreamStatus) {
    self.init(
      dataset: stream.dataset.text, applied: stream.acknowledged.value, last: stream.last.value,
      earliestKept: stream.earliestKept.value)
  }
}

extension NodeSession.Phase {
  var isEstablished: Bool { self == .established }

  /// The word in status.
  var state: String {
    switch self {
    case .established: "online"
    case .refused: "refused"
    case .waiting, .connecting, .greeting, .stopped: "offline"
    }
  }

  /// The word that the centre would use of this node.
  var nodeState: String {
    switch self {
    case .established: "online"
    case .refused(let refusal) where refusal.code == .revoked: "revoked"
    case .refused(let refusal) where refusal.code == .fenced: "fenced"
    case .refused, .waiting, .connecting, .greeting, .stopped: "offline"
    }
  }
}

import API
import Datasets
import HTTPServing
import HTTPTypes
import Hummingbird
import NodeStorage
import Replication
import Sessions
import Settings

extension AgentRoutes {
  var trace: Route {
    Route(
      .get, "/api/v1/datasets/{dataset}/records/{record}/trace",
      "Where a record (by id or NIK) or event is on its way to the centre and back, and why.",
      query: [.init("node", .string, "This office; of others the centre knows.")],
      answer: .json(.named("TraceReply")), refusals: [409], handle: getTrace)
  }

  private func getTrace(_ call: HTTPCall) async throws -> Response {
    let dataset = try dataset(call)
    let definition = dataset.definition
    try requireHere(call)
    let link = LinkStanding(
      phase: await context.replicator.phase, failure: await context.replicator.failure,
      since: await context.replicator.apartSince)
    let view = NodeTrace(node: context.settings.node, definition: definition, link: link, language: call.language)
    if definition.kind == .record {
      let id = try await recordID(call, definition)
      let found = try await context.store.trace(definition.name, id, limit: TraceReply.changesMax)
      guard let found else { throw HTTPProblem.notInCopy(call.language) }
      return try .json(view.reply(found, id: id))
    }
    guard let key = OccurrenceID.key(call.parameter("record"), of: definition, regions: dataset.regions) else {
      throw HTTPProblem.noNaturalKey(definition, call.language)
    }
    guard let found = try await context.store.trace(definition.name, key: key) else {
      throw HTTPProblem.notInCopy(call.language)
    }
    return try .json(view.reply(found, id: call.rendering(definition).name(ofKey: key)))
  }

  private func recordID(_ call: HTTPCall, _ definition: DatasetDefinition) async throws -> RecordID {
    switch try call.tracedRecord(of: definition) {
    case .id(let id): return id
    case .number(let field, let number):
      let query = RecordQuery(limit: 5, equals: [(field, .text(number))])
      let found = try await context.store.records(definition.name, query)
      return try call.only(found.elements.map(\.id), showing: field)
    }
  }
}

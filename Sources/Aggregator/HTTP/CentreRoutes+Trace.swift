import API
import CentreStorage
import Datasets
import HTTPServing
import HTTPTypes
import Hummingbird
import Replication
import Settings

extension CentreRoutes {
  var traceRoutes: [Route] {
    [
      Route(
        .get, "/api/v1/datasets/{dataset}/records/{record}/trace",
        "Where a record (by id or NIK) or event is: what came, and which offices have confirmed it.",
        query: [.init("node", .string, "Only whether this office has it, and why not.")],
        answer: .json(.named("TraceReply")), refusals: [409], handle: trace)
    ]
  }

  private func trace(_ call: HTTPCall) async throws -> Response {
    let document = try definition(call)
    let definition = document.definition
    let found: CentreTrace?
    let name: String
    if definition.kind == .record {
      let id = try await recordID(call, definition)
      name = id.description
      found = try await context.store.trace(definition.name, id, limit: TraceReply.changesMax)
    } else {
      let key = OccurrenceID.key(call.parameter("record"), of: definition, regions: document.regions)
      guard let key else { throw HTTPProblem.noNaturalKey(definition, call.language) }
      name = call.rendering(definition).name(ofKey: key)
      found = try await context.store.trace(definition.name, key: key, limit: TraceReply.changesMax)
    }
    guard let found else { throw HTTPProblem.neverCame(call.language) }
    let asked = try call.nodeFilter()
    if let asked, try await context.pictures.recent().office(asked) == nil {
      throw unknownOffice(asked.text, call)
    }
    let view = CentreTraceView(
      definition: definition, readers: try await readers(of: definition.name), asked: asked,
      language: call.language)
    return try .json(view.reply(found, id: name))
  }

  private func readers(of dataset: DatasetName) async throws -> [CentreTraceView.Reader] {
    try await context.pictures.fresh().offices.compactMap { office in
      context.store.reading(office.node).first { $0.definition.name == dataset }
        .map { CentreTraceView.Reader(office: office, read: $0.read) }
    }
  }

  private func recordID(_ call: HTTPCall, _ definition: DatasetDefinition) async throws -> RecordID {
    switch try call.tracedRecord(of: definition) {
    case .id(let id): return id
    case .number(let field, let number):
      let found = try await context.store.records(definition.name, matching: [(field, number)], limit: 5)
      return try call.only(found.elements.map(\.id), showing: field)
    }
  }
}

extension HTTPProblem {
  fileprivate static func neverCame(_ language: Language) -> HTTPProblem {
    HTTPProblem(
      .notFound, "unknown_record",
      BilingualText(
        id:
          "Pusat belum pernah menerimanya. Bila sudah dicatat di sebuah kantor, tanyakan di kantor itu dengan perintah "
          + "yang sama.",
        en:
          "The centre has never received it. If an office has recorded it, ask at that office with the same command."),
      language: language)
  }
}

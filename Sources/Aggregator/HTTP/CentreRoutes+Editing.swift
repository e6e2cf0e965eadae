import API
import CentreStorage
import Datasets
import HTTPServing
import HTTPTypes
import Hummingbird
import Replication
import Settings

extension CentreRoutes {
  var editRoutes: [Route] {
    [
      Route(
        .post, "/api/v1/datasets/{dataset}/records", "Refused: data is recorded at the offices.",
        answer: .json(.named("IntakeReply")), refusals: [405]
      ) { call in
        throw HTTPProblem(
          .methodNotAllowed, "recorded_at_nodes",
          BilingualText(
            id: "Data dicatat di agen kantor, bukan di pusat. Kirim ke agen kantor itu.",
            en: "Data is recorded at an office's agent, not at the centre. Send it to that agent."),
          language: call.language)
      },
      Route(
        .patch, "/api/v1/datasets/{dataset}/records/{record}",
        "Saves the given fields as the centre: absent is untouched, null clears.",
        query: [.init("correction", .boolean, "Lets a monotone field go back.")],
        headers: [.ifMatch, .reason],
        body: .map(.anything), answer: .json(.named("RecordReply")),
        refusals: [403, 405, 410, 412, 415, 422],
        handle: save),
      Route(
        .delete, "/api/v1/datasets/{dataset}/records/{record}", "Deletes a record; it can be restored.",
        headers: [.ifMatch, .reason], answer: .json(.named("RecordReply")), refusals: [405, 410, 412],
        handle: delete),
      Route(
        .post, "/api/v1/datasets/{dataset}/records/{record}/restoration", "Restores a deleted record.",
        headers: [.ifMatch, .reason], answer: .json(.named("RecordReply")), refusals: [405, 412],
        handle: restore),
    ]
  }

  private func save(_ call: HTTPCall) async throws -> Response {
    let document = try editable(call)
    let definition = document.definition
    let id = try call.record()
    let version = try call.ifMatch()
    let isCorrection = try call.flag("correction")
    let body = try await call.decoded([String: JSONValue].self)
    let state = try await context.store.record(definition.name, id)?.state
    let input = RecordInput(
      definition, regions: document.regions, now: context.now(), stored: [state].compactMap { $0 })
    let values = try input.values(body)
    return try await edit(call, .edit, definition, id) {
      try await context.store.save(
        definition.name, id, values: values, version: version, isCorrection: isCorrection,
        reason: call.reason,
        now: context.now())
    }
  }

  private func delete(_ call: HTTPCall) async throws -> Response {
    let definition = try editable(call).definition
    let id = try call.record()
    let version = try call.ifMatch()
    let present = try await record(call, definition)
    if present.shown.isHidden {
      throw HTTPProblem(
        EditRefusal.gone, language: call.language, present: call.rendering(ofOrder: definition).record(present))
    }
    return try await edit(call, .delete, definition, id) {
      try await context.store.setLifecycle(
        definition.name, id, to: .deleted, version: version, reason: call.reason, now: context.now())
    }
  }

  private func restore(_ call: HTTPCall) async throws -> Response {
    let definition = try editable(call).definition
    let id = try call.record()
    let version = try call.ifMatch()
    let present = try await record(call, definition)
    if let person = try await context.store.record(definition.name, id)?.state.standsFor {
      throw HTTPProblem.merged(DuplicatePair(definition.name, id, person).description, call.language)
    }
    // What nobody deleted needs nothing.
    if present.state.shownLifecycle == .present, present.shown.conflicts.allSatisfy({ $0.name != .lifecycle }) {
      return try .record(call.rendering(ofOrder: definition).record(present))
    }
    return try await edit(call, .restore, definition, id) {
      try await context.store.setLifecycle(
        definition.name, id, to: .present, version: version, reason: call.reason, now: context.now())
    }
  }

  /// Does an edit, lets the nodes know, and answers with the record as it is then.
  private func edit(
    _ call: HTTPCall, _ action: AuditAction, _ definition: DatasetDefinition, _ id: RecordID,
    _ make: () async throws -> CentreEdit?
  ) async throws -> Response {
    do {
      let edit = try await call.audited(action, "\(definition.name)/\(id)", make)
      if edit != nil { await context.hub.feedChanged() }
    } catch let error as CentreEditError {
      let present = try await context.store.record(definition.name, id)
      throw HTTPProblem(
        error, language: call.language, present: present.map { call.rendering(ofOrder: definition).record($0) })
    }
    return try .record(call.rendering(ofOrder: definition).record(try await record(call, definition)))
  }
}

extension HTTPProblem {
  init(_ error: CentreEditError, language: Language, present: RecordReply?) {
    switch error {
    case .refused(let refusal): self.init(refusal, language: language, present: present)
    case .rejected(let reason): self.init(reason, language: language)
    case .siblingsSince(let field):
      self.init(
        .conflict, "siblings_since",
        BilingualText(
          id: "Ada suntingan lain sejak konflik ini dilihat. Lihat lagi, lalu putuskan.",
          en: "Another edit came since this conflict was looked at. Look again, then decide."),
        language: language, field: field.text, present: present)
    }
  }
}

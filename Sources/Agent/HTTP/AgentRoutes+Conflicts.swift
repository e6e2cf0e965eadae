import API
import Datasets
import HTTPServing
import HTTPTypes
import Hummingbird
import Machine
import NodeStorage
import Replication
import Sessions
import Wire

extension AgentRoutes {
  func listConflicts(_ call: HTTPCall) async throws -> Response {
    let limit = try call.limit()
    let state = try call.conflictState()
    let filter = try call.datasetFilter()
    var conflicts: [RecordConflict] = []
    var cursor = call.query("cursor")
    repeat {
      let rest = limit - conflicts.count
      let page = try await context.store.conflicts(state: state, limit: rest, cursor: cursor)
      conflicts += page.elements.filter { filter == nil || $0.dataset == filter }
      cursor = page.next
    } while cursor != nil && conflicts.count < limit
    var renderings: [DatasetName: RecordRendering] = [:]
    let replies = conflicts.map { conflict -> ConflictReply in
      let rendering =
        renderings[conflict.dataset]
        ?? call.rendering(context.catalogue.dataset(conflict.dataset)?.definition)
      renderings[conflict.dataset] = rendering
      return rendering.conflict(conflict)
    }
    return try .json(ConflictsReply(conflicts: replies, next: cursor))
  }

  func getConflict(_ call: HTTPCall) async throws -> Response {
    let id = try call.conflict()
    let (dataset, view) = try await place(id, call)
    guard let conflict = view.conflicts.first(where: { $0.field == id.field }) else {
      throw HTTPProblem.unknownConflict(call.language)
    }
    return try .json(call.rendering(dataset.definition).conflict(conflict, in: id.dataset, of: view))
  }

  func resolveConflict(_ call: HTTPCall) async throws -> Response {
    let id = try call.conflict()
    let request = try await call.decoded(ResolutionRequest.self)
    let (dataset, view) = try await place(id, call)
    let rendering = call.rendering(ofOrder: dataset.definition)
    guard let version = RecordVersion(request.version) else {
      throw HTTPProblem(EditRefusal.foreignVersion, language: call.language, present: rendering.record(view))
    }
    guard view.conflicts.contains(where: { $0.field == id.field }) else {
      // Somebody has decided it after this caller looked, or there never was one.
      let hasSeen = version.context(of: id.field).covers(view.version.context(of: id.field))
      throw hasSeen ? HTTPProblem.unknownConflict(call.language) : siblingArrived(view, rendering, call)
    }
    let state = try await context.store.state(id.dataset, id.record)
    let input = RecordInput(
      dataset.definition, regions: dataset.regions, now: context.clock.now(), stored: [state].compactMap { $0 })
    let value = try input.value(request, of: id.field)
    let saved: SavedRecord
    do {
      let isCorrection = try call.flag("correction")
      let reason = try call.reason(or: request.reason)
      saved = try await call.audited(.resolve, "\(id)", reason: reason) {
        try await context.store.resolve(
          id.dataset, id: id.record, field: id.field, value: value, version: version, isCorrection: isCorrection,
          reason: reason, now: MachineClock.reading())
      }
    } catch is SiblingArrived {
      let present = try await self.view(id.dataset, id.record, language: call.language)
      throw siblingArrived(present, rendering, call)
    } catch let refusal as EditRefusal {
      throw HTTPProblem(
        refusal, language: call.language, present: try await present(dataset, id.record, rendering))
    }
    await announce(saved, of: dataset)
    return try await resolved(id, saved.view, value, rendering)
  }

  /// The conflict as it is after a resolution: its one sibling, or those that came meanwhile.
  private func resolved(
    _ id: ConflictID, _ view: RecordView, _ value: Value, _ rendering: RecordRendering
  ) async throws -> Response {
    if let conflict = view.conflicts.first(where: { $0.field == id.field }) {
      return try .json(rendering.conflict(conflict, in: id.dataset, of: view))
    }
    let definition = context.catalogue.dataset(id.dataset)?.definition
    let state = try await context.store.state(id.dataset, id.record)?[id.field] ?? .empty
    return try .json(
      rendering.conflict(
        id, policy: (definition?.rule(for: id.field) ?? .unknown).policy.word, state: .settled, shown: value,
        base: nil, version: view.version, siblings: state.siblings))
  }

  private func place(_ id: ConflictID, _ call: HTTPCall) async throws -> (Catalogue.Dataset, RecordView) {
    guard let dataset = context.catalogue.dataset(id.dataset), dataset.definition.kind == .record,
      let view = try await context.store.record(id.dataset, id.record)
    else { throw HTTPProblem.unknownConflict(call.language) }
    return (dataset, view)
  }

  private func siblingArrived(_ view: RecordView, _ rendering: RecordRendering, _ call: HTTPCall)
    -> HTTPProblem
  {
    HTTPProblem(
      .conflict, "sibling_arrived",
      BilingualText(
        id:
          "Isian lain untuk kolom ini masuk sesudah versi itu. Lihat konfliknya sekarang, lalu putuskan "
          + "lagi.",
        en:
          "Another edit of this field came after that version. Look at the conflict as it is now and "
          + "decide again."
      ),
      language: call.language, present: rendering.record(view))
  }
}

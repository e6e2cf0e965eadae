import API
import CentreStorage
import Datasets
import HTTPServing
import HTTPTypes
import Hummingbird
import Replication
import Settings
import Wire

extension CentreRoutes {
  var conflictRoutes: [Route] {
    [
      Route(
        .get, "/api/v1/conflicts", "Conflicts, those that changed last first.",
        query: [
          .init("state", .words(["open", "settled", "all"]), "Default all."),
          .init("dataset", .string, "Only of this one."),
        ] + Route.Parameter.page, headers: [.reason], answer: .json(.named("ConflictsReply")),
        isOfficeAware: true, handle: conflicts),
      Route(
        .get, "/api/v1/conflicts/{conflict}", "One conflict.", headers: [.reason],
        answer: .json(.named("ConflictReply")), isOfficeAware: true, handle: conflict),
      Route(
        .post, "/api/v1/conflicts/{conflict}/resolution",
        "A person's choice between the siblings, or a third value. 409 if a sibling came since.",
        query: [.init("correction", .boolean, "Lets a monotone field go back.")], headers: [.reason],
        body: .named("ResolutionRequest"), answer: .json(.named("ConflictReply")),
        refusals: [403, 409, 410, 412, 415, 422], handle: resolve),
    ]
  }

  private func conflicts(_ call: HTTPCall) async throws -> Response {
    let state = try call.conflictState()
    let dataset = try call.datasetFilter()
    let limit = try call.limit()
    let after = try cursor(call) { ConflictCursor($0) }
    let store = context.store
    let found: (elements: [ConflictEntry], next: ConflictCursor?)
    let office = officeScope(call)
    if dataset != nil || office != nil {
      found = try await scan(
        limit: limit, after: after,
        matches: { (dataset == nil || $0.dataset == dataset) && isVisible($0, to: office) }, cursor: \.cursor,
        page: { try await store.conflicts(state: state, after: $0, limit: $1) })
    } else {
      let page = try await store.conflicts(state: state, after: after, limit: limit)
      found = (page.elements, page.next)
    }
    // One rendering, and one line in the log, per dataset.
    var renderings: [DatasetName: RecordRendering] = [:]
    let replies = found.elements.map { entry in
      let rendering = renderings[entry.dataset] ?? rendering(call, entry.dataset)
      renderings[entry.dataset] = rendering
      return rendering.conflict(entry)
    }
    return try .json(ConflictsReply(conflicts: replies, next: next(found.next?.page, call)))
  }

  private func isVisible(_ entry: ConflictEntry, to office: OfficeScope?) -> Bool {
    guard let office else { return true }
    guard let definition = context.fleet().dataset(entry.dataset)?.definition else { return false }
    return office.shows(entry, definition)
  }

  func rendering(_ call: HTTPCall, _ dataset: DatasetName) -> RecordRendering {
    call.rendering(context.fleet().dataset(dataset)?.definition)
  }

  private func conflict(_ call: HTTPCall) async throws -> Response {
    let id = try call.conflict()
    guard let entry = try await context.store.conflict(id.dataset, id.record, id.field),
      isVisible(entry, to: officeScope(call))
    else { throw HTTPProblem.unknownConflict(call.language) }
    return try .json(rendering(call, id.dataset).conflict(entry))
  }

  private func resolve(_ call: HTTPCall) async throws -> Response {
    let id = try call.conflict()
    guard let document = context.fleet().dataset(id.dataset), document.definition.kind == .record else {
      throw HTTPProblem.unknownConflict(call.language)
    }
    let request = try await call.decoded(ResolutionRequest.self)
    guard let version = RecordVersion(request.version) else {
      throw HTTPProblem(EditRefusal.foreignVersion, language: call.language)
    }
    let reason = try call.reason(or: request.reason)
    guard let present = try await context.store.record(id.dataset, id.record) else {
      throw HTTPProblem.unknownConflict(call.language)
    }
    let rendering = call.rendering(ofOrder: document.definition)
    if present.shown.conflicts.allSatisfy({ $0.name != id.field }) {
      throw HTTPProblem(
        CentreEditError.siblingsSince(field: id.field), language: call.language,
        present: rendering.record(present))
    }
    let input = RecordInput(
      document.definition, regions: document.regions, now: context.now(), stored: [present.state])
    let value = try input.value(request, of: id.field)
    do {
      let isCorrection = try call.flag("correction")
      let edit = try await call.audited(.resolve, "\(id)", reason: reason) {
        try await context.store.resolve(
          id.dataset, id.record, field: id.field, value: value, version: version, isCorrection: isCorrection,
          reason: reason, now: context.now())
      }
      if edit != nil { await context.hub.feedChanged() }
    } catch let error as CentreEditError {
      let now = try await context.store.record(id.dataset, id.record) ?? present
      throw HTTPProblem(error, language: call.language, present: rendering.record(now))
    }
    return try await resolution(id, rendering, language: call.language)
  }

  /// The field afterwards: settled, with nothing left to choose.
  private func resolution(
    _ id: ConflictID, _ rendering: RecordRendering, language: Language
  ) async throws -> Response {
    if let still = try await context.store.conflict(id.dataset, id.record, id.field) {
      return try .json(rendering.conflict(still))
    }
    guard let entry = try await context.store.record(id.dataset, id.record),
      let definition = context.fleet().dataset(id.dataset)?.definition
    else { throw HTTPProblem.unknownConflict(language) }
    let rule = definition.rule(for: id.field)
    let state = entry.state[id.field]
    return try .json(
      rendering.conflict(
        id, policy: rule.policy.word, state: .settled, shown: state.shown(by: rule), base: nil,
        version: entry.version, siblings: state.siblings))
  }
}

extension RecordRendering {
  func conflict(_ entry: ConflictEntry) -> ConflictReply {
    conflict(
      ConflictID(dataset: entry.dataset, record: entry.record, field: entry.field), policy: entry.policy,
      state: entry.state, shown: entry.shown, base: entry.base, version: entry.version,
      siblings: entry.siblings)
  }
}

extension ConflictCursor {
  init?(_ page: PageCursor) {
    guard page.parts.count == 4, let position = UInt64(page.parts[0]),
      let dataset = DatasetName(page.parts[1]),
      let record = RecordID(page.parts[2]), let field = FieldName(page.parts[3])
    else { return nil }
    self.init(position: position, dataset: dataset, record: record, field: field)
  }

  var page: PageCursor { PageCursor(["\(position)", dataset.text, record.description, field.text]) }
}

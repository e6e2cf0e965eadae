import API
import Collectors
import Datasets
import HTTPServing
import HTTPTypes
import Hummingbird
import Machine
import NIOCore
import NodeStorage
import Replication
import Sessions
import Wire

extension AgentRoutes {
  /// Only the fields that the body names; `If-Match` says what the editor saw.
  func patchRecord(_ call: HTTPCall) async throws -> Response {
    let dataset = try editableDataset(call)
    let id = try call.record()
    let isCorrection = try call.flag("correction")
    let values = try await members(call, dataset, of: id)
    return try await edit(call, dataset, id) { version in
      try await context.store.save(
        dataset.definition.name, id: id, values: values, version: version, isCorrection: isCorrection,
        reason: call.reason, now: MachineClock.reading())
    }
  }

  func deleteRecord(_ call: HTTPCall) async throws -> Response { try await setLifecycle(.deleted, call) }

  func restoreRecord(_ call: HTTPCall) async throws -> Response { try await setLifecycle(.present, call) }

  private func setLifecycle(_ lifecycle: Lifecycle, _ call: HTTPCall) async throws -> Response {
    let dataset = try editableDataset(call)
    let name = dataset.definition.name
    let id = try call.record()
    let reason = try await call.reasonOfBody()
    let present = try await view(name, id, language: call.language)
    // Repeating a request that was lost on the way back writes nothing.
    if present.lifecycle == lifecycle, !present.conflicts.contains(where: { $0.field == .lifecycle }) {
      return try .record(call.rendering(ofOrder: dataset.definition).record(present))
    }
    if lifecycle == .present, present.isHidden, present.lifecycle == .alias, let person = present.aliasOf {
      throw HTTPProblem.merged("\(name)/\(min(id, person))/\(max(id, person))", call.language)
    }
    return try await edit(call, dataset, id) { version in
      try await call.audited(lifecycle == .deleted ? .delete : .restore, "\(name)/\(id)", reason: reason) {
        try await context.store.setLifecycle(
          name, id: id, lifecycle, version: version, reason: reason, now: MachineClock.reading())
      }
    }
  }

  /// Runs an edit, tells the replicator, and shows the record as it is then, or as it is where the edit did
  /// not fit.
  private func edit(
    _ call: HTTPCall, _ dataset: Catalogue.Dataset, _ id: RecordID,
    _ body: (RecordVersion?) async throws -> SavedRecord
  ) async throws -> Response {
    let rendering = call.rendering(ofOrder: dataset.definition)
    do {
      let saved = try await body(try call.ifMatch())
      await announce(saved, of: dataset)
      return try .record(rendering.record(saved.view))
    } catch let refusal as EditRefusal {
      throw HTTPProblem(
        refusal, language: call.language, present: try await present(dataset, id, rendering))
    } catch var problem as HTTPProblem where problem.status == .preconditionFailed {
      problem.reply.present = try await present(dataset, id, rendering)
      throw problem
    }
  }

  func present(
    _ dataset: Catalogue.Dataset, _ id: RecordID, _ rendering: RecordRendering
  ) async throws -> RecordReply? {
    try await context.store.record(dataset.definition.name, id).map { rendering.record($0) }
  }

  /// What was committed may go to the centre at once.
  func announce(_ saved: SavedRecord, of dataset: Catalogue.Dataset) async {
    guard let dot = saved.dot else { return }
    await context.replicator.appended(
      dataset.definition.name, lane: dataset.definition.lane, last: dot.sequence)
  }

  // MARK: Bodies

  /// The members of the body as values, by the very rules of the intake; what the record holds is not judged again.
  private func members(
    _ call: HTTPCall, _ dataset: Catalogue.Dataset, of id: RecordID
  ) async throws -> [(name: FieldName, value: Value)] {
    try requireJSON(call)
    let body = try await call.request.body.collect(upTo: ParsingLimits.rowBytesMax)
    var row: IntakeRow
    switch JSONObjectReader.fields(of: Array(body.readableBytesView)) {
    case .success(let fields): row = IntakeRow(line: 1, fields: fields)
    case .failure(let problem):
      throw HTTPProblem(
        .badRequest, problem.code, problem.reason, language: call.language, field: problem.field)
    }
    // What was read is sent back as it is: the id is no field.
    row.fields.removeAll { $0.name == "id" && $0.value == .text(call.parameter("record")) }
    let present = try await context.store.state(dataset.definition.name, id)
    let values = try dataset.validator.changes(row, now: context.clock.now()) { field, value in
      present?.holds(value, in: field) ?? false
    }
    for (name, _) in values where !dataset.validator.isDeclared(name) {
      throw dataset.validator.undeclaredProblem(name)
    }
    return values
  }

  private func requireJSON(_ call: HTTPCall) throws {
    let type = call.request.headers[.contentType]
    let merge = type?.lowercased().hasPrefix("application/merge-patch+json") ?? false
    guard merge || IntakeBody(contentType: type) == .json else {
      throw HTTPProblem.mediaType(
        BilingualText(id: "application/json", en: "application/json"), language: call.language)
    }
  }
}

extension HTTPProblem {
  /// 415.
  static func mediaType(_ wanted: BilingualText, language: Language) -> HTTPProblem {
    HTTPProblem(
      .unsupportedMediaType, "media_type",
      BilingualText(
        id: "Content-Type ini tidak diterima di sini. Kirim sebagai \(wanted.indonesian).",
        en: "This Content-Type is not taken here. Send it as \(wanted.english)."),
      language: language)
  }
}

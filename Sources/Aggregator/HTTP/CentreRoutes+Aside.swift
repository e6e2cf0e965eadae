import API
import CentreStorage
import Datasets
import HTTPServing
import Hummingbird
import Logging
import Replication
import Settings
import Storage
import Wire

extension CentreRoutes {
  var asideRoutes: [Route] {
    let filters: [Route.Parameter] = [
      .init("dataset", .string, "Only of this one."), .init("node", .string, "Only of this one."),
    ]
    return [
      Route(
        .get, "/api/v1/quarantine", "Changes that could not be applied, oldest first.",
        query: [.init("state", .words(["held", "requeued", "discarded", "mended"]), "Default held.")] + filters
          + Route.Parameter.page, answer: .json(.named("QuarantineReply")), isOfficeAware: true, handle: quarantine),
      Route(
        .get, "/api/v1/quarantine/{entry}", "One of them, with what it would have written.",
        headers: [.reason],
        answer: .json(.named("QuarantineEntry")), isOfficeAware: true, handle: quarantineEntry),
      Route(
        .post, "/api/v1/quarantine/{entry}/requeue",
        "Tries again to apply one, under its own name and with what its editor saw.", headers: [.reason],
        body: .named("DecisionRequest"), answer: .json(.named("QuarantineDecision")),
        refusals: [409, 415, 422], handle: requeue),
      Route(
        .post, "/api/v1/quarantine/{entry}/mend",
        "Puts a change right: the centre writes it with these fields in place of its own.", headers: [.reason],
        body: .named("MendRequest"), answer: .json(.named("QuarantineDecision")),
        refusals: [409, 412, 415, 422], handle: mend),
      Route(
        .post, "/api/v1/quarantine/{entry}/discard",
        "Gives one up: it stays on record, and the ledger says that it is missing.", headers: [.reason],
        body: .named("DecisionRequest"), answer: .json(.named("QuarantineDecision")),
        refusals: [409, 415, 422], handle: discard),
      Route(
        .get, "/api/v1/ledger", "What was dropped or thinned on purpose, or lost to damage, oldest first.",
        query: filters + Route.Parameter.page, answer: .json(.named("LedgerReply")), isOfficeAware: true,
        handle: ledger),
    ]
  }

  private func quarantine(_ call: HTTPCall) async throws -> Response {
    let state = try call.query(
      "state", as: { QuarantineEntry.State(rawValue: $0) },
      expected: BilingualText(
        id: "held, requeued, discarded, atau mended", en: "held, requeued, discarded or mended"))
    let node = try await knownNodeFilter(call)
    let dataset = try call.datasetFilter()
    let store = context.store
    let page = try await scan(
      limit: try call.limit(), after: try numberCursor(call),
      matches: { entry in dataset.map { $0 == entry.dataset } ?? true }, cursor: \.id,
      page: { try await store.quarantine(state: state ?? .held, node: node, after: $0 ?? 0, limit: $1) })
    var reply = QuarantineReply(quarantine: page.elements.map { .init($0, language: call.language) })
    reply.next = page.next.map { PageCursor(["\($0)"]).text }
    return try .json(reply)
  }

  private func quarantineEntry(_ call: HTTPCall) async throws -> Response {
    let entry = try await entry(call)
    var reply = QuarantineReply.Entry(entry, language: call.language)
    reply.fields = entry.entry.flatMap { rendering(call, entry.dataset).members(of: $0) }
    return try .json(reply)
  }

  private func entry(_ call: HTTPCall) async throws -> QuarantineEntry {
    guard let id = Int64(call.parameter("entry")), id > 0, let entry = try await context.store.quarantined(id),
      call.caller.office.map({ $0 == entry.dot.author.node }) ?? true
    else {
      throw HTTPProblem(
        .notFound, "unknown_entry",
        BilingualText(id: "Tidak ada di karantina.", en: "There is no such entry in quarantine."),
        language: call.language)
    }
    return entry
  }

  // MARK: Decisions

  private func requeue(_ call: HTTPCall) async throws -> Response {
    try await mayAccept(entry(call), call)
    return try await decide(call, .requeue) { id, reason in
      let outcome = try await context.store.requeue(id, reason: reason, now: context.now())
      await context.hub.quarantineChanged()
      switch outcome {
      case .applied: return QuarantineReply.Decision(id: "\(id)", outcome: "applied")
      case .replaced: return QuarantineReply.Decision(id: "\(id)", outcome: "replaced")
      case .held(let why):
        return QuarantineReply.Decision(
          id: "\(id)", outcome: "held", code: why.code.rawValue, reason: why.text(call.language))
      }
    }
  }

  /// What an office recorded before it was revoked, a thief maybe, enters only if an admin says so (protocol.md).
  private func mayAccept(_ entry: QuarantineEntry, _ call: HTTPCall) throws {
    guard entry.code == QuarantineReason.Code.revokedBacklog.rawValue, call.caller.role < .admin else { return }
    throw HTTPProblem.roleTooLow(call.caller, needed: .admin, language: call.language)
  }

  private func discard(_ call: HTTPCall) async throws -> Response {
    try await decide(call, .discard) { id, reason in
      try await context.store.discard(id, reason: reason, now: context.now())
      await context.hub.quarantineChanged()
      return QuarantineReply.Decision(id: "\(id)", outcome: "discarded")
    }
  }

  /// What there is of the record that a held change is about: its state, and what the change itself says.
  private func stored(of entry: QuarantineEntry, _ definition: DatasetDefinition) async throws -> [RecordState] {
    guard definition.kind == .record, case .change(let seal, let change)? = entry.entry else { return [] }
    var said = RecordState.empty
    said.apply(change, dot: entry.dot, time: seal.effective, isSuspect: false)
    let state = try await context.store.record(entry.dataset, change.record)?.state
    return [said, state].compactMap { $0 }
  }

  private func mend(_ call: HTTPCall) async throws -> Response {
    let entry = try await entry(call)
    let request = try await call.decoded(MendRequest.self)
    let document = try definition(called: entry.dataset.text, call)
    let input = RecordInput(
      document.definition, regions: document.regions, now: context.now(),
      stored: try await stored(of: entry, document.definition))
    try mayAccept(entry, call)
    let values = try input.values(request.fields)
    let version = try call.version(request.version)
    let reason = try call.requiredReason(request.reason)
    guard entry.state == .held else { throw HTTPProblem.notHeld(call.language) }
    do {
      _ = try await call.audited(.mend, "quarantine/\(entry.id)", reason: reason) {
        try await context.store.mend(entry.id, values: values, version: version, reason: reason, now: context.now())
      }
      await context.hub.quarantineChanged()
      call.logger.notice(
        "quarantine",
        metadata: [
          "entry": "\(entry.id)", "node": "\(entry.dot.author.node)", "outcome": "mended", "reason": "\(reason)",
        ])
    } catch let error as CentreEditError {
      throw HTTPProblem(error, language: call.language, present: nil)
    } catch let error as StoreError where error.code == .notFound {
      throw HTTPProblem.notHeld(call.language)
    } catch let error as StoreError where error.code == .unusable {
      throw HTTPProblem(
        .unprocessableContent, "not_mendable",
        BilingualText(
          id: "Ini bukan perubahan yang dapat diperbaiki di sini: masukkan lagi (requeue) atau buang (discard).",
          en: "This is no change that can be put right here: requeue or discard it."),
        language: call.language)
    }
    return try .json(QuarantineReply.Decision(id: "\(entry.id)", outcome: "mended"))
  }

  private func decide(
    _ call: HTTPCall, _ action: AuditAction, _ body: (Int64, String) async throws -> QuarantineReply.Decision
  ) async throws -> Response {
    let entry = try await entry(call)
    let reason = try await call.requiredReasonOfBody()
    guard entry.state == .held else { throw HTTPProblem.notHeld(call.language) }
    let decision: QuarantineReply.Decision
    do {
      decision = try await call.audited(action, "quarantine/\(entry.id)", reason: reason) {
        try await body(entry.id, reason)
      }
    } catch let error as StoreError where error.code == .notFound {
      // Somebody else was faster.
      throw HTTPProblem.notHeld(call.language)
    }
    call.logger.notice(
      "quarantine",
      metadata: [
        "entry": "\(entry.id)", "node": "\(entry.dot.author.node)", "outcome": "\(decision.outcome)",
        "reason": "\(reason)",
      ])
    return try .json(decision)
  }

  private func ledger(_ call: HTTPCall) async throws -> Response {
    let node = try await knownNodeFilter(call)
    let dataset = try call.datasetFilter()
    let store = context.store
    let page = try await scan(
      limit: try call.limit(), after: try numberCursor(call),
      matches: { entry in dataset.map { $0 == entry.dataset } ?? true }, cursor: \.id,
      page: { try await store.ledger(node: node, after: $0 ?? 0, limit: $1) })
    var reply = LedgerReply(
      ledger: page.elements.map {
        LedgerReply.Entry(
          node: $0.node.text, dataset: $0.dataset.text, first: $0.first.value, last: $0.last.value,
          count: $0.count,
          reason: $0.reason, at: InstantText.of($0.at))
      })
    reply.next = page.next.map { PageCursor(["\($0)"]).text }
    return try .json(reply)
  }

  /// An office that is filtered by, which an office that was there once may be too.
  ///
  /// - Throws: `HTTPProblem` 404, with the name that was most likely meant.
  private func knownNodeFilter(_ call: HTTPCall) async throws -> NodeName? {
    guard let node = try call.nodeFilter() else { return nil }
    if context.fleet().profile(of: node) != nil { return node }
    if try await context.store.node(node) != nil { return node }
    throw unknownOffice(node.text, call)
  }

  private func numberCursor(_ call: HTTPCall) throws -> Int64? {
    try call.cursor { $0.parts.count == 1 ? Int64($0.parts[0]) : nil }
  }
}

extension HTTPProblem {
  fileprivate static func notHeld(_ language: Language) -> HTTPProblem {
    HTTPProblem(
      .conflict, "not_held",
      BilingualText(
        id: "Sudah diputuskan: tidak ditahan lagi.", en: "It is decided already: it is held no more."),
      language: language)
  }
}

extension QuarantineReply.Entry {
  init(_ entry: QuarantineEntry, language: Language) {
    self.init(
      id: "\(entry.id)", node: entry.dot.author.node.text, dataset: entry.dataset.text,
      sequence: entry.dot.sequence.value, record: entry.record?.description, code: entry.code,
      reason: IdentityNumbers.masked(entry.reason(language)), at: InstantText.of(entry.received))
  }
}

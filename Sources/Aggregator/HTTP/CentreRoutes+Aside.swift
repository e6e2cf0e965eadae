import API
import CentreStorage
import Datasets
import HTTPServing
import Hummingbird
import Logging
import Replication
import Storage

extension CentreRoutes {
  var asideRoutes: [Route] {
    let filters: [Route.Parameter] = [
      .init("dataset", .string, "Only of this one."), .init("node", .string, "Only of this one."),
    ]
    return [
      Route(
        .get, "/api/v1/quarantine", "Changes that could not be applied, oldest first.",
        query: [.init("state", .words(["held", "requeued", "discarded"]), "Default held.")] + filters
          + Route.Parameter.page, answer: .json(.named("QuarantineReply")), handle: quarantine),
      Route(
        .get, "/api/v1/quarantine/{entry}", "One of them, with what it would have written.",
        headers: [.reason],
        answer: .json(.named("QuarantineEntry")), handle: quarantineEntry),
      Route(
        .post, "/api/v1/quarantine/{entry}/requeue",
        "Tries again to apply one, under its own name and with what its editor saw.", headers: [.reason],
        body: .named("DecisionRequest"), answer: .json(.named("QuarantineDecision")),
        refusals: [409, 415, 422], handle: requeue),
      Route(
        .post, "/api/v1/quarantine/{entry}/discard",
        "Gives one up: it stays on record, and the ledger says that it is missing.", headers: [.reason],
        body: .named("DecisionRequest"), answer: .json(.named("QuarantineDecision")),
        refusals: [409, 415, 422], handle: discard),
      Route(
        .get, "/api/v1/ledger", "What was dropped or thinned on purpose, or lost to damage, oldest first.",
        query: filters + Route.Parameter.page, answer: .json(.named("LedgerReply")), handle: ledger),
    ]
  }

  private func quarantine(_ call: HTTPCall) async throws -> Response {
    let state = try call.query(
      "state", as: { QuarantineEntry.State(rawValue: $0) },
      expected: BilingualText(id: "held, requeued, atau discarded", en: "held, requeued or discarded"))
    let node = try call.nodeFilter()
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
    guard let id = Int64(call.parameter("entry")), id > 0, let entry = try await context.store.quarantined(id)
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
    try await decide(call) { id, reason in
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

  private func discard(_ call: HTTPCall) async throws -> Response {
    try await decide(call) { id, reason in
      try await context.store.discard(id, reason: reason, now: context.now())
      await context.hub.quarantineChanged()
      return QuarantineReply.Decision(id: "\(id)", outcome: "discarded")
    }
  }

  private func decide(
    _ call: HTTPCall, _ body: (Int64, String) async throws -> QuarantineReply.Decision
  ) async throws -> Response {
    let entry = try await entry(call)
    let reason = try await decisionReason(call)
    guard entry.state == .held else { throw HTTPProblem.notHeld(call.language) }
    let decision: QuarantineReply.Decision
    do {
      decision = try await body(entry.id, reason)
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
    let node = try call.nodeFilter()
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
      reason: entry.reason(language), at: InstantText.of(entry.received))
  }
}

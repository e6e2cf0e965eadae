import API
import CentreStorage
import Datasets
import HTTPServing
import HTTPTypes
import Hummingbird
import Logging
import Machine
import Replication
import Settings
import Wire

extension CentreRoutes {
  var duplicateRoutes: [Route] {
    [
      Route(
        .get, "/api/v1/duplicates", "Records that may be of one person, most certain first.",
        query: [
          .init("state", .words(["open", "merged", "distinct", "all"]), "Default open."),
          .init("dataset", .string, "Only of this one."),
        ] + Route.Parameter.page, headers: [.reason], answer: .json(.named("DuplicatesReply")),
        isOfficeAware: true, handle: duplicates),
      Route(
        .get, "/api/v1/duplicates/{pair}", "Two records side by side, whether or not they are on the list.",
        headers: [.reason], answer: .json(.named("DuplicateReply")), isOfficeAware: true, handle: duplicate),
      Route(
        .post, "/api/v1/duplicates/{pair}/merge", "Makes one of two records another name of the other.",
        headers: [.reason], body: .named("MergeRequest"), answer: .json(.named("DuplicateDecision")),
        refusals: [409, 410, 412, 415, 422], handle: merge),
      Route(
        .post, "/api/v1/duplicates/{pair}/undo", "Makes two people again of what was merged.", headers: [.reason],
        body: .named("DecisionRequest"), answer: .json(.named("DuplicateDecision")), refusals: [409, 415, 422],
        handle: undo),
      Route(
        .post, "/api/v1/duplicates/{pair}/distinct", "Says that these are two people: nobody is asked again.",
        headers: [.reason], body: .named("DecisionRequest"), answer: .json(.named("DuplicateDecision")),
        refusals: [409, 415, 422], handle: keepApart),
      Route(
        .post, "/api/v1/datasets/{dataset}/records/{record}/split",
        "Gives what one office said of a record to a new one: two people shared it.", headers: [.reason],
        body: .named("SplitRequest"), answer: .json(.named("DuplicateDecision")),
        refusals: [405, 409, 410, 412, 415, 422], handle: split),
    ]
  }

  private func duplicates(_ call: HTTPCall) async throws -> Response {
    let states = DuplicateEntry.State.allCases.map(\.rawValue) + ["all"]
    let word =
      try call.query(
        "state", as: { states.contains($0) ? $0 : nil },
        expected: BilingualText(id: "open, merged, distinct, atau all", en: "open, merged, distinct or all")) ?? "open"
    let dataset = try call.datasetFilter()
    let store = context.store
    let office = officeScope(call)
    let page = try await scan(
      limit: try call.limit(), after: try cursor(call) { DuplicateCursor($0) },
      matches: { entry in
        (dataset.map { $0 == entry.pair.dataset } ?? true) && part(of: entry, for: office) != nil
      }, cursor: \.cursor,
      page: { try await store.duplicates(state: DuplicateEntry.State(rawValue: word), after: $0, limit: $1) })
    var renderings: [DatasetName: RecordRendering] = [:]
    let replies = page.elements.compactMap { part(of: $0, for: office) }.map { entry in
      let rendering = renderings[entry.pair.dataset] ?? rendering(call, entry.pair.dataset)
      renderings[entry.pair.dataset] = rendering
      return reply(entry, rendering)
    }
    return try .json(DuplicatesReply(duplicates: replies, next: next(page.next?.page, call)))
  }

  private func part(of entry: DuplicateEntry, for office: OfficeScope?) -> DuplicateEntry? {
    guard let office else { return entry }
    return context.fleet().dataset(entry.pair.dataset).flatMap { office.part(of: entry, $0.definition) }
  }

  private func duplicate(_ call: HTTPCall) async throws -> Response {
    guard let entry = part(of: try await found(try pair(call), call), for: officeScope(call)) else {
      throw HTTPProblem.unknownRecord(call.language)
    }
    return try .json(reply(entry, rendering(call, entry.pair.dataset)))
  }

  private func pair(_ call: HTTPCall) throws -> DuplicatePair {
    guard let pair = DuplicatePair(call.parameter("pair")),
      context.fleet().dataset(pair.dataset)?.definition.kind == .record
    else { throw HTTPProblem.unknownRecord(call.language) }
    return pair
  }

  /// A pair from the list, or one that somebody names although nothing was noticed.
  private func found(_ pair: DuplicatePair, _ call: HTTPCall) async throws -> DuplicateEntry {
    if let entry = try await context.store.duplicate(pair) { return entry }
    var records: [RecordEntry] = []
    for id in pair.first == pair.second ? [pair.first] : [pair.first, pair.second] {
      guard let record = try await context.store.record(pair.dataset, id) else {
        throw HTTPProblem.unknownRecord(call.language)
      }
      records.append(record)
    }
    let people = context.fleet().dataset(pair.dataset)?.definition.person.map { fields in
      records.map { Person(showing: $0.shown, by: fields) }
    }
    let match = people.flatMap { $0.count == 2 ? PersonMatch($0[0], $0[1]) : nil }
    return DuplicateEntry(
      pair: pair, match: match ?? PersonMatch(kind: .similar, score: 0), state: .open, found: context.now(),
      records: records)
  }

  private func reply(_ entry: DuplicateEntry, _ rendering: RecordRendering) -> DuplicateReply {
    var same: [String] = []
    var differs: [String] = []
    if entry.records.count == 2 {
      let names = Set(entry.records.flatMap { $0.shown.fields.map(\.name) }).sorted()
      for name in names {
        if entry.records[0].shown[name] == entry.records[1].shown[name] {
          same.append(name.text)
        } else {
          differs.append(name.text)
        }
      }
    }
    var nodes: [String]?
    if entry.pair.first == entry.pair.second, let record = entry.records.first,
      let name = context.fleet().dataset(entry.pair.dataset)?.definition.person?.name
    {
      nodes = Set(record.state[name].siblings.map(\.dot.author.node.text)).sorted()
    }
    return DuplicateReply(
      id: entry.pair.description, dataset: entry.pair.dataset.text, kind: entry.match.kind.rawValue,
      score: entry.match.score, state: entry.state.rawValue, found: InstantText.of(entry.found),
      decided: entry.decided.map { InstantText.of($0) }, decision: entry.decision.map(IdentityNumbers.masked),
      records: entry.records.map { rendering.record($0) }, same: same, differs: differs, nodes: nodes,
      keep: entry.records.count == 2 && entry.state != .merged ? fuller(of: entry).description : nil)
  }

  // MARK: Decisions

  private func merge(_ call: HTTPCall) async throws -> Response {
    let pair = try pair(call)
    let request = try await call.decoded(MergeRequest.self)
    let reason = try call.requiredReason(request.reason)
    let entry = try await found(pair, call)
    let kept = try keptRecord(request, entry, call)
    let other = kept == pair.first ? pair.second : pair.first
    let definition = try definition(called: pair.dataset.text, call).definition
    let take = try (request.take ?? []).map { text throws -> FieldName in
      guard let field = definition.field(called: text) else {
        throw HTTPProblem(
          .badRequest, "malformed", UnknownName.field(text, among: definition.fields.map(\.name.text)),
          language: call.language, field: "take")
      }
      return field.name
    }
    var versions: [RecordID: RecordVersion] = [:]
    for (id, text) in request.versions ?? [:] {
      guard let id = RecordID(id) else { throw HTTPProblem.unknownRecord(call.language) }
      versions[id] = try call.version(text)
    }
    let seen = versions
    return try await decide(call, .merge, pair, reason, "merged", kept) {
      let merged = try await context.store.merge(
        pair.dataset, other, into: kept, take: take, versions: seen, match: entry.match, reason: reason,
        now: context.now())
      return Decided(last: merged.edits.last, taken: merged.taken, hidden: merged.hidden)
    }
  }

  /// The record that was chosen, else the one that says more.
  private func keptRecord(_ request: MergeRequest, _ entry: DuplicateEntry, _ call: HTTPCall) throws -> RecordID {
    if let text = request.keep {
      guard let id = RecordID(text), id == entry.pair.first || id == entry.pair.second else {
        throw HTTPProblem.malformed(
          "keep", BilingualText(id: "id salah satu dari keduanya", en: "the id of one of the two"),
          language: call.language)
      }
      return id
    }
    return fuller(of: entry)
  }

  /// The one that the other was merged into before; else the one that says more: with a number, else with more fields.
  private func fuller(of entry: DuplicateEntry) -> RecordID {
    if let known = entry.records.lazy.compactMap(\.state.mergedInto).first(where: { target in
      entry.records.contains { $0.id == target }
    }) {
      return known
    }
    let person = context.fleet().dataset(entry.pair.dataset)?.definition.person
    func weight(_ record: RecordEntry) -> (Int, Int) {
      let hasNumber = person?.number.flatMap { record.shown[$0] } != nil
      return (hasNumber ? 1 : 0, record.shown.fields.count)
    }
    return entry.records.max { weight($0) < weight($1) || (weight($0) == weight($1) && $0.id > $1.id) }?.id
      ?? entry.pair.first
  }

  private func undo(_ call: HTTPCall) async throws -> Response {
    let pair = try pair(call)
    let reason = try await call.requiredReasonOfBody()
    let entry = try await found(pair, call)
    return try await decide(call, .undo, pair, reason, "undone", nil) {
      let undone = try await context.store.undoMerge(pair, match: entry.match, reason: reason, now: context.now())
      return Decided(last: undone.edits.last, left: undone.left)
    }
  }

  private func keepApart(_ call: HTTPCall) async throws -> Response {
    let pair = try pair(call)
    let reason = try await call.requiredReasonOfBody()
    let entry = try await found(pair, call)
    return try await decide(call, .distinct, pair, reason, "distinct", nil) {
      let apart = try await context.store.keepApart(pair, match: entry.match, reason: reason, now: context.now())
      return Decided(last: apart.edits.last, left: apart.left)
    }
  }

  private func split(_ call: HTTPCall) async throws -> Response {
    let definition = try editable(call).definition
    let id = try call.record()
    let request = try await call.decoded(SplitRequest.self)
    let reason = try call.requiredReason(request.reason)
    guard let node = NodeName(request.node) else { throw unknownOffice(request.node, call) }
    let version = try call.version(request.version)
    // Random: the keyed hash of who it shows is the other's id already. The first byte stands for "no fleet key".
    let new = RecordID(high: MachineFacts.random64() >> 8, low: MachineFacts.random64())
    return try await decide(call, .split, DuplicatePair(definition.name, id, new), reason, "split", new) {
      let edits = try await context.store.split(
        definition.name, id, saidBy: node, newID: new, version: version, reason: reason, now: context.now())
      return Decided(last: edits.last)
    }
  }

  private struct Decided: Sendable {
    /// The last change of it in the feed; nil where nothing but a note of the centre's own was written.
    let last: CentreEdit?
    var taken: [FieldName] = []
    var hidden: [FieldName] = []
    var left: [FieldName] = []
  }

  private func decide(
    _ call: HTTPCall, _ action: AuditAction, _ pair: DuplicatePair, _ reason: String, _ outcome: String,
    _ record: RecordID?, _ body: () async throws -> Decided
  ) async throws -> Response {
    let decision: DuplicateDecision
    do {
      let decided = try await call.audited(action, pair.description, reason: reason, body)
      func names(_ fields: [FieldName]) -> [String]? { fields.isEmpty ? nil : fields.map(\.text) }
      decision = DuplicateDecision(
        id: pair.description, outcome: outcome, record: record?.description, taken: names(decided.taken),
        hidden: names(decided.hidden), left: names(decided.left))
      if decided.last != nil { await context.hub.feedChanged() }
    } catch let refusal as DuplicateRefusal {
      throw HTTPProblem(refusal, language: call.language)
    } catch let error as CentreEditError {
      throw HTTPProblem(error, language: call.language, present: nil)
    }
    call.logger.notice("duplicate", metadata: ["dataset": "\(pair.dataset)", "outcome": "\(outcome)"])
    return try .json(decision)
  }
}

extension Person {
  /// What a record shows of who it is about.
  init(showing shown: ShownRecord, by fields: PersonFields) {
    func text(_ name: FieldName?) -> String? { name.flatMap { shown[$0] }?.text }
    self.init(
      number: text(fields.number), name: text(fields.name) ?? "",
      birthDate: text(fields.birthDate).flatMap { CalendarDate($0) }, mother: text(fields.mother), sex: text(fields.sex)
    )
  }
}

extension DuplicatePair: CustomStringConvertible {
  /// - Returns: nil when `text` is none of `population/9f2c…/a41b…`.
  init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3, let dataset = DatasetName(parts[0]), let one = RecordID(parts[1]),
      let other = RecordID(parts[2])
    else { return nil }
    self.init(dataset, one, other)
  }

  package var description: String { "\(dataset)/\(first)/\(second)" }
}

extension DuplicateCursor {
  init?(_ page: PageCursor) {
    guard page.parts.count == 2, let rank = Int(page.parts[0]), let pair = DuplicatePair(page.parts[1]) else {
      return nil
    }
    self.init(rank: rank, pair: pair)
  }

  var page: PageCursor { PageCursor(["\(rank)", pair.description]) }
}

extension HTTPProblem {
  init(_ refusal: DuplicateRefusal, language: Language) {
    switch refusal {
    case .unknownRecord: self = .unknownRecord(language)
    case .hidden:
      self.init(
        .gone, "gone",
        BilingualText(
          id: "Salah satu sudah dihapus atau digabung. Pulihkan dulu, atau gabungkan dengan data tujuannya.",
          en: "One of them is deleted or merged already. Restore it first, or merge with the record it stands for."),
        language: language)
    case .sameRecord:
      self.init(
        .conflict, "same_record",
        BilingualText(
          id: "Ini satu data, bukan dua. Bila dua orang tercampur di dalamnya, pisahkan (duplicates split).",
          en: "This is one record, not two. If two people share it, split it (duplicates split)."),
        language: language)
    case .notMerged:
      self.init(
        .conflict, "not_merged",
        BilingualText(
          id: "Keduanya tidak digabung: tidak ada yang dibatalkan.", en: "They are not merged: nothing to undo."),
        language: language)
    case .merged:
      self.init(
        .conflict, "merged",
        BilingualText(
          id: "Keduanya sedang digabung. Batalkan dulu (duplicates undo): sesudah itu keduanya dua orang.",
          en: "They are merged. Undo that first (duplicates undo): from then on they are two people."),
        language: language)
    case .notSplittable:
      self.init(
        .conflict, "not_splittable",
        BilingualText(
          id:
            "Kantor itu tidak menulis apa pun di sini, atau hanya kantor itu yang menulis: tidak ada yang dipisahkan.",
          en: "That office said nothing here, or nobody else did: there is nothing to split off."),
        language: language)
    }
  }
}

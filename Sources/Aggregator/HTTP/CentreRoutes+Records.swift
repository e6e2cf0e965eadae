import API
import CentreStorage
import Datasets
import HTTPServing
import HTTPTypes
import Hummingbird
import Replication
import Settings
import Storage
import Wire

extension CentreRoutes {
  var recordRoutes: [Route] {
    [
      Route(
        .get, "/api/v1/datasets", "The datasets and their fields.", answer: .json(.named("DatasetsReply")),
        isOfficeAware: true
      ) { call in
        let office = officeScope(call)
        let documents = context.fleet().datasets.filter { office?.concerns($0.definition) ?? true }
        return try .json(
          DatasetsReply(datasets: documents.map { DatasetsReply.Dataset($0.definition, regions: $0.regions) }))
      },
      Route(
        .get, "/api/v1/datasets/{dataset}/records",
        "Records, by id; any other query parameter is a field that must show that value.",
        query: Route.Parameter.page + [
          .init("q", .string, "A text that some field contains, case aside."),
          .init(
            "variants", .boolean, "Events and samples that are out of sight because another has their key."),
        ], headers: [.reason], answer: .json(.named("RecordsReply")), isOfficeAware: true, handle: list),
      Route(
        .get, "/api/v1/datasets/{dataset}/records/{record}",
        "One record, a deleted one too; its version is the ETag. For one that was merged, the one that it was merged into.",
        query: [.init("alias", .words(["follow", "own"]), "Default follow; own is the merged record itself.")],
        headers: [.reason], answer: .json(.named("RecordReply")), isOfficeAware: true, handle: get),
      Route(
        .get, "/api/v1/datasets/{dataset}/records/{record}/history",
        "Everything that was ever said of a record.",
        headers: [.reason], answer: .json(.named("HistoryReply")), isOfficeAware: true, handle: history),
      Route(
        .get, "/api/v1/datasets/{dataset}/digest", "The proof that two copies are equal.",
        query: [
          .init("node", .string, "Only what this node may read of records, or has recorded of events.")
        ],
        answer: .json(.named("DigestReply")), isOfficeAware: true, handle: digest),
    ]
  }

  private func list(_ call: HTTPCall) async throws -> Response {
    let definition = try definition(call).definition
    let filter = try RecordFilter(call, definition: definition, except: ["variants"])
    let areVariants = try call.flag("variants")
    let rendering = call.rendering(definition)
    guard definition.kind == .record else {
      let list = OccurrenceList(
        store: context.store, definition: definition, rendering: rendering, filter: filter,
        areVariants: areVariants)
      return try .json(try await occurrences(call, list))
    }
    let store = context.store
    var part: ((RecordEntry) -> RecordEntry?)?
    if let office = officeScope(call) {
      part = { entry in
        guard let part = office.part(of: entry, definition) else { return nil }
        // A filter by a field that the office may not read would tell of it.
        return filter.equals.allSatisfy { part.shown[$0.field] != nil } ? part : nil
      }
    }
    let page = try await page(
      limit: try call.limit(), after: try cursor(call) { $0.parts.count == 1 ? RecordID($0.parts[0]) : nil },
      search: filter.search, rendering: rendering, fields: { (entry: RecordEntry) in entry.shown.fields },
      part: part, cursor: \.id,
      page: { try await store.records(definition.name, matching: filter.columns, after: $0, limit: $1) })
    return try .json(
      RecordsReply(
        records: page.elements.map { rendering.record($0) },
        next: next(page.next.map { PageCursor([$0.description]) }, call)))
  }

  private func occurrences(_ call: HTTPCall, _ list: OccurrenceList) async throws -> RecordsReply {
    let cursors = context.cursors
    let office = officeScope(call)
    // The place where a page ends may be another office's event.
    let isHidden = list.isKeyHidden || office != nil
    let after = try call.query("cursor").map { text -> [String] in
      let cursor = isHidden ? cursors.cursor(named: text) : text
      guard let parts = cursor.flatMap({ PageCursor($0)?.parts }), parts.count == list.keyCount else {
        throw HTTPProblem.unknownCursor(call.language)
      }
      return parts
    }
    if list.areVariants, office != nil { throw HTTPProblem.wholeFleet(call.caller, language: call.language) }
    if list.areVariants, list.filter.search != nil {
      throw HTTPProblem.malformed(
        "q", BilingualText(id: "kosong bersama variants", en: "absent together with variants"),
        language: call.language)
    }
    var part: ((OccurrenceEntry) -> OccurrenceEntry?)?
    if let office {
      part = { entry in
        guard let part = office.part(of: entry, list.definition) else { return nil }
        return list.filter.equals.allSatisfy { part[$0.field] != nil } ? part : nil
      }
    }
    let page = try await page(
      limit: try call.limit(), after: after, search: list.filter.search, rendering: list.rendering,
      fields: { (entry: OccurrenceEntry) in entry.values.map { ($0.name, $0.value) } },
      part: part, cursor: list.key, page: list.page)
    let next = page.next.map { PageCursor($0).text }
    return RecordsReply(
      records: page.elements.map(list.reply), next: isHidden ? next.map { cursors.name(of: $0) } : next)
  }

  /// One page of what the store lists, with `search` laid over it.
  ///
  /// - Parameter part: what the caller may see of an element; nil is all of every one.
  private func page<Element, Cursor>(
    limit: Int, after: Cursor?, search: String?, rendering: RecordRendering,
    fields: (Element) -> [(name: FieldName, value: Value)], part: ((Element) -> Element?)?,
    cursor: (Element) -> Cursor, page: (Cursor?, Int) async throws -> Page<Element, Cursor>
  ) async throws -> (elements: [Element], next: Cursor?) {
    if search == nil, part == nil {
      let page = try await page(after, limit)
      return (page.elements, page.next)
    }
    let words = search.map { FieldSearch($0, rendering: rendering) }
    let part = part ?? { $0 }
    let found = try await scan(
      limit: limit, after: after,
      matches: { element in part(element).map { words?.matches(fields($0)) ?? true } ?? false }, cursor: cursor,
      page: page)
    return (found.elements.compactMap(part), found.next)
  }

  private func get(_ call: HTTPCall) async throws -> Response {
    let definition = try definition(call).definition
    if definition.kind == .record {
      return try await person(call, definition)
    }
    let list = OccurrenceList(
      store: context.store, definition: definition, rendering: call.rendering(definition))
    guard let id = OccurrenceID(call.parameter("record"), keyCount: definition.key.count),
      let found = try await list.occurrence(id),
      let part = part(for: call, of: found, { $0.part(of: found, definition) })
    else { throw HTTPProblem.unknownRecord(call.language) }
    return try .record(list.reply(part))
  }

  /// The record of the path, or the one that it was merged into.
  private func person(_ call: HTTPCall, _ definition: DatasetDefinition) async throws -> Response {
    // Unlimited: a person who was merged into one whom the caller may see is found by the old name.
    let own = try await wholeRecord(call, definition)
    let follows =
      try call.query(
        "alias", as: { ["follow": true, "own": false][$0] },
        expected: BilingualText(id: "follow atau own", en: "follow or own")) ?? true
    let found = follows ? try await context.store.person(definition.name, own.id) ?? own : own
    guard let person = part(for: call, of: found, { $0.part(of: found, definition) }) else {
      throw HTTPProblem.unknownRecord(call.language)
    }
    var reply = call.rendering(definition).record(person)
    // What was merged into it may be of other offices.
    let aliases = call.caller.office == nil ? try await context.store.aliases(of: person.id, in: definition.name) : []
    reply.aliases = aliases.isEmpty ? nil : aliases.map(\.description)
    var response = try Response.record(reply)
    if person.id != own.id {
      response.headers[.contentLocation] = "/api/v1/datasets/\(definition.name)/records/\(person.id)"
    }
    return response
  }

  /// The record of the path, hidden ones too, as far as the caller may see it.
  func record(_ call: HTTPCall, _ definition: DatasetDefinition) async throws -> RecordEntry {
    let entry = try await wholeRecord(call, definition)
    guard let part = part(for: call, of: entry, { $0.part(of: entry, definition) }) else {
      throw HTTPProblem.unknownRecord(call.language)
    }
    return part
  }

  /// The same whoever asks: what leaves with an answer is cut to the caller's part.
  private func wholeRecord(_ call: HTTPCall, _ definition: DatasetDefinition) async throws -> RecordEntry {
    guard let entry = try await context.store.record(definition.name, try call.record()) else {
      throw HTTPProblem.unknownRecord(call.language)
    }
    return entry
  }

  private func history(_ call: HTTPCall) async throws -> Response {
    let definition = try editable(call).definition
    let id = try call.record()
    let entries = try await context.store.history(definition.name, id)
    if entries.isEmpty { throw HTTPProblem.unknownRecord(call.language) }
    let office = officeScope(call)
    let record = try await office == nil ? nil : record(call, definition)
    let rendering = call.rendering(definition)
    return try .json(
      HistoryReply(
        history: entries.compactMap { entry in
          var change = entry.change
          if let office, let record {
            guard let part = office.part(of: entry, in: record, definition) else { return nil }
            change = part
          }
          return rendering.change(
            change, dot: entry.dot, at: entry.seal.effective, isSuspect: entry.seal.isSuspect,
            disposition: entry.fate.word)
        }))
  }

  private func digest(_ call: HTTPCall) async throws -> Response {
    let definition = try definition(call).definition
    let node = try call.nodeFilter()
    if let node, context.fleet().profile(of: node) == nil, try await context.store.node(node) == nil {
      throw unknownOffice(node.text, call)
    }
    let digest = try await context.store.digest(definition.name, node: node)
    return try .json(
      DigestReply(
        count: Int(clamping: digest.count), digest: digest.digest.description,
        epoch: digest.cursor.epoch.description, position: digest.cursor.position, pending: 0))
  }
}

extension HistoryEntry.Fate {
  /// The API's word.
  var word: String {
    switch self {
    case .applied: "applied"
    case .replaced: "replaced"
    case .held: "quarantined"
    }
  }
}

extension RecordRendering {
  func record(_ entry: RecordEntry) -> RecordReply {
    let lifecycle = entry.state.shownLifecycle
    let alias = entry.state[.aliasOf].shown(by: .lifecycle).flatMap { RecordID($0.text) }
    return record(
      entry.id, version: entry.version, fields: entry.shown.fields, conflicts: entry.shown.conflicts,
      lifecycle: lifecycle, aliasOf: lifecycle == .alias ? alias : nil)
  }
}

extension RecordFilter {
  /// In the form of the typed table's columns.
  var columns: [(name: FieldName, text: String)] {
    equals.map { name, value in
      switch value {
      case .boolean(let flag): (name, flag ? "1" : "0")
      case .list(let elements): (name, JSONText.array(elements))
      default: (name, value.text)
      }
    }
  }
}

import API
import Datasets
import HTTPServing
import HTTPTypes
import Hummingbird
import NodeStorage
import Replication
import Sessions
import Storage
import Wire

extension AgentRoutes {
  func listDatasets(_ call: HTTPCall) throws -> Response {
    let datasets = context.catalogue.current.sortedDatasets.map {
      DatasetsReply.Dataset($0.definition, regions: $0.regions)
    }
    return try .json(DatasetsReply(datasets: datasets))
  }

  func listRecords(_ call: HTTPCall) async throws -> Response {
    let dataset = try dataset(call)
    let definition = dataset.definition
    let filter = try RecordFilter(call, definition: definition)
    var query = RecordQuery(
      limit: try call.limit(), cursor: call.query("cursor"), equals: filter.equals, search: filter.search)
    let rendering = call.rendering(definition)
    let search = ShownSearch(filter.search, rendering: rendering)
    if definition.kind == .record {
      let page = try await page(call, query) {
        try await context.store.records(definition.name, $0)
      } keeping: {
        search.matches($0.fields)
      }
      return try .json(RecordsReply(records: page.elements.map { rendering.record($0) }, next: page.next))
    }
    let names = OccurrenceNames(definition, rendering)
    if names.areHidden, let name = query.cursor {
      guard let cursor = cursors.cursor(named: name) else { throw Self.unknownCursor(call) }
      query.cursor = cursor
    }
    let page = try await page(call, query) {
      try await context.store.occurrences(definition.name, $0)
    } keeping: {
      search.matches($0.fields)
    }
    return try .json(
      RecordsReply(
        records: page.elements.map { names.reply($0) },
        next: names.areHidden ? page.next.map { cursors.name(of: $0) } : page.next))
  }

  /// A page of those elements that the caller may have found, from as many of the store's pages as it takes.
  private func page<Element>(
    _ call: HTTPCall, _ query: RecordQuery, _ fetch: (RecordQuery) async throws -> Page<Element>,
    keeping isKept: (Element) -> Bool
  ) async throws -> (elements: [Element], next: String?) {
    var query = query
    let limit = query.limit
    var elements: [Element] = []
    repeat {
      query.limit = limit - elements.count
      let page: Page<Element>
      do { page = try await fetch(query) } catch let error as StoreError where error.code == .notFound {
        // The dataset is there: it is the cursor that the store does not know.
        guard call.query("cursor") != nil else { throw error }
        throw Self.unknownCursor(call)
      }
      elements += page.elements.filter(isKept)
      query.cursor = page.next
    } while query.cursor != nil && elements.count < limit
    return (elements, query.cursor)
  }

  func getRecord(_ call: HTTPCall) async throws -> Response {
    let dataset = try dataset(call)
    let definition = dataset.definition
    let rendering = call.rendering(definition)
    if definition.kind == .record {
      let view = try await view(definition.name, try call.record(), language: call.language)
      return try .record(rendering.record(view))
    }
    let names = OccurrenceNames(definition, rendering)
    guard let key = OccurrenceID.key(call.parameter("record"), of: definition, regions: dataset.regions) else {
      throw HTTPProblem.unknownRecord(call.language)
    }
    let found = try await context.store.occurrences(definition.name, RecordQuery(limit: 1, equals: key))
    guard let occurrence = found.elements.first else { throw HTTPProblem.notInCopy(call.language) }
    return try .record(names.reply(occurrence))
  }

  /// What this office itself wrote of a record; what others wrote is history of the centre.
  func getHistory(_ call: HTTPCall) async throws -> Response {
    let dataset = try editableDataset(call)
    let name = dataset.definition.name
    let id = try call.record()
    _ = try await view(name, id, language: call.language)
    let rendering = call.rendering(dataset.definition)
    let heldBack = try await context.store.heldBack(limit: Self.keptAsideMax)
    let held = Set(heldBack.filter { $0.dataset == name }.map(\.sequence))
    let entries = try await context.store.history(name, id).map { entry in
      rendering.change(
        entry.change, dot: entry.dot, at: entry.time, isSuspect: entry.isSuspect,
        disposition: held.contains(entry.dot.sequence)
          ? "quarantined" : entry.isAcknowledged ? "applied" : "pending")
    }
    return try .json(HistoryReply(history: entries))
  }

  func getDigest(_ call: HTTPCall) async throws -> Response {
    try requireHere(call)
    let dataset = try dataset(call)
    let digest = try await context.store.digest(dataset.definition.name)
    return try .json(
      DigestReply(
        count: Int(clamping: digest.count), digest: digest.digest.description,
        epoch: digest.cursor?.epoch.description, position: digest.cursor?.position ?? 0,
        pending: Int(clamping: digest.pending)))
  }
}

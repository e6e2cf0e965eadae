import Compression
import Datasets
import GRDB
import Storage
import Wire

/// Collects what a page tells its reader, within its bounds.
struct FeedPageBuilder {
  private let database: Database
  private let rawBytesMax: Int
  private let itemsMax: Int
  private let partsMax: Int
  /// Where damaged rows are noted: they are left out.
  let damage: DamageNotes
  private var registries: [DatasetName: FieldRegistry] = [:]
  private var authors: [Int64: Author] = [:]
  private var records: [DatasetName: [FeedRecords.Item]] = [:]
  private var runs: [FeedRun] = []
  private var verdicts: [Verdict] = []
  private(set) var itemCount = 0
  private var rawBytes = 0

  init(_ database: Database, rawBytesMax: Int, itemsMax: Int, partsMax: Int, damage: DamageNotes) {
    self.database = database
    self.damage = damage
    // Room for the field names and lengths that go around the items.
    self.rawBytesMax = min(rawBytesMax, Limits.batchBytesMax - (64 << 10))
    self.itemsMax = min(max(1, itemsMax), FeedRecords.itemsMax)
    self.partsMax = max(1, partsMax)
  }

  var isFull: Bool { itemCount >= itemsMax || rawBytes >= rawBytesMax }

  private var partCount: Int { records.count + runs.count + (verdicts.isEmpty ? 0 : 1) }

  /// Whether one more message may come of it.
  private var hasRoomForPart: Bool { partCount < partsMax }

  /// Whether an item of so many bytes still fits; the first always does.
  func hasRoom(for bytes: Int) -> Bool { itemCount == 0 || rawBytes + bytes <= rawBytesMax }

  /// - Returns: false when there is no room.
  mutating func add(_ item: FeedRecords.Item, to dataset: DatasetName) -> Bool {
    var bytes = 24
    if case .state(_, let state) = item { bytes += state.count }
    guard hasRoom(for: bytes), records[dataset] != nil || hasRoomForPart else { return false }
    records[dataset, default: []].append(item)
    itemCount += 1
    rawBytes += bytes
    return true
  }

  /// - Returns: false when there is no room.
  mutating func add(_ verdict: Verdict) -> Bool {
    let bytes = 64 + verdict.reason.utf8.count
    guard hasRoom(for: bytes), !verdicts.isEmpty || hasRoomForPart else { return false }
    verdicts.append(verdict)
    itemCount += 1
    rawBytes += bytes
    return true
  }

  /// - Returns: false when there is no room.
  mutating func add(_ run: FeedRun) -> Bool {
    if let index = runs.lastIndex(where: { $0.author == run.author && $0.dataset == run.dataset }),
      runs[index].joins(run)
    {
      runs[index].join(run)
    } else if hasRoomForPart {
      runs.append(run)
    } else {
      return false
    }
    itemCount += 1
    rawBytes += run.rawCount
    return true
  }

  mutating func registry(of dataset: DatasetName) throws -> FieldRegistry {
    if let known = registries[dataset] { return known }
    let registry = try RegistryTable.load(database, dataset: dataset)
    registries[dataset] = registry
    return registry
  }

  mutating func author(ofRow row: Int64) throws -> Author {
    if let known = authors[row] { return known }
    let author = try database.first(
      "SELECT node, generation, random FROM incarnation WHERE id = ?", [.integer(row)]
    ) {
      Author(node: try $0.node(0), incarnation: $0.incarnation(1))
    }
    guard let author else { throw StoreError.damaged("an incarnation") }
    authors[row] = author
    return author
  }

  /// One part per dataset or run; only the last moves the reader's position, so order among them does not
  /// matter.
  mutating func page(since: UInt64, end: UInt64, isComplete: Bool) throws -> FeedPage {
    var parts: [Feed.Part] = []
    for dataset in records.keys.sorted() {
      let raw = FeedRecords(registry: try registry(of: dataset), items: records[dataset] ?? []).bytes
      let compressed = CompressedBytes(rawCount: raw.count, bytes: try Zstandard.compress(raw))
      parts.append(.records(dataset, compressed))
    }
    for run in runs { parts.append(try run.part()) }
    if !verdicts.isEmpty { parts.append(.verdicts(verdicts)) }
    let last = parts.count - 1
    return FeedPage(
      parts: parts.enumerated().map {
        FeedPage.Part(position: $0.offset == last ? end : since, part: $0.element)
      },
      end: end, isComplete: isComplete)
  }
}

/// Merges a reader's sources by position.
struct FeedReader {
  private let database: Database
  private let sources: [FeedSource]
  private let since: UInt64

  init(
    _ database: Database, node: NodeName, read: [(definition: DatasetDefinition, read: Access)], since: UInt64
  ) throws {
    self.database = database
    self.since = since
    var sources: [FeedSource] = []
    for (definition, access) in read where FeedReaders.carries(definition, access) {
      if definition.kind == .record {
        sources.append(try RecordSource(database, definition, read: access, since: since))
        sources.append(try RetractionSource(database, definition.name, node: node, since: since))
      } else {
        sources.append(try OccurrenceSource(database, definition, read: access, node: node, since: since))
      }
    }
    let lost = try LostOccurrenceSource.ranges(database, of: node, since: since)
    for dataset in lost.keys.sorted() {
      sources.append(try LostOccurrenceSource(database, dataset, lost[dataset] ?? [], since: since))
    }
    sources.append(try VerdictSource(database, node: node, since: since))
    self.sources = sources
  }

  func page(
    feedEnd: UInt64, rawBytesMax: Int, itemsMax: Int, partsMax: Int, scanMax: Int, damage: DamageNotes
  ) throws -> FeedPage {
    var builder = FeedPageBuilder(
      database, rawBytesMax: rawBytesMax, itemsMax: itemsMax, partsMax: partsMax, damage: damage)
    var reached = since
    var scanned = 0
    while let next = nextSource, let position = next.position {
      guard !builder.isFull, scanned < scanMax, try next.deliver(to: &builder) else {
        // Another source may have passed over a row of this position: it is for the next page.
        return try builder.page(since: since, end: min(reached, position - 1), isComplete: false)
      }
      reached = position
      scanned += 1
      try next.advance()
    }
    return try builder.page(since: since, end: feedEnd, isComplete: true)
  }

  /// The source whose row comes first. A position is shared only where one of both has nothing to say of it: the reader's
  /// own events are passed over by `OccurrenceSource` and said by `LostOccurrenceSource`.
  private var nextSource: FeedSource? {
    var next: FeedSource?
    for source in sources {
      guard let position = source.position else { continue }
      if let least = next?.position, least <= position { continue }
      next = source
    }
    return next
  }
}

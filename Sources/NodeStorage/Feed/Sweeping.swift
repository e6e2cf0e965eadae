import Datasets
import GRDB
import Replication
import Storage
import Wire

/// How far a sweep has come.
struct SweepPlace: Sendable, Equatable {
  /// The last row of `_record` that was looked at; nil when that table is done.
  var record: Int64? = 0
  /// Then the typed tables of events and samples: streams up to this one are done.
  var stream: Int64 = 0
  /// Of the next one: whether its variants are done, and the last key that was looked at.
  var hasSweptVariants = false
  var key: [String] = []
}

extension WriteTransaction {
  /// The snapshot is complete: what it did not list leaves the copy; the node's own unanswered edits stay, and so do
  /// its own events and samples. One step of it: rows are found by their stamp, so it goes on wherever it stopped.
  ///
  /// Own events and samples that an older disk of this node had recorded are known by the feed alone. Where the centre may have lost
  /// something, those that it no longer lists are recorded anew: nobody else has them to send.
  mutating func sweep(_ settling: inout CopySettling, now: ClockReading) throws {
    var place = cache.sweepPlace ?? SweepPlace()
    defer { cache.sweepPlace = place }
    // Rows that this step may still look at.
    var left = context.limits.copyStep
    if let row = place.record {
      place.record = try sweepRecords(after: row, &left, &settling, now: now)
      if place.record != nil { return }
    }
    for stream in sortedStreams where stream.kind != .record && stream.id > place.stream {
      if let dataset = context.datasets[stream.dataset] {
        if try !sweepOccurrences(dataset, stream, &place, &left, &settling, now: now) { return }
      }
      place = SweepPlace(record: nil, stream: stream.id)
    }
    place = SweepPlace()
    cache.copy.sweepAt = nil
    cache.copy.shelves = false
    settling.hasSwept = true
  }

  // MARK: Records

  /// - Returns: the last row that was looked at; nil at the end.
  private mutating func sweepRecords(
    after row: Int64, _ left: inout Int, _ settling: inout CopySettling, now: ClockReading
  ) throws -> Int64? {
    let (unlisted, last) = try unlisted(after: row, &left)
    let byStream = Dictionary(grouping: unlisted, by: \.stream)
    for stream in sortedStreams where stream.kind == .record {
      guard let records = byStream[stream.id], let dataset = context.datasets[stream.dataset] else {
        continue
      }
      try sweep(records.map(\.stored), dataset, stream, &settling, now: now)
    }
    return last
  }

  private mutating func sweep(
    _ records: [StoredRecord], _ dataset: InstalledDataset, _ stream: StreamRow,
    _ settling: inout CopySettling, now: ClockReading
  ) throws {
    let tables = try RecordTables(database, dataset, stream: stream.id)
    let overlays = try OverlayReader(self, stream)
    let registry = cache.registries[dataset.name] ?? FieldRegistry()
    for stored in records {
      var copy: CopyRecord
      do { copy = try stored.copy(registry) } catch {
        // What the node itself wrote of it is found again in its kept entries.
        try noteDamage("record", dataset: dataset.name, at: now.wall)
        copy = CopyRecord(own: try overlays.own(row: stored.row))
      }
      if cache.copy.shelves, let base = copy.base {
        try shelve(base, of: stored.id, dataset, registry, now: now)
        settling.shelved += 1
      }
      copy.retract(pending: try overlays.pending(row: stored.row))
      let encoded = EncodedRecord(
        copy, id: stored.id, stamp: stored.stamp, definition: dataset.definition, registry: registry)
      try tables.write(encoded, over: stored.row)
    }
  }

  /// Of one step's rows those that the feed once spoke of and the snapshot did not list, and the last row of the
  /// step; nil at the end.
  private func unlisted(
    after row: Int64, _ left: inout Int
  ) throws -> (records: [(stream: Int64, stored: StoredRecord)], last: Int64?) {
    let rows = try RawStatement(
      database,
      """
      SELECT \(StoredRecord.columns), stream, stamp < ? AND base_kind <> 0 FROM _record
      WHERE row > ? ORDER BY row LIMIT ?
      """)
    rows.bind(cache.copy.stamp, at: 1)
    rows.bind(row, at: 2)
    rows.bind(Int64(left), at: 3)
    var records: [(stream: Int64, stored: StoredRecord)] = []
    var last: Int64?
    while try rows.step() {
      last = rows.integer(0)
      left -= 1
      if rows.integer(9) != 0, let stored = StoredRecord(rows) { records.append((rows.integer(8), stored)) }
    }
    return (records, left > 0 ? nil : last)
  }

  // MARK: Events and samples

  /// - Returns: whether the dataset is done; false when there is more to look at.
  private mutating func sweepOccurrences(
    _ dataset: InstalledDataset, _ stream: StreamRow, _ place: inout SweepPlace, _ left: inout Int,
    _ settling: inout CopySettling, now: ClockReading
  ) throws -> Bool {
    if !place.hasSweptVariants {
      // First, so that none of them takes the place of what is swept.
      try sweepStep(dataset.variants ?? dataset.table, dataset, stream, &place, &left, &settling, now: now)
      if left <= 0 { return false }
      place.hasSweptVariants = true
      place.key = []
    }
    try sweepStep(dataset.table, dataset, stream, &place, &left, &settling, now: now)
    return left > 0
  }

  /// Looks at as many rows as are left for the step; that some are still left says that there were no more.
  private mutating func sweepStep(
    _ table: TypedTable, _ dataset: InstalledDataset, _ row: StreamRow, _ place: inout SweepPlace,
    _ left: inout Int, _ settling: inout CopySettling, now: ClockReading
  ) throws {
    let step = try unlisted(table, dataset, after: place.key, &left)
    let removal = try OccurrenceRemoval(database, dataset)
    var stream = try stream(row.dataset)
    let authors = authorsByNumber
    for item in step.occurrences where authors[item.author]?.node != context.node {
      let isGone = try removal.remove(key: item.key, author: item.author, sequence: item.sequence)
      if isGone { stream.discount(OccurrenceDigest.of(dataset: dataset.name, key: item.key)) }
      stream.droppedCopy()
    }
    if cache.copy.shelves {
      let last = stream.last
      for item in step.occurrences where authors[item.author]?.node == context.node {
        let isMet = try recordAnew(
          key: item.key, by: item.author, at: item.sequence, in: table, dataset, &stream, now: now)
        // It is the office's own now, or gone.
        if isMet { stream.droppedCopy() }
      }
      if stream.last > last { settling.appended[stream.dataset] = stream.last }
    }
    cache.streams[stream.dataset] = stream
    place.key = step.last ?? place.key
  }

  private struct UnlistedOccurrence {
    let key: [Value]
    let author: Int64
    let sequence: Datasets.Sequence
  }

  private func unlisted(
    _ table: TypedTable, _ dataset: InstalledDataset, after key: [String], _ left: inout Int
  ) throws -> (occurrences: [UnlistedOccurrence], last: [String]?) {
    let keyColumns = table.keyColumns
    let columns = keyColumns.joined(separator: ", ")
    let count = Int32(keyColumns.count)
    let isBehind =
      key.isEmpty ? "1" : "(\(columns)) > (\(keyColumns.map { _ in "?" }.joined(separator: ", ")))"
    let rows = try RawStatement(
      database,
      """
      SELECT \(columns), _author, _sequence, _stamp FROM \(table.name)
      WHERE \(isBehind) ORDER BY \(columns) LIMIT ?
      """)
    var index: Int32 = 1
    for text in key {
      rows.bind(text, at: index)
      index += 1
    }
    rows.bind(Int64(left), at: index)
    var occurrences: [UnlistedOccurrence] = []
    var last: [String]?
    let fields = dataset.keyIndexes.map { dataset.definition.fields[$0].type }
    while try rows.step() {
      left -= 1
      last = (0..<count).map { rows.text($0) ?? "" }
      guard rows.isNull(count + 2) || rows.integer(count + 2) < cache.copy.stamp else { continue }
      occurrences.append(
        UnlistedOccurrence(
          key: fields.enumerated().map { Value(rows, Int32($0), type: $1) ?? .null },
          author: rows.integer(count),
          sequence: Datasets.Sequence(UInt64(bitPattern: rows.integer(count + 1))) ?? .none))
    }
    return (occurrences, last)
  }
}

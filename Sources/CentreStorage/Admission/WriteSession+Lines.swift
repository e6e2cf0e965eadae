import Datasets
import GRDB
import Storage
import Wire

/// A stream's place as far as one line of incarnations knows it.
struct LinePosition {
  let mark: StreamMark
  /// Whether the incarnation asked for may write next; if not, an incarnation before it has not ended yet.
  let isBegun: Bool
}

extension WriteSession {
  /// More parents than any node can have between two looks at its line.
  private static let parentsMax = 100_000

  func insertIncarnation(_ author: Author, parent: Int64?) throws -> Int64 {
    try run(
      "INSERT INTO incarnation (node, generation, random, parent, first_seen_ms) VALUES (?, ?, ?, ?, ?)",
      [
        .text(author.node.text), author.incarnation.stored.generation, author.incarnation.stored.random,
        .optional(parent), .integer(now.milliseconds),
      ])
    let row = database.lastInsertedRowID
    memory.rows[author] = row
    memory.authors[row] = author
    return row
  }

  /// Keeps where the parent of `row` ended, as the node recorded it.
  func storeEnds(of line: Lineage, row: Int64) throws {
    for end in line.ends {
      try run(
        """
        INSERT INTO incarnation_end (incarnation, dataset, last, sealed, head) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT DO NOTHING
        """,
        [
          .integer(row), .text(end.dataset.text), end.last.stored, end.sealed.sequence.stored,
          .blob(end.sealed.head.bytes),
        ])
    }
  }

  /// Stores the parents of incarnations that were known by name only: a centre that was set back first hears of those
  /// back to a welcome that it has lost, and of all of them when it asks.
  ///
  /// - Returns: whether there were any.
  func storeParents(_ lineage: [Lineage], of node: NodeName) throws -> Bool {
    var hasLinked = false
    for line in lineage {
      guard let parent = line.parent, let row = try row(of: Author(node: node, incarnation: line.incarnation)),
        try self.parent(ofRow: row) == nil
      else { continue }
      let author = Author(node: node, incarnation: parent)
      let above = try self.row(of: author) ?? insertIncarnation(author, parent: nil)
      try run("UPDATE incarnation SET parent = ? WHERE id = ?", [.integer(above), .integer(row)])
      try storeEnds(of: line, row: row)
      hasLinked = true
    }
    return hasLinked
  }

  /// The row of an incarnation, nil when the centre never heard of it.
  func row(of author: Author) throws -> Int64? {
    if let known = memory.rows[author] { return known }
    let row = try first(
      "SELECT id FROM incarnation WHERE node = ? AND generation = ? AND random = ?",
      [.text(author.node.text), author.incarnation.stored.generation, author.incarnation.stored.random]
    ) { $0.integer(0) }
    memory.rows[author] = row
    return row
  }

  func author(ofRow row: Int64) throws -> Author {
    if let known = memory.authors[row] { return known }
    let author = try first("SELECT node, generation, random FROM incarnation WHERE id = ?", [.integer(row)]) {
      Author(node: try $0.node(0), incarnation: $0.incarnation(1))
    }
    guard let author else { throw StoreError.damaged("an incarnation") }
    memory.authors[row] = author
    return author
  }

  func parent(ofRow row: Int64) throws -> Int64? {
    try first("SELECT parent FROM incarnation WHERE id = ?", [.integer(row)]) { $0.optionalInteger(0) } ?? nil
  }

  /// Where the parent of `row` ended, as the node recorded it.
  func end(ofRow row: Int64, _ dataset: DatasetName) throws -> Lineage.End? {
    try first(
      "SELECT last, sealed, head FROM incarnation_end WHERE incarnation = ? AND dataset = ?",
      [.integer(row), .text(dataset.text)]
    ) {
      Lineage.End(
        dataset: dataset, last: $0.sequence(0),
        sealed: StreamMark(sequence: $0.sequence(1), head: try $0.hash(2)))
    }
  }

  /// Where the parent of `row` ended, of every stream that it had.
  func ends(ofRow row: Int64) throws -> [(dataset: DatasetName, last: Datasets.Sequence)] {
    try database.rows("SELECT dataset, last FROM incarnation_end WHERE incarnation = ?", [.integer(row)]) {
      (dataset: try $0.dataset(0), last: $0.sequence(1))
    }
  }

  func standing(of node: NodeName) throws -> WriterMemory.NodeStanding? {
    if let known = memory.nodes[node] { return known }
    let standing = try first("SELECT current, fenced_ms FROM node WHERE name = ?", [.text(node.text)]) {
      WriterMemory.NodeStanding(current: $0.optionalInteger(0), isFenced: !$0.isNull(1))
    }
    memory.nodes[node] = standing
    return standing
  }

  /// Position and head of what is applied of one incarnation's stream, nil before its first entry.
  func stream(_ row: Int64, _ dataset: DatasetName) throws -> StreamMark? {
    let key = WriterMemory.StreamKey(incarnation: row, dataset: dataset)
    if let known = memory.streams[key] { return known }
    let mark = try first(
      "SELECT applied, head FROM stream WHERE incarnation = ? AND dataset = ?",
      [.integer(row), .text(dataset.text)]
    ) { StreamMark(sequence: $0.sequence(0), head: try $0.hash(1)) }
    memory.streams[key] = mark
    return mark
  }

  /// Moves a stream on; the mark stays findable for comparisons with what nodes say later.
  func setStream(_ row: Int64, _ dataset: DatasetName, to mark: StreamMark) throws {
    try run(
      """
      INSERT INTO stream (incarnation, dataset, applied, head) VALUES (?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET applied = excluded.applied, head = excluded.head
      """, [.integer(row), .text(dataset.text), mark.sequence.stored, .blob(mark.head.bytes)])
    try storeMark(row, dataset, mark)
    memory.streams[WriterMemory.StreamKey(incarnation: row, dataset: dataset)] = mark
  }

  /// How far the line that ends in `row` is applied: an incarnation's stream begins where its parent record
  /// ends.
  func linePosition(_ row: Int64, _ dataset: DatasetName) throws -> LinePosition {
    // Up to the nearest incarnation whose stream stands, then down again over the records of where each
    // ended.
    var path: [Int64] = []
    var current = row
    var position = LinePosition(mark: .start, isBegun: true)
    while path.count < Self.parentsMax {
      if let mark = try stream(current, dataset) {
        position = LinePosition(mark: mark, isBegun: true)
        break
      }
      path.append(current)
      guard let parent = try parent(ofRow: current) else { break }
      current = parent
    }
    for child in path.reversed() {
      guard let parent = try parent(ofRow: child) else { continue }
      let end = try end(ofRow: child, dataset)
      let last = end?.last ?? .none
      if position.mark.sequence <= last {
        // It waits for what is missing of its parent; but a later one may have branched off before that.
        position = LinePosition(mark: position.mark, isBegun: position.mark.sequence == last)
      } else {
        // The node lost what it had sent: it goes on from an older state of its disk.
        // Where the centre has but a gap there, no head is known to go on from. From what it is told instead the node
        // sees that it has another history, and branches off from the last place that was acknowledged.
        let mark = try mark(at: last, onLineOf: parent, dataset, sealed: end?.sealed)
        position = LinePosition(mark: mark ?? position.mark, isBegun: mark != nil)
      }
    }
    return position
  }

  /// The last sequence that `row` may write: where its child on the line of `current` recorded its end.
  ///
  /// - Returns: `.some(nil)` for the current incarnation itself, nil when `row` is not on the line.
  func limit(ofRow row: Int64, onLineOf current: Int64, _ dataset: DatasetName) throws -> Datasets.Sequence?? {
    if row == current { return .some(nil) }
    var child = current
    for _ in 0..<Self.parentsMax {
      guard let parent = try parent(ofRow: child) else { return nil }
      if parent == row { return .some(try end(ofRow: child, dataset)?.last ?? Datasets.Sequence.none) }
      child = parent
    }
    return nil
  }

  /// `row` and its parents, the newest first.
  func line(of row: Int64) throws -> [Int64] {
    try database.rows(
      """
      WITH RECURSIVE line (id) AS (
        VALUES (?)
        UNION ALL
        SELECT i.parent FROM line JOIN incarnation i ON i.id = line.id WHERE i.parent IS NOT NULL)
      SELECT id FROM line LIMIT \(Self.parentsMax)
      """, [.integer(row)]
    ) { $0.integer(0) }
  }

  /// Whether the oldest of the line that ends in `row` is known by name only: a hello named it as a parent, and none
  /// has said whose child it is. A disk's first incarnation has generation 1.
  func isCut(_ row: Int64) throws -> Bool {
    guard let oldest = try line(of: row).last else { return false }
    return try author(ofRow: oldest).incarnation.generation > 1
  }

  /// Whether `ancestor` is `row` or one of its parents.
  func isOnLine(_ ancestor: Int64, of row: Int64) throws -> Bool {
    var current: Int64? = row
    for _ in 0..<Self.parentsMax {
      guard let here = current else { return false }
      if here == ancestor { return true }
      current = try parent(ofRow: here)
    }
    return false
  }
}

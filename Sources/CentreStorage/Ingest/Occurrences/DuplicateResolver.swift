import Datasets
import Replication
import Storage
import Wire

/// What happens when a natural key is taken: same content is one; of different contents the least by
/// (effective time, node, incarnation, sequence) is in sight and the others are variants. What arrives first
/// does not matter.
final class DuplicateResolver {
  enum Resolution: Equatable {
    /// The content is known.
    case known
    /// The new entry is a variant.
    case outOfSight
    /// The new entry is in sight; this older one went out of it.
    case replaced(incarnation: Int64, sequence: Datasets.Sequence)
  }

  /// Who said a content, in the order that decides what is in sight.
  private struct Said: Comparable {
    let effective: Int64
    let dot: Dot
    let row: Int64

    static func < (left: Said, right: Said) -> Bool {
      left.effective == right.effective ? left.dot < right.dot : left.effective < right.effective
    }

    static func == (left: Said, right: Said) -> Bool {
      left.effective == right.effective && left.dot == right.dot
    }
  }

  private let session: WriteSession
  private let dataset: DatasetName
  private let plan: OccurrencePlan
  private let main: String
  private let variant: String
  /// Conditions over places that `OccurrenceRow.bindContent` binds.
  private let isSameKey: String
  private let isSameContent: String
  private let columns: String
  /// Columns of the variant table in the main table's order.
  private let marks: String

  init(_ session: WriteSession, dataset: InstalledDataset, plan: OccurrencePlan) {
    self.session = session
    self.dataset = dataset.definition.name
    self.plan = plan
    main = dataset.table.name
    variant = dataset.variant?.name ?? dataset.table.name
    let names = dataset.table.columns.map { TypedTable.quoted($0.name) }
    let keyNames = dataset.definition.key.map { TypedTable.quoted($0.text) }
    func condition(_ name: String, _ place: Int) -> String { "\(name) IS ?\(place + 1)" }
    isSameKey = names.enumerated().filter { keyNames.contains($0.element) }
      .map { "\($0.element) = ?\($0.offset + 1)" }.joined(separator: " AND ")
    isSameContent = names.enumerated()
      .filter { $0.offset + 1 < Int(plan.nodePlace) || $0.offset + 1 == Int(plan.extraPlace) }
      .map { condition($0.element, $0.offset) }.joined(separator: " AND ")
    columns = names.joined(separator: ", ")
    marks = (1...names.count).map { "?\($0)" }.joined(separator: ", ")
  }

  /// - Parameters:
  ///   - key: what the natural key adds to a digest.
  ///   - insertion: the main table's, with `row` bound.
  /// - Returns: also whether the row's node had not said the natural key before, in any content.
  func resolve(
    _ row: OccurrenceRow, key: DigestSum, _ insertion: borrowing RawStatement
  ) throws -> (Resolution, isNewToNode: Bool) {
    let new = Said(
      effective: row.effective,
      dot: Dot(author: try session.author(ofRow: row.incarnation), sequence: row.sequence),
      row: row.incarnation)
    guard let visible = try inSight(row) else { throw StoreError.damaged("an event without its row") }
    let resolution = try place(row, new, visible, insertion)
    let holder = visible.said.dot.author.node
    // Whose row is in sight has said the key; who else has, `also_said` tells.
    guard holder != row.node else { return (resolution, false) }
    if new < visible.said { try noteSaid(key, by: holder) }
    return (resolution, try noteSaid(key, by: row.node))
  }

  /// - Returns: whether that was not known.
  @discardableResult
  private func noteSaid(_ key: DigestSum, by node: NodeName) throws -> Bool {
    try session.run(
      "INSERT INTO also_said (dataset, node, key) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
      [.text(dataset.text), .text(node.text), .blob(key.hash.bytes)]) > 0
  }

  private func place(
    _ row: OccurrenceRow, _ new: Said, _ visible: (said: Said, isSame: Bool),
    _ insertion: borrowing RawStatement
  ) throws -> Resolution {
    if visible.isSame {
      // The earliest who said it stands for it, or what is in sight would depend on arrival.
      if new < visible.said { try restamp(row) }
      return .known
    }
    if let same = try variantWithSameContent(row) {
      guard new < same else { return .known }
      try deleteVariant(same, row)
    }
    if visible.said < new {
      try insertVariant(row)
      return .outOfSight
    }
    try run("INSERT INTO \(variant) (\(columns)) SELECT \(columns) FROM \(main) WHERE \(isSameKey)", row)
    try run("DELETE FROM \(main) WHERE \(isSameKey)", row)
    try insertion.run()
    return .replaced(incarnation: visible.said.row, sequence: visible.said.dot.sequence)
  }

  private func inSight(_ row: OccurrenceRow) throws -> (said: Said, isSame: Bool)? {
    let statement = try bound(
      "SELECT effective, incarnation, sequence, \(isSameContent) FROM \(main) WHERE \(isSameKey)", row)
    defer { statement.raw.reset() }
    guard try statement.raw.step() else { return nil }
    return (try said(statement.raw), statement.raw.integer(3) != 0)
  }

  private func variantWithSameContent(_ row: OccurrenceRow) throws -> Said? {
    let statement = try bound(
      "SELECT effective, incarnation, sequence FROM \(variant) WHERE \(isSameKey) AND \(isSameContent)", row)
    defer { statement.raw.reset() }
    return try statement.raw.step() ? try said(statement.raw) : nil
  }

  private func said(_ statement: borrowing RawStatement) throws -> Said {
    let row = statement.integer(1)
    return Said(
      effective: statement.integer(0),
      dot: Dot(author: try session.author(ofRow: row), sequence: statement.sequence(2)), row: row)
  }

  private func restamp(_ row: OccurrenceRow) throws {
    let statement = try session.statement(
      """
      UPDATE \(main) SET node = ?\(plan.nodePlace), incarnation = ?\(plan.incarnationPlace),
        sequence = ?\(plan.sequencePlace), effective = ?\(plan.effectivePlace),
        suspect = ?\(plan.suspectPlace)
      WHERE \(isSameKey)
      """)
    row.bind(to: statement.raw, plan: plan)
    try statement.raw.run()
  }

  private func insertVariant(_ row: OccurrenceRow) throws {
    let statement = try session.statement(
      "INSERT INTO \(variant) (\(columns)) VALUES (\(marks)) ON CONFLICT DO NOTHING")
    row.bind(to: statement.raw, plan: plan)
    try statement.raw.run()
  }

  private func deleteVariant(_ said: Said, _ row: OccurrenceRow) throws {
    let statement = try session.statement(
      """
      DELETE FROM \(variant) WHERE \(isSameKey) AND incarnation = ?\(plan.incarnationPlace)
        AND sequence = ?\(plan.sequencePlace)
      """)
    row.bindContent(to: statement.raw, plan: plan)
    statement.raw.bind(said.row, at: plan.incarnationPlace)
    statement.raw.bind(Int64(said.dot.sequence.value), at: plan.sequencePlace)
    try statement.raw.run()
  }

  private func run(_ sql: String, _ row: OccurrenceRow) throws {
    try bound(sql, row).raw.run()
  }

  private func bound(_ sql: String, _ row: OccurrenceRow) throws -> PreparedStatement {
    let statement = try session.statement(sql)
    row.bindContent(to: statement.raw, plan: plan)
    return statement
  }
}

extension WriteSession {
  /// An entry of an earlier run went out of sight: who reads that run later skips it.
  func skip(_ sequence: Datasets.Sequence, ofIncarnation row: Int64, _ dataset: DatasetName) throws {
    let found = try first(
      """
      SELECT position, skipped, checksum FROM occurrence_batch
      WHERE incarnation = ? AND dataset = ? AND first <= ? AND last >= ?3
      ORDER BY first DESC LIMIT 1
      """, [.integer(row), .text(dataset.text), sequence.stored]
    ) { (position: $0.integer(0), skipped: $0.blob(1), checksum: $0.integer(2)) }
    guard let found else { return }
    // Damaged as to be no list: the run is sent to nobody, and what comes after must not wait for that.
    guard let known = try? OccurrenceRun.skipped(found.skipped) else {
      return memory.damage.note(DamagedRow(.batch, found.position))
    }
    let skipped = OccurrenceRun.bytes(ofSkipped: Set(known).union([sequence]).sorted())
    // What was damaged stays so: only this part of the checksum is another.
    let checksum = found.checksum ^ RowChecksum.apart(found.skipped) ^ RowChecksum.apart(skipped)
    try run(
      "UPDATE occurrence_batch SET skipped = ?, checksum = ? WHERE position = ?",
      [.blob(skipped), .integer(checksum), .integer(found.position)])
  }
}

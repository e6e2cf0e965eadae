import Datasets
import Replication
import Storage
import Wire

extension WriteSession {
  /// Keeps an entry that cannot be applied, and says so in the ack.
  ///
  /// - Parameter record: what it would have changed, when that could be read.
  func quarantine(
    _ item: IngestRun.Item, of run: IngestRun, record: RecordID?, reason: QuarantineReason,
    into result: inout IngestResult
  ) throws {
    result.refused[item.sequence] = reason
    result.counts.quarantined += 1
    // One that is refused again stands there already, and nobody waits for an ack.
    if run.isRequeued { return }
    let statement = try statement(
      """
      INSERT INTO quarantine
        (node, incarnation, dataset, sequence, record, code, reason_id, reason_en, state, received_ms, due_ms,
        awaits, entry, checksum, locator)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'held', ?, ?, ?, ?, ?, ?)
      """)
    statement.raw.bind([
      .text(run.node.text), .integer(run.row), .text(run.dataset.text), item.sequence.stored,
      record.map { .blob($0.bytes) } ?? .null, .text(reason.code.rawValue), .text(reason.text.indonesian),
      .text(reason.text.english), .integer(now.milliseconds),
      reason.code == .futureTime ? .optional(due(item, of: run)?.milliseconds) : .null,
      .optional(reason.awaited),
    ])
    try run.block.withUnsafeBytes { bytes in
      let entry = UnsafeRawBufferPointer(rebasing: bytes[item.range])
      statement.raw.bindBlob(entry, at: 12, isCopied: true)
      let checksum = RowChecksum.quarantine(
        dataset: run.dataset.text, record: record?.bytes, incarnation: run.row, sequence: item.sequence, received: now,
        entry: entry)
      statement.raw.bind(checksum, at: 13)
      statement.raw.bind(BitLocator.of(entry), at: 14)
      try statement.raw.run()
    }
    if let record { try resend(record, of: run) }
    result.quarantined.append(
      Ack.Quarantined(
        sequence: item.sequence, code: reason.code.rawValue, reason: QuarantineReason.ackText(reason.text)))
  }

  /// When an entry whose time was ahead of the centre's clock is no longer.
  private func due(_ item: IngestRun.Item, of run: IngestRun) -> Timestamp? {
    let seal: Seal?
    switch try? Entry(ByteReader(run.block, range: item.range)) {
    case .change(let made, _): seal = made
    case .occurrence(let made, _): seal = made
    case .gap, nil: seal = nil
    }
    return seal?.effective.advanced(byMilliseconds: -EntryJudge.clockLimitMilliseconds)
  }

  /// The centre's state goes out again, so that the ack's position ends the overlay of an edit that was not
  /// taken; of a record that the centre does not know, its author gets a retraction.
  private func resend(_ record: RecordID, of run: IngestRun) throws {
    let position = Int64(clamping: memory.nextPosition(in: run.dataset, for: run.node))
    let known = try first(
      "SELECT row, position, checksum FROM record WHERE dataset = ? AND id = ?",
      [.text(run.dataset.text), .blob(record.bytes)]
    ) { (row: $0.integer(0), position: $0.integer(1), checksum: $0.integer(2)) }
    if let known {
      // What was damaged stays so: only the position's part of the checksum is another.
      let checksum = known.checksum ^ RowChecksum.apart(known.position) ^ RowChecksum.apart(position)
      try self.run(
        "UPDATE record SET position = ?, checksum = ? WHERE row = ?",
        [.integer(position), .integer(checksum), .integer(known.row)])
      return
    }
    try self.run(
      "INSERT INTO retraction (position, node, dataset, record) VALUES (?, ?, ?, ?)",
      [.integer(position), .text(run.node.text), .text(run.dataset.text), .blob(record.bytes)])
  }

  /// What an ack of entries that were taken in before has to say again: of one that was given up, why somebody did.
  func quarantined(
    _ row: Int64, _ dataset: DatasetName, _ first: Datasets.Sequence, _ last: Datasets.Sequence
  ) throws -> [Ack.Quarantined] {
    try database.rows(
      """
      SELECT sequence, CASE state WHEN 'held' THEN code ELSE state END,
        CASE state WHEN 'held' THEN reason_id ELSE coalesce(decision, '') END,
        CASE state WHEN 'held' THEN reason_en ELSE coalesce(decision, '') END
      FROM quarantine
      WHERE incarnation = ? AND dataset = ? AND sequence BETWEEN ? AND ? AND state IN ('held', 'discarded')
      ORDER BY sequence
      LIMIT ?
      """,
      [
        .integer(row), .text(dataset.text), first.stored, last.stored,
        .integer(Int64(Limits.batchEntriesMax)),
      ]
    ) {
      let text = BilingualText(id: $0.text(2) ?? "", en: $0.text(3) ?? "")
      return Ack.Quarantined(
        sequence: $0.sequence(0), code: $0.text(1) ?? "", reason: QuarantineReason.ackText(text))
    }
  }
}

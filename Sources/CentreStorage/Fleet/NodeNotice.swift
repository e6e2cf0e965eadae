package import Datasets
import GRDB
import Storage
import Wire

/// Something about a node's disk, key or session that a person at the centre should know of, until it is old.
package struct NodeNotice: Sendable, Equatable {
  package enum Code: String, Sendable, CaseIterable {
    case restored = "node_restored"
    case replaced = "node_replaced"
    case copied = "node_copied"
    case trimmed = "node_trimmed"
    case unknownHistory = "node_unknown_history"
    case duplicateSession = "duplicate_session"
    case oldKey = "old_key_used"
  }

  package let node: NodeName
  package let code: Code
  package let what: BilingualText
  /// When it happened last, and how often.
  package let at: Timestamp
  package let count: Int
  /// Of an old key: whether the office's own machine may have knocked last, on its way to joining again.
  package let mayBeItsOwn: Bool

  package init(
    node: NodeName, code: Code, what: BilingualText, at: Timestamp, count: Int = 1, mayBeItsOwn: Bool = false
  ) {
    self.node = node
    self.code = code
    self.what = what
    self.at = at
    self.count = count
    self.mayBeItsOwn = mayBeItsOwn
  }
}

extension CentreStore {
  /// How long a notice is told, in milliseconds.
  fileprivate static let noticeAgeMax: Int64 = 7 * 24 * 3_600_000

  /// Keeps notices, many in one transaction; of one code the newest words of a node are kept.
  package func note(_ notices: [NodeNotice], now: Timestamp) async throws {
    guard !notices.isEmpty else { return }
    try await write(now: now) { session in
      for notice in notices { try session.note(notice) }
    }
  }

  /// Whether an old key that knocked may have been the office's own machine's (ADR 0027): the office has a key that was
  /// first heard later; it had none in force then, or its machine would have used that one; and what was heard since was
  /// not found to be another disk or one that was set back. A disk that is stolen, and whose copy joins, looks the same.
  private static let ownSQL = """
    n.code = '\(NodeNotice.Code.oldKey.rawValue)'
    AND EXISTS (SELECT 1 FROM node_key k WHERE k.node = n.node AND k.revoked_ms IS NULL AND k.welcomed_ms > n.at_ms)
    AND NOT EXISTS (
      SELECT 1 FROM node_key k WHERE k.node = n.node AND k.welcomed_ms <= n.at_ms
        AND (k.revoked_ms IS NULL OR k.revoked_ms > n.at_ms))
    AND NOT EXISTS (
      SELECT 1 FROM node_notice d WHERE d.node = n.node AND d.at_ms >= n.at_ms
        AND d.code IN ('\(NodeNotice.Code.replaced.rawValue)', '\(NodeNotice.Code.restored.rawValue)'))
    """

  static func notices(_ database: Database, now: Timestamp) throws -> [NodeNotice] {
    try database.rows(
      """
      SELECT n.node, n.code, n.what_id, n.what_en, n.at_ms, n.count, \(ownSQL) FROM node_notice n WHERE n.at_ms > ?
      ORDER BY n.node, n.code
      """,
      [.integer(now.milliseconds - noticeAgeMax)]
    ) { row -> NodeNotice? in
      guard let code = NodeNotice.Code(rawValue: row.text(1) ?? "") else { return nil }
      return NodeNotice(
        node: try row.node(0), code: code, what: BilingualText(id: row.text(2) ?? "", en: row.text(3) ?? ""),
        at: row.timestamp(4), count: Int(row.integer(5)), mayBeItsOwn: row.integer(6) != 0)
    }.compactMap { $0 }
  }
}

extension WriteSession {
  func note(_ notice: NodeNotice) throws {
    try run(
      """
      INSERT INTO node_notice (node, code, at_ms, count, what_id, what_en) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET at_ms = excluded.at_ms,
        count = CASE WHEN at_ms > ? THEN count ELSE 0 END + excluded.count,
        what_id = excluded.what_id, what_en = excluded.what_en
      """,
      [
        .text(notice.node.text), .text(notice.code.rawValue), .integer(notice.at.milliseconds),
        .integer(Int64(notice.count)), .text(notice.what.indonesian), .text(notice.what.english),
        // What is told no more counts no more.
        .integer(notice.at.milliseconds - CentreStore.noticeAgeMax),
      ])
  }

  /// Takes back what is over: nobody need look into it any more.
  func forget(_ code: NodeNotice.Code, of node: NodeName) throws {
    try run(
      "DELETE FROM node_notice WHERE node = ? AND code = ?", [.text(node.text), .text(code.rawValue)])
  }

  /// What a hello showed, in words for the centre's admin. A fence has its own state and reason.
  func note(_ finding: HelloFinding, of node: NodeName) throws {
    guard let (code, what) = finding.notice else { return }
    try note(NodeNotice(node: node, code: code, what: what, at: now))
  }
}

extension HelloFinding {
  fileprivate var notice: (NodeNotice.Code, BilingualText)? {
    switch self {
    case .clone: return nil
    case .restored(_, let streams):
      func back(_ language: Language) -> String {
        let ranges = streams.map { stream in
          let (last, begin) = (stream.last.value, stream.begin.value)
          return language(
            "\(stream.dataset) dari perubahan \(last) ke \(begin)", "\(stream.dataset) from change \(last) to \(begin)")
        }
        return ranges.isEmpty ? "" : " (\(ranges.joined(separator: ", ")))"
      }
      let lost = unsentWords(streams.reduce(0) { $0 + $1.unsent })
      return (
        .restored,
        BilingualText(
          id: "Disk kantor ini kembali ke keadaan lama\(back(.indonesian)). Yang ada di pusat dikembalikan.\(lost.0)",
          en:
            "This office's disk went back to an older state\(back(.english)). What the centre has comes back.\(lost.1)")
      )
    case .replaced(_, let isEmpty, let unsent):
      let lost = unsentWords(unsent)
      return (
        .replaced,
        isEmpty
          ? BilingualText(
            id: "Komputer baru dengan penyimpanan kosong menggantikan yang lama.\(lost.0)",
            en: "A new machine with an empty store has taken the old one's place.\(lost.1)")
          : BilingualText(
            id: "Disk lain dipilih untuk kantor ini lewat undangan.\(lost.0)",
            en: "Another disk was chosen for this office by invitation.\(lost.1)")
      )
    case .copied(let dataset, let at):
      return (
        .copied,
        BilingualText(
          id: "Salinan mesin yang sedang berjalan dipasang kembali; dilanjutkan dari \(dataset) \(at.sequence.value).",
          en: "A copy of the running machine was set back; it goes on from \(dataset) \(at.sequence.value).")
      )
    case .trimmed(let dataset, let applied, let earliest):
      return (
        .trimmed,
        BilingualText(
          id: "Kantor ini tidak lagi menyimpan \(dataset) \(applied.value + 1) sampai \(earliest.value - 1).",
          en: "This office no longer keeps \(dataset) \(applied.value + 1) to \(earliest.value - 1).")
      )
    case .unknownLineage:
      return (
        .unknownHistory,
        BilingualText(
          id: "Disk kantor ini tidak dikenal pusat; ia ditolak.",
          en: "The centre does not know this office's disk; it is refused.")
      )
    }
  }

  private func unsentWords(_ unsent: UInt64) -> (String, String) {
    unsent == 0 ? ("", "") : (" \(unsent) entri yang belum terkirim hilang.", " \(unsent) unsent entries are lost.")
  }
}

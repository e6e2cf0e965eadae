import Datasets
import Storage
import Synchronization

/// A row that does not match its checksum.
struct DamagedRow: Error, Hashable, Sendable, Comparable, CustomStringConvertible {
  let table: CheckedTable
  /// Its number in the table: it says nothing about anybody.
  let row: Int64

  init(_ table: CheckedTable, _ row: Int64) {
    self.table = table
    self.row = row
  }

  static func < (left: DamagedRow, right: DamagedRow) -> Bool {
    (left.table, left.row) < (right.table, right.row)
  }

  var description: String { "\(table.name) \(row)" }
}

/// Damaged rows that were met and nobody has tried to put right yet. Callable from anywhere.
final class DamageNotes: Sendable {
  /// What is beyond that the scrub finds again.
  private static let countMax = 1_000

  private let rows = Mutex<Set<DamagedRow>>([])

  func note(_ row: DamagedRow) {
    rows.withLock { rows in
      if rows.count < Self.countMax { rows.insert(row) }
    }
  }

  /// Notes the row that an error names, if it does.
  func note(_ error: any Error) {
    if let row = (error as? StoreError)?.cause as? DamagedRow { note(row) }
  }

  /// What was noted since the last time, sorted.
  func take() -> [DamagedRow] {
    rows.withLock { rows in
      defer { rows = [] }
      return rows.sorted()
    }
  }
}

extension StoreError {
  /// For who asked for that row.
  static func damaged(_ row: DamagedRow) -> StoreError {
    let text =
      switch row.table {
      case .record:
        BilingualText(
          id: "Isi data ini di disk pusat tidak cocok dengan checksum-nya. Ia dibuat lagi dari riwayatnya: coba lagi "
            + "sebentar lagi. Bila tetap begini, lihat simpulctl doctor.",
          en:
            "What the centre's disk holds of this record does not match its checksum. It is made anew from its history: "
            + "try again shortly. If it stays so, see simpulctl doctor.")
      case .quarantine:
        BilingualText(
          id:
            "Isi yang ditahan ini tidak cocok lagi dengan checksum-nya: disk pusat merusaknya. Ia tidak dapat dipakai; "
            + "buang (simpulctl quarantine discard) dan minta kantornya mencatat lagi, atau pulihkan cadangan.",
          en: "This held entry does not match its checksum any more: the centre's disk damaged it. It cannot be used; "
            + "discard it (simpulctl quarantine discard) and have the office record it again, or restore a backup.")
      case .change, .batch:
        BilingualText(
          id: "Bagian riwayat ini tidak cocok dengan checksum-nya: disk pusat merusaknya. Lihat simpulctl doctor.",
          en:
            "This part of the history does not match its checksum: the centre's disk damaged it. See simpulctl doctor.")
      }
    return StoreError(.damaged, text, cause: row)
  }
}

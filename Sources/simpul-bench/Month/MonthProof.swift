import Foundation
import GRDB

/// What a centre's store holds at the end of a month, against what the offices' people recorded.
///
/// Read from the tables that any tool of SQLite can read, and held against what was put into the offices, not against
/// what their agents say.
struct MonthProof {
  let storePath: String

  /// - Throws: `BenchFailure` unless the centre holds just that, and nothing is held back or missing.
  func check(_ work: MonthWork) throws {
    let queue = try DatabaseQueue(path: storePath)
    defer { try? queue.close() }
    let problems = try queue.read { database in
      try keys(database, "attendance", "device || ' ' || pin || ' ' || time || ' ' || status", work.scans)
        + keys(database, "camera", "camera || ' ' || time", work.looks) + residents(database, work)
        + asides(database)
    }
    guard problems.isEmpty else { throw BenchFailure(description: problems.joined(separator: "; ")) }
    let counts = [work.scans, work.looks].map { $0.values.reduce(0) { $0 + $1.count } }
    print(
      "the centre holds just what was recorded: \(counts[0]) scans, \(counts[1]) looks at cameras, "
        + "\(work.residents.count) residents with every correction; nothing is held back or missing")
  }

  private func keys(
    _ database: Database, _ table: String, _ key: String, _ recorded: [String: Set<String>]
  ) throws -> [String] {
    let rows = try Row.fetchAll(database, sql: "SELECT node, \(key) AS key FROM \(table)")
    let stored = Dictionary(grouping: rows) { $0["node"] as String? ?? "nobody" }.mapValues { rows in
      Set(rows.map { $0["key"] as String? ?? "" })
    }
    return Set(recorded.keys).union(stored.keys).sorted().compactMap { office in
      let (wanted, found) = (recorded[office] ?? [], stored[office] ?? [])
      let doubled = rows.count { $0["node"] == office } - found.count
      if doubled > 0 { return "\(table) of \(office): \(doubled) are there twice" }
      guard wanted != found else { return nil }
      let (missing, extra) = (wanted.subtracting(found), found.subtracting(wanted))
      return "\(table) of \(office): \(missing.count) are missing (\(missing.sorted().first ?? "-")), "
        + "\(extra.count) are there beside them (\(extra.sorted().first ?? "-"))"
    }
  }

  private func residents(_ database: Database, _ work: MonthWork) throws -> [String] {
    let rows = try Row.fetchAll(database, sql: "SELECT nik, nama, alamat, rw, rt FROM population")
    var stored: [String: MonthWork.Resident] = [:]
    for row in rows {
      stored[row["nik"] as String? ?? ""] = MonthWork.Resident(
        name: row["nama"] as String? ?? "", address: row["alamat"] as String? ?? "", rw: row["rw"], rt: row["rt"])
    }
    let wrong = Set(stored.keys).union(work.residents.keys).filter { stored[$0] != work.residents[$0] }
    guard !wrong.isEmpty || rows.count != stored.count else { return [] }
    let example = wrong.min().map { nik in
      "\(stored[nik].map { "\($0)" } ?? "nobody") instead of \(work.residents[nik].map { "\($0)" } ?? "nobody")"
    }
    return ["population: \(wrong.count) of \(work.residents.count) are wrong, in \(rows.count) rows: \(example ?? "")"]
  }

  private func asides(_ database: Database) throws -> [String] {
    try ["quarantine", "ledger", "conflict", "damage"].compactMap { table in
      let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM \(table)") ?? 0
      return count == 0 ? nil : "\(table): \(count)"
    }
  }
}

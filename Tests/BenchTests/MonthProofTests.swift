import Foundation
import GRDB
import Testing

@testable import simpul_bench

@Suite struct MonthProofTests {
  /// A store that holds just what a month's first day recorded, and then this.
  private func check(with changes: String) throws {
    var work = MonthWork(residentCount: 100)
    for files in [work.morning(1), work.evening(1)] { #expect(!files.isEmpty) }
    #expect(!work.edits(1).isEmpty)
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).sqlite").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let queue = try DatabaseQueue(path: path)
    try queue.write { database in
      try database.execute(
        sql: """
          CREATE TABLE attendance (node, device, pin, time, status);
          CREATE TABLE camera (node, camera, time);
          CREATE TABLE population (nik, nama, alamat, rw, rt);
          CREATE TABLE quarantine (id); CREATE TABLE ledger (id); CREATE TABLE conflict (id); CREATE TABLE damage (id);
          """)
      try fill(database, "attendance", work.scans)
      try fill(database, "camera", work.looks)
      for (nik, resident) in work.residents {
        try database.execute(
          sql: "INSERT INTO population VALUES (?, ?, ?, ?, ?)",
          arguments: [nik, resident.name, resident.address, resident.rw, resident.rt])
      }
      try database.execute(sql: changes)
    }
    try queue.close()
    try MonthProof(storePath: path).check(work)
  }

  /// Keys as the columns that they are made of.
  private func fill(_ database: Database, _ table: String, _ keys: [String: Set<String>]) throws {
    for (node, keys) in keys {
      for key in keys {
        let values = [node] + key.split(separator: " ").map(String.init)
        let marks = Array(repeating: "?", count: values.count).joined(separator: ", ")
        try database.execute(sql: "INSERT INTO \(table) VALUES (\(marks))", arguments: StatementArguments(values))
      }
    }
  }

  @Test func `a centre that holds just what was recorded is believed`() throws {
    try check(with: "")
  }

  @Test(arguments: [
    "DELETE FROM attendance WHERE rowid = 7", "UPDATE camera SET node = 'disdukcapil' WHERE rowid = 7",
    "INSERT INTO attendance VALUES ('setda', 'UJI-setda', '1', '2026-06-01T05:00:00+08:00', '0')",
    "DELETE FROM population WHERE rowid = 7", "UPDATE population SET rw = '999' WHERE rw IS NOT NULL",
    "INSERT INTO population SELECT * FROM population WHERE rowid = 7",
    "INSERT INTO attendance SELECT * FROM attendance WHERE rowid = 7",
    "INSERT INTO population (nik) VALUES ('1')",
    "INSERT INTO ledger VALUES (1)", "INSERT INTO quarantine VALUES (1)", "INSERT INTO conflict VALUES (1)",
  ])
  func `a centre that holds less, more or something else is not`(changes: String) {
    #expect(throws: BenchFailure.self) { try check(with: changes) }
  }
}

import Foundation
import GRDB
import GRDBSQLite
import Storage
import TestSupport
import Testing

@Suite struct StatementCacheTests {
  private let path = NSTemporaryDirectory() + "statements-\(UUID().uuidString).sqlite"

  private func store() throws -> StoreFile {
    try StoreFile(
      path: path, applicationID: 7, migrations: ["CREATE TABLE thing (id INTEGER PRIMARY KEY, word TEXT)"])
  }

  private func withStore(_ body: (StoreFile) async throws -> Void) async throws {
    defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
    let file = try store()
    try await body(file)
    // It closes only where no statement is left behind.
    try file.close()
  }

  private static let insertion = "INSERT INTO thing (word) VALUES (?)"
  private static let selection = "SELECT word FROM thing WHERE id > ? ORDER BY id"

  private static func insert(_ words: [String], _ file: StoreFile) async throws {
    try await file.write { database in
      let statement = try RawStatement(database, insertion)
      for word in words {
        statement.bind(word, at: 1)
        try statement.run()
      }
    }
  }

  private static func words(after id: Int64, _ database: Database) throws -> [String] {
    let statement = try RawStatement(database, selection)
    statement.bind(id, at: 1)
    var words: [String] = []
    while try statement.step() { words.append(statement.text(0) ?? "") }
    return words
  }

  @Test func `a statement that is used again has nothing of its last use`() async throws {
    try await withStore { file in
      try await Self.insert(["a", "b"], file)
      try await file.write { database in
        let statement = try RawStatement(database, Self.insertion)
        // Nothing bound.
        try statement.run()
      }
      let found = try await file.read { database in
        let first = try RawStatement(database, Self.selection)
        first.bind(Int64(0), at: 1)
        // Left in the middle of its rows.
        _ = try first.step()
        return (first.text(0), try Self.words(after: 0, database), try Self.words(after: 1, database))
      }
      #expect(found.0 == "a")
      #expect(found.1 == ["a", "b", ""])
      #expect(found.2 == ["b", ""])
      let again = try await file.read { try Self.words(after: 0, $0) }
      #expect(again == ["a", "b", ""])
    }
  }

  @Test func `two users of one text at a time do not disturb each other`() async throws {
    try await withStore { file in
      try await Self.insert(["a", "b", "c"], file)
      for _ in 0..<2 {
        let pairs = try await file.read { database in
          let outer = try RawStatement(database, Self.selection)
          outer.bind(Int64(0), at: 1)
          var pairs: [String] = []
          while try outer.step() {
            pairs.append((outer.text(0) ?? "") + (try Self.words(after: 1, database)).joined())
          }
          return pairs
        }
        #expect(pairs == ["abc", "bbc", "cbc"])
      }
    }
  }

  @Test func `a failed statement can be used again`() async throws {
    try await withStore { file in
      let sql = "INSERT INTO thing (id, word) VALUES (?, 'x')"
      for id in [1, 1, 2] as [Int64] {
        try? await file.write { database in
          let statement = try RawStatement(database, sql)
          statement.bind(id, at: 1)
          try statement.run()
        }
      }
      let words = try await file.read { try Self.words(after: 0, $0) }
      #expect(words == ["x", "x"])
    }
  }

  @Test func `statements follow a table that changes`() async throws {
    try await withStore { file in
      let sql = "SELECT * FROM thing"
      try await Self.insert(["a"], file)
      for _ in 0..<2 {
        let isThere = try await file.read { try RawStatement($0, sql).step() }
        #expect(isThere)
      }
      try await file.write { try $0.execute(sql: "ALTER TABLE thing ADD COLUMN more TEXT DEFAULT 'm'") }
      let more = try await file.read { database in
        let statement = try RawStatement(database, sql)
        _ = try statement.step()
        return statement.text(2)
      }
      #expect(more == "m")
    }
  }

  @Test func `texts that never come again do not pile up, and memory can be given back`() async throws {
    try await withStore { file in
      let counts = try await file.write { database in
        var most = 0
        for number in 0..<2000 {
          _ = try RawStatement(database, "SELECT \(number)").step()
          if number.isMultiple(of: 100) { most = max(most, Self.statementCount(database)) }
        }
        return (most, Self.statementCount(database))
      }
      #expect(counts.0 < 500)
      #expect(counts.1 < 500)
      file.releaseMemory()
      let left = try await file.write { database in
        _ = try RawStatement(database, "SELECT 1").step()
        return Self.statementCount(database)
      }
      #expect(left < 20)
    }
  }

  @Test func `memory is given back while readers and the writer are at work`() async throws {
    try await withStore { file in
      try await Self.insert(["a", "b"], file)
      // What another thread did to a connection in use would be a crash here, and a finding of the thread sanitizer.
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<3 {
          group.addTask {
            for number in 0..<300 {
              try await file.read { database in
                _ = try RawStatement(database, "SELECT \(number % 40)").step()
                #expect(try Self.words(after: 0, database).prefix(2) == ["a", "b"])
              }
            }
          }
        }
        group.addTask { for _ in 0..<300 { try await Self.insert(["c"], file) } }
        group.addTask {
          for _ in 0..<300 {
            file.releaseMemory()
            await Task.yield()
          }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test func `a store that nobody closes gives its statements back`() async throws {
    defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
    do {
      let file = try store()
      try await Self.insert(["a"], file)
    }
    // A connection with statements would stay, and its files with it (sqlite.org/c3ref/close.html).
    let names = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap {
      try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + $0)
    }
    #expect(!names.contains { $0.hasPrefix(path) })
  }

  private static func statementCount(_ database: Database) -> Int {
    var count = 0
    var statement = sqlite3_next_stmt(database.sqliteConnection, nil)
    while let found = statement {
      count += 1
      statement = sqlite3_next_stmt(database.sqliteConnection, found)
    }
    return count
  }
}

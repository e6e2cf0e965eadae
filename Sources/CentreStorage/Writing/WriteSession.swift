import Datasets
import GRDB
import Storage
import Wire

/// A statement that several loops share within one transaction.
final class PreparedStatement {
  let raw: RawStatement

  init(_ database: Database, _ sql: String) throws { raw = try RawStatement(database, sql) }
}

/// One transaction on the writer: what it works with, and its prepared statements.
final class WriteSession {
  let database: Database
  let memory: WriterMemory
  let catalogue: Catalogue
  let now: Timestamp
  private var prepared: [String: PreparedStatement] = [:]
  /// Per dataset, kept over the batches of a group.
  var recordWriters: [DatasetName: RecordWriter] = [:]

  init(_ database: Database, memory: WriterMemory, catalogue: Catalogue, now: Timestamp) {
    self.database = database
    self.memory = memory
    self.catalogue = catalogue
    self.now = now
  }

  /// The statement for `sql`, prepared once per transaction.
  func statement(_ sql: String) throws -> PreparedStatement {
    if let known = prepared[sql] { return known }
    let new = try PreparedStatement(database, sql)
    prepared[sql] = new
    return new
  }

  /// Lets the statements go: they must not outlive the transaction.
  func finish() {
    recordWriters = [:]
    prepared = [:]
  }

  @discardableResult
  func run(_ sql: String, _ values: [StoredValue]) throws -> Int {
    let statement = try statement(sql)
    statement.raw.bind(values)
    return try statement.raw.run()
  }

  func first<Element>(
    _ sql: String, _ values: [StoredValue], _ map: (borrowing RawStatement) throws -> Element
  ) throws -> Element? {
    let statement = try statement(sql)
    statement.raw.bind(values)
    defer { statement.raw.reset() }
    return try statement.raw.step() ? try map(statement.raw) : nil
  }

  func setCounter(_ name: String, to value: Int64) throws {
    try run(
      "INSERT INTO counter (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
      [.text(name), .integer(value)])
  }

  func counter(_ name: String) throws -> Int64 {
    try first("SELECT value FROM counter WHERE name = ?", [.text(name)]) { $0.integer(0) } ?? 0
  }
}

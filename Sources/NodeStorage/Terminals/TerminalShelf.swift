package import Datasets
import GRDB
import Storage
package import Wire

/// What attendance terminals handed in and nobody has taken for a punch yet: lines that cannot be read, and all lines of
/// terminals that nobody has adopted. And which terminals were.
///
/// Every method is one transaction; what it returned from is on the disk, so that a terminal may be answered. Nothing of it
/// is replicated: what is taken off the shelf becomes events like any other (ADR 0037).
package struct TerminalShelf: Sendable {
  /// Why a line lies here.
  package enum Reason: String, Sendable, CaseIterable {
    /// Its terminal is not allowed and was not adopted.
    case unknownTerminal = "unknown_terminal"
    /// It is no punch, or one that the dataset does not take.
    case unreadable
  }

  package struct Line: Sendable, Equatable {
    /// In the order in which they came.
    package let number: Int64
    /// As it came, without its end.
    package let bytes: [UInt8]
  }

  package struct Summary: Sendable, Equatable {
    package let serial: TerminalSerial
    package let reason: Reason
    package let count: Int
    package let firstAt: Timestamp
    package let lastAt: Timestamp
  }

  static let schema = """
    CREATE TABLE _terminal (serial TEXT PRIMARY KEY, adopted_ms INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE _terminal_line (
      number INTEGER PRIMARY KEY, serial TEXT NOT NULL, reason TEXT NOT NULL, at_ms INTEGER NOT NULL, line BLOB NOT NULL,
      UNIQUE (serial, reason, line));

    """

  /// Lines of one terminal for one reason that are kept: a month of a large office. A terminal that is told no keeps its own.
  package static let linesMax = 60_000
  /// Lines of all terminals that nobody has adopted.
  package static let unknownLinesMax = 120_000
  /// Terminals of which lines are kept: whoever reaches the port may make up serial numbers.
  package static let terminalsMax = 64
  /// The most lines of one page.
  package static let pageMax = 10_000

  private let store: NodeStore

  init(_ store: NodeStore) { self.store = store }

  /// Keeps lines; one that lies there already is kept once, for a terminal that was not understood says it all again.
  ///
  /// For an adopted terminal's lines room is made as for an event; for a stranger's nothing is dropped.
  ///
  /// - Throws: `StoreError` with `.full` where there is no room for them; then none of them is kept.
  package func put(
    _ lines: [[UInt8]], of serial: TerminalSerial, _ reason: Reason, now: ClockReading
  ) async throws {
    // A row, and its place in the index.
    let bytes = lines.reduce(0) { $0 + 2 * ($1.count + serial.text.utf8.count + 32) }
    try await store.write { transaction in
      switch reason {
      case .unreadable: try transaction.makeRoom(forBytes: bytes, now: now)
      case .unknownTerminal: if try transaction.isTight(bytes) { throw Self.full }
      }
      let database = transaction.database
      let isNew = try Self.count(database, serial, reason) == 0
      let insert = try RawStatement(
        database,
        "INSERT INTO _terminal_line (serial, reason, at_ms, line) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")
      for line in lines {
        insert.bind(serial.text, at: 1)
        insert.bind(reason.rawValue, at: 2)
        insert.bind(now.wall.milliseconds, at: 3)
        insert.bind(blob: line, at: 4)
        try insert.run()
      }
      if try Self.count(database, serial, reason) > Self.linesMax { throw Self.full }
      guard reason == .unknownTerminal else { return }
      if try Self.number(database, "SELECT count(*) FROM _terminal_line") > Self.unknownLinesMax { throw Self.full }
      if isNew, try Self.number(database, Self.terminalCount) > Self.terminalsMax { throw Self.full }
    }
  }

  /// Lines in the order in which they came.
  ///
  /// - Parameter limit: at most `pageMax`.
  package func lines(of serial: TerminalSerial, _ reason: Reason, after number: Int64 = 0, limit: Int) async throws
    -> [Line]
  {
    try await store.read { database in
      let rows = try RawStatement(
        database,
        """
        SELECT number, line FROM _terminal_line WHERE serial = ? AND reason = ? AND number > ? ORDER BY number LIMIT ?
        """)
      rows.bind(serial.text, at: 1)
      rows.bind(reason.rawValue, at: 2)
      rows.bind(number, at: 3)
      rows.bind(Int64(min(max(1, limit), Self.pageMax)), at: 4)
      var lines: [Line] = []
      while try rows.step() { lines.append(Line(number: rows.integer(0), bytes: rows.blob(1))) }
      return lines
    }
  }

  /// Lets go of lines that were dealt with.
  package func remove(_ numbers: [Int64]) async throws {
    try await store.write { transaction in
      let delete = try RawStatement(transaction.database, "DELETE FROM _terminal_line WHERE number = ?")
      for number in numbers {
        delete.bind(number, at: 1)
        try delete.run()
      }
    }
  }

  /// Gives up what lies there of a terminal for one reason.
  ///
  /// - Returns: how many lines that were.
  package func discard(_ serial: TerminalSerial, _ reason: Reason) async throws -> Int {
    try await store.write { transaction in
      let delete = try RawStatement(
        transaction.database, "DELETE FROM _terminal_line WHERE serial = ? AND reason = ?")
      delete.bind(serial.text, at: 1)
      delete.bind(reason.rawValue, at: 2)
      return try delete.run()
    }
  }

  /// How much lies there, by terminal and reason.
  package func summaries() async throws -> [Summary] {
    try await store.read { database in
      // Numbers grow with time: the index alone is read, and two rows of each group.
      let rows = try RawStatement(
        database,
        """
        SELECT shelf.serial, shelf.reason, shelf.lines, oldest.at_ms, newest.at_ms FROM (
          SELECT serial, reason, count(*) AS lines, min(number) AS low, max(number) AS high
          FROM _terminal_line GROUP BY serial, reason) AS shelf
        JOIN _terminal_line AS oldest ON oldest.number = shelf.low
        JOIN _terminal_line AS newest ON newest.number = shelf.high
        ORDER BY shelf.serial, shelf.reason
        """)
      var summaries: [Summary] = []
      while try rows.step() {
        guard let serial = rows.text(0).flatMap(TerminalSerial.init), let reason = rows.text(1).flatMap(Reason.init)
        else { continue }
        summaries.append(
          Summary(
            serial: serial, reason: reason, count: Int(rows.integer(2)),
            firstAt: Timestamp(milliseconds: rows.integer(3)), lastAt: Timestamp(milliseconds: rows.integer(4))))
      }
      return summaries
    }
  }

  // MARK: Access

  private static let full = StoreError(
    .full, "There is no room for more lines of attendance terminals: adopt the terminal, or discard what it sent.")

  private static func count(_ database: Database, _ serial: TerminalSerial, _ reason: Reason) throws -> Int {
    let row = try RawStatement(database, "SELECT count(*) FROM _terminal_line WHERE serial = ? AND reason = ?")
    row.bind(serial.text, at: 1)
    row.bind(reason.rawValue, at: 2)
    return try row.step() ? Int(row.integer(0)) : 0
  }

  private static func number(_ database: Database, _ sql: String) throws -> Int {
    let row = try RawStatement(database, sql)
    return try row.step() ? Int(row.integer(0)) : 0
  }

  /// Goes from serial number to serial number over the index: how many lines there are does not matter.
  private static let terminalCount = """
    WITH RECURSIVE known (serial) AS (
      SELECT min(serial) FROM _terminal_line
      UNION ALL SELECT (SELECT min(serial) FROM _terminal_line WHERE serial > known.serial) FROM known
      WHERE known.serial IS NOT NULL)
    SELECT count(serial) FROM known
    """
}

// MARK: Adopted terminals

extension TerminalShelf {
  /// Takes a terminal for one of the office's from now on; again changes nothing.
  package func adopt(_ serial: TerminalSerial, at now: Timestamp) async throws {
    try await store.write { transaction in
      try transaction.database.execute(
        sql: "INSERT INTO _terminal (serial, adopted_ms) VALUES (?, ?) ON CONFLICT DO NOTHING",
        arguments: [serial.text, now.milliseconds])
    }
  }

  /// - Returns: whether it was adopted.
  package func release(_ serial: TerminalSerial) async throws -> Bool {
    try await store.write { transaction in
      try transaction.database.execute(sql: "DELETE FROM _terminal WHERE serial = ?", arguments: [serial.text])
      return transaction.database.changesCount > 0
    }
  }

  /// Since when each is.
  package func adopted() async throws -> [TerminalSerial: Timestamp] {
    try await store.read { database in
      let rows = try RawStatement(database, "SELECT serial, adopted_ms FROM _terminal")
      var adopted: [TerminalSerial: Timestamp] = [:]
      while try rows.step() {
        guard let serial = rows.text(0).flatMap(TerminalSerial.init) else { continue }
        adopted[serial] = Timestamp(milliseconds: rows.integer(1))
      }
      return adopted
    }
  }
}

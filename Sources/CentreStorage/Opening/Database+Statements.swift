import Datasets
import GRDB
import Storage
import Wire

/// A value on its way into a statement.
enum StoredValue {
  case integer(Int64)
  case text(String)
  case blob([UInt8])
  case null

  static func optional(_ value: Int64?) -> StoredValue { value.map { .integer($0) } ?? .null }
  static func optional(_ value: String?) -> StoredValue { value.map { .text($0) } ?? .null }
}

extension RawStatement {
  func bind(_ values: [StoredValue]) {
    for (index, value) in values.enumerated() {
      let place = Int32(clamping: index + 1)
      switch value {
      case .integer(let number): bind(number, at: place)
      case .text(let text): bind(text, at: place)
      case .blob(let bytes): bind(blob: bytes, at: place)
      case .null: bindNull(at: place)
      }
    }
  }

  func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }

  /// Counters and positions are stored as they are; a negative one can only come from damage.
  func unsigned(_ column: Int32) -> UInt64 { UInt64(clamping: integer(column)) }

  func sequence(_ column: Int32) -> Datasets.Sequence { Datasets.Sequence(unsigned(column)) ?? .max }

  func timestamp(_ column: Int32) -> Timestamp { Timestamp(milliseconds: integer(column)) }

  func optionalTimestamp(_ column: Int32) -> Timestamp? { isNull(column) ? nil : timestamp(column) }

  func hash(_ column: Int32) throws -> Hash256 {
    guard let hash = Hash256(blob(column)) else { throw StoreError.damaged("a chain head") }
    return hash
  }

  func node(_ column: Int32) throws -> NodeName {
    guard let node = text(column).flatMap({ NodeName($0) }) else { throw StoreError.damaged("a node's name") }
    return node
  }

  func dataset(_ column: Int32) throws -> DatasetName {
    guard let name = text(column).flatMap({ DatasetName($0) }) else {
      throw StoreError.damaged("a dataset's name")
    }
    return name
  }

  func recordID(_ column: Int32) throws -> RecordID {
    guard let id = RecordID(bytes: blob(column)) else { throw StoreError.damaged("a record's id") }
    return id
  }

  /// Generation and random part, which are stored as SQLite's signed integers.
  func incarnation(_ column: Int32) -> Incarnation {
    Incarnation(
      generation: UInt64(bitPattern: integer(column)), random: UInt64(bitPattern: integer(column + 1)))
  }
}

extension Incarnation {
  var stored: (generation: StoredValue, random: StoredValue) {
    (.integer(Int64(bitPattern: generation)), .integer(Int64(bitPattern: random)))
  }
}

extension Datasets.Sequence {
  var stored: StoredValue { .integer(Int64(clamping: value)) }
}

extension Database {
  /// Runs a statement that gives no rows.
  @discardableResult
  func run(_ sql: String, _ values: [StoredValue] = []) throws -> Int {
    let statement = try RawStatement(self, sql)
    statement.bind(values)
    return try statement.run()
  }

  func rows<Element>(
    _ sql: String, _ values: [StoredValue] = [], _ map: (borrowing RawStatement) throws -> Element
  ) throws -> [Element] {
    let statement = try RawStatement(self, sql)
    statement.bind(values)
    var elements: [Element] = []
    while try statement.step() { elements.append(try map(statement)) }
    return elements
  }

  func first<Element>(
    _ sql: String, _ values: [StoredValue] = [], _ map: (borrowing RawStatement) throws -> Element
  ) throws -> Element? {
    let statement = try RawStatement(self, sql)
    statement.bind(values)
    return try statement.step() ? try map(statement) : nil
  }

  func integer(_ sql: String, _ values: [StoredValue] = []) throws -> Int64? {
    try first(sql, values) { $0.optionalInteger(0) } ?? nil
  }

  /// The feed's newest position in this snapshot.
  func feedPosition() throws -> UInt64 {
    UInt64(clamping: try integer("SELECT value FROM counter WHERE name = 'position'") ?? 0)
  }
}

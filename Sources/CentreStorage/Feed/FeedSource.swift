import Datasets
import GRDB
import Replication
import Storage
import Wire

/// One index walked in the order of feed positions, on behalf of one reader.
class FeedSource {
  let statement: PreparedStatement
  /// Of the row that the statement stands on; nil at the end.
  private(set) var position: UInt64?

  init(_ statement: PreparedStatement) throws {
    self.statement = statement
    try advance()
  }

  final func advance() throws { position = try next() }

  /// Steps to the next row.
  ///
  /// - Returns: its position; nil at the end.
  func next() throws -> UInt64? { try statement.raw.step() ? statement.raw.unsigned(0) : nil }

  /// Puts the present row on the page, if it concerns the reader.
  ///
  /// - Returns: false when the page has no room for it.
  func deliver(to page: inout FeedPageBuilder) throws -> Bool { true }
}

/// States and retractions of one record dataset, over an index that holds all that decides.
final class RecordSource: FeedSource {
  static let sql = """
    SELECT position, row, scope, hidden, moved FROM record INDEXED BY record_feed
    WHERE dataset = ? AND position > ? ORDER BY position
    """
  static let stateSQL = "SELECT \(CheckedTable.record.columns) FROM record WHERE row = ?"
  static let departureSQL = "SELECT scope, position FROM departure WHERE dataset = ? AND record = ?"

  private let definition: DatasetDefinition
  private let scope: FeedScope
  /// Regions to which the reader is limited; nil when some rule is not.
  private let regions: [String]?
  private let since: UInt64
  private let find: PreparedStatement
  private let departures: PreparedStatement

  init(_ database: Database, _ definition: DatasetDefinition, read: Access, since: UInt64) throws {
    self.definition = definition
    scope = FeedScope(definition: definition, read: read)
    let limits = read.grants.map(\.region?.text)
    regions = limits.contains(nil) ? nil : limits.compactMap { $0 }
    self.since = since
    find = try PreparedStatement(database, Self.stateSQL)
    departures = try PreparedStatement(database, Self.departureSQL)
    departures.raw.bind(definition.name.text, at: 1)
    let statement = try PreparedStatement(database, Self.sql)
    statement.raw.bind([.text(definition.name.text), .integer(Int64(clamping: since))])
    try super.init(statement)
  }

  override func deliver(to page: inout FeedPageBuilder) throws -> Bool {
    let region = statement.raw.text(2)
    let hasMoved = statement.raw.integer(4) != 0
    if let regions, !hasMoved, !regions.contains(where: { region?.hasPrefix($0) ?? false }) { return true }
    find.raw.bind(statement.raw.integer(1), at: 1)
    defer { find.raw.reset() }
    guard try find.raw.step() else { return true }
    // A damaged one goes out once it was made anew: under a new position. What decides who gets it is checked with it.
    guard let bytes = CheckedTable.record.soundBody(find.raw, noting: page.damage) else { return true }
    let id = try find.raw.recordID(3)
    let delivery = scope.delivery(
      scope: find.raw.text(4).flatMap { RegionCode($0) }, isHidden: find.raw.integer(5) != 0,
      departures: find.raw.integer(6) != 0 ? try departures(of: id) : [], since: since)
    switch delivery {
    case .nothing: return true
    case .retraction: return page.add(.retraction(id), to: definition.name)
    case .state(fields: nil): return page.add(.state(id, bytes), to: definition.name)
    case .state(let fields):
      var registry = try page.registry(of: definition.name)
      let state: RecordState
      do throws(WireError) {
        state = try RecordState(bytes: bytes, registry: registry)
      } catch {
        throw StoreError.damaged("the state of a record")
      }
      let visible = scope.visible(state, fields: fields).bytes(registry: &registry)
      return page.add(.state(id, visible), to: definition.name)
    }
  }

  private func departures(of id: RecordID) throws -> [FeedScope.Departure] {
    departures.raw.bind(blob: id.bytes, at: 2)
    defer { departures.raw.reset() }
    var found: [FeedScope.Departure] = []
    while try departures.raw.step() {
      found.append(
        FeedScope.Departure(
          scope: departures.raw.text(0).flatMap { RegionCode($0) }, position: departures.raw.unsigned(1)))
    }
    return found
  }
}

/// Retractions for one node alone: creations of its own that the centre did not take.
final class RetractionSource: FeedSource {
  static let sql = """
    SELECT position, record FROM retraction INDEXED BY retraction_feed
    WHERE node = ? AND dataset = ? AND position > ? ORDER BY position
    """

  private let dataset: DatasetName

  init(_ database: Database, _ dataset: DatasetName, node: NodeName, since: UInt64) throws {
    self.dataset = dataset
    let statement = try PreparedStatement(database, Self.sql)
    statement.raw.bind([.text(node.text), .text(dataset.text), .integer(Int64(clamping: since))])
    try super.init(statement)
  }

  override func deliver(to page: inout FeedPageBuilder) throws -> Bool {
    page.add(.retraction(try statement.raw.recordID(1)), to: dataset)
  }
}

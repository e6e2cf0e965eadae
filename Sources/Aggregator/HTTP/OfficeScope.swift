import CentreStorage
import Datasets
import HTTPServing
import Replication
import Settings
import Wire

/// What a caller who is limited to one office may see of the centre's data: what that office's own copy may hold.
struct OfficeScope: Sendable {
  let node: NodeName
  /// Nil for an office that is no more: it may see nothing but what it recorded itself.
  private let profile: NodeProfile?

  init(_ node: NodeName, fleet: FleetDirectory) {
    self.node = node
    profile = fleet.profile(of: node)
  }

  private func access(_ rules: [AccessRule]) -> Access {
    profile.map { Access(rules: rules, profile: $0) } ?? .nothing
  }

  /// Whether the office reads or writes anything of a dataset.
  func concerns(_ definition: DatasetDefinition) -> Bool {
    !access(definition.read).isEmpty || !access(definition.write).isEmpty
  }

  // MARK: Records

  /// The office's part of a record; nil when it may not read it, and for one that is deleted or merged: its copy is told
  /// that there is none.
  func part(of entry: RecordEntry, _ definition: DatasetDefinition) -> RecordEntry? {
    if entry.shown.isHidden { return nil }
    return entry.visible(to: FeedScope(definition: definition, read: access(definition.read)))
  }

  /// Whether the office may read the field that a conflict is about.
  func shows(_ entry: ConflictEntry, _ definition: DatasetDefinition) -> Bool {
    shows(entry.field, of: definition, scope: entry.scope)
  }

  /// A pair of which the office may read both records, wholly: how alike they are is found with all fields.
  func part(of entry: DuplicateEntry, _ definition: DatasetDefinition) -> DuplicateEntry? {
    let read = access(definition.read)
    let parts = entry.records.compactMap { part(of: $0, definition) }
    guard parts.count == entry.records.count, parts.allSatisfy({ read.fields(scope: $0.scope) == nil }) else {
      return nil
    }
    return DuplicateEntry(
      pair: entry.pair, match: entry.match, state: entry.state, found: entry.found, decided: entry.decided,
      decision: entry.decision, records: parts)
  }

  /// What a change wrote of the fields that the office may read of this record; nil for nothing, and for one of another
  /// office that is held: no copy has it.
  func part(of entry: HistoryEntry, in record: RecordEntry, _ definition: DatasetDefinition) -> Change? {
    if case .held = entry.fate, entry.dot.author.node != node { return nil }
    var part = entry.change
    part.edits = entry.change.edits.filter { shows($0.field, of: definition, scope: record.scope) }
    if part.edits.isEmpty, !entry.change.edits.isEmpty { return nil }
    if access(definition.read).fields(scope: record.scope) != nil {
      // Free text about the whole of it.
      part.reason = nil
      part.source = nil
    }
    return part
  }

  private func shows(_ field: FieldName, of definition: DatasetDefinition, scope: RegionCode?) -> Bool {
    let read = access(definition.read)
    guard read.includes(scope: scope) else { return false }
    guard let fields = read.fields(scope: scope) else { return true }
    // What always goes along in a feed (`FeedScope.visible`).
    return fields.contains(field) || field.isReserved || field == definition.scope
  }

  // MARK: Events and samples

  /// What the office recorded itself, and of others what a read rule gives it.
  func part(of entry: OccurrenceEntry, _ definition: DatasetDefinition) -> OccurrenceEntry? {
    if entry.node == node { return entry }
    let read = access(definition.read)
    guard read.includes(scope: nil) else { return nil }
    guard let fields = read.fields(scope: nil) else { return entry }
    return entry.limited(to: fields.union(definition.key))
  }
}

extension CentreRoutes {
  /// Nil for a caller who is limited to no office.
  func officeScope(_ call: HTTPCall) -> OfficeScope? {
    call.caller.office.map { OfficeScope($0, fleet: context.fleet()) }
  }

  /// What the caller may see of an element: all of it, unless they are limited to an office.
  func part<Element>(
    for call: HTTPCall, of element: Element, _ part: (OfficeScope) -> Element?
  ) -> Element? {
    guard let office = officeScope(call) else { return element }
    return part(office)
  }

  // MARK: Cursors

  /// Where a caller's page begins; nil when they do not say.
  func cursor<Cursor>(_ call: HTTPCall, _ read: (PageCursor) -> Cursor?) throws -> Cursor? {
    guard call.caller.office != nil else { return try call.cursor(read) }
    guard let name = call.query("cursor") else { return nil }
    guard let cursor = context.cursors.cursor(named: name).flatMap({ PageCursor($0) }).flatMap(read) else {
      throw HTTPProblem.unknownCursor(call.language)
    }
    return cursor
  }

  /// Where the next page begins, as the caller gets it.
  ///
  /// For one who is limited to an office it is a name: the place itself may be a record of another one.
  func next(_ cursor: PageCursor?, _ call: HTTPCall) -> String? {
    guard let text = cursor?.text else { return nil }
    return call.caller.office == nil ? text : context.cursors.name(of: text)
  }
}

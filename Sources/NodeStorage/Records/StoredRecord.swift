import Datasets
import GRDB
import Replication
import Storage
import Wire

/// A record's row as it lies on the disk: encoded, and checked only when it is decoded.
struct StoredRecord: Sendable {
  /// Where the base is: what the feed said, under the node's own edits.
  enum BaseKind: Int64, Sendable {
    /// The feed never spoke of the record or has retracted it.
    case none = 0
    /// The base is the state: no own edit lies over it.
    case state = 1
    case column = 2
  }

  let row: Int64
  let id: RecordID
  let stamp: Int64
  let baseKind: BaseKind
  let state: [UInt8]
  let base: [UInt8]?
  let own: [UInt8]?
  let isSound: Bool

  static let columns = "row, id, stamp, base_kind, checksum, state, base, own"

  init?(_ statement: borrowing RawStatement) {
    guard let id = RecordID(bytes: statement.blob(1)) else { return nil }
    self.id = id
    row = statement.integer(0)
    stamp = statement.integer(2)
    let kind = BaseKind(rawValue: statement.integer(3))
    baseKind = kind ?? .none
    state = statement.blob(5)
    base = statement.isNull(6) ? nil : statement.blob(6)
    own = statement.isNull(7) ? nil : statement.blob(7)
    let checksum = StoredChecksum.record(id: id, state: state, base: base, own: own)
    isSound = kind != nil && checksum == UInt64(bitPattern: statement.integer(4))
  }

  func copy(_ registry: FieldRegistry) throws(StoreError) -> CopyRecord {
    guard isSound else { throw .damagedRecord }
    do {
      let state = try RecordState(bytes: state, registry: registry)
      let base: RecordState? =
        switch baseKind {
        case .none: nil
        case .state: state
        case .column:
          try base.map { bytes throws(WireError) in try RecordState(bytes: bytes, registry: registry) }
        }
      return CopyRecord(state: state, base: base, own: try ownEdits(registry))
    } catch {
      throw StoreError(.damaged, StoreError.damagedRecord.message, cause: error)
    }
  }

  private func ownEdits(_ registry: FieldRegistry) throws(WireError) -> OwnEdits {
    guard let own else { return .none }
    return try OwnEdits(bytes: own, registry: registry)
  }
}

extension StoreError {
  static let damagedRecord = StoreError(
    .damaged,
    "What the store holds of this record does not match its checksum; it is fetched again from the centre.")
}

/// A record as it is to be written: encoded, with the columns that people see.
struct EncodedRecord: Sendable {
  let id: RecordID
  var stamp: Int64
  let baseKind: StoredRecord.BaseKind
  let state: [UInt8]
  let base: [UInt8]?
  let own: [UInt8]?
  let checksum: UInt64
  let image: RecordImage
  /// No state and nothing of its own to remember: the row goes.
  let isVoid: Bool

  /// - Parameters:
  ///   - registry: has a number for every field in it.
  ///   - stateBytes: the state's bytes when they are known already.
  init(
    _ copy: CopyRecord, id: RecordID, stamp: Int64, definition: DatasetDefinition, registry: FieldRegistry,
    stateBytes: [UInt8]? = nil
  ) {
    var registry = registry
    self.id = id
    self.stamp = stamp
    state = stateBytes ?? copy.state.bytes(registry: &registry)
    if let base = copy.base {
      let isState = stateBytes != nil || base == copy.state
      baseKind = isState ? .state : .column
      self.base = isState ? nil : base.bytes(registry: &registry)
    } else {
      baseKind = .none
      base = nil
    }
    own = copy.own.isEmpty ? nil : copy.own.bytes(registry: &registry)
    checksum = StoredChecksum.record(id: id, state: state, base: base, own: own)
    image = RecordImage(copy.state, definition: definition)
    isVoid = copy.state.isEmpty && copy.base == nil && copy.own.isEmpty
  }
}

/// What of a record stands in its typed table and among the conflicts.
struct RecordImage: Sendable {
  /// Not in the typed table.
  let isHidden: Bool
  /// Sorted by name.
  let fields: [(name: FieldName, value: Value)]
  let conflicts: [(name: FieldName, state: ConflictState)]

  init(_ state: RecordState, definition: DatasetDefinition) {
    let shown = ShownRecord(state, definition: definition)
    isHidden = shown.isHidden || state.isEmpty
    fields = shown.fields
    conflicts = shown.conflicts
  }
}

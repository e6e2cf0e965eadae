import Datasets
import Wire

/// A definition of events or samples compiled for entries that are read without making a value of each field.
struct OccurrencePlan: Sendable {
  /// What the bytes of one field must be like for the fast path; anything else is judged by `EntryJudge`.
  enum Check: Sendable {
    case text(lengthMax: Int)
    case integer(ClosedRange<Int64>)
    case decimal(ClosedRange<Double>)
    case boolean
    case date
    case instant
    case codes([[UInt8]])
    /// Types that are rare in events: always judged by value.
    case general
  }

  struct Column: Sendable {
    let check: Check
    /// Where the statement binds it.
    let place: Int32
    /// Null is missing where the field is required or part of the key.
    let mayBeNull: Bool
    /// Its place in the natural key.
    let keyIndex: Int?
  }

  let columns: [FieldName: Column]
  /// Places that an entry must fill.
  let neededPlaces: Set<Int32>
  let keyCount: Int
  let columnCount: Int32
  let nodePlace: Int32
  let incarnationPlace: Int32
  let sequencePlace: Int32
  let effectivePlace: Int32
  let suspectPlace: Int32
  let extraPlace: Int32
  /// The dataset's name as the digest hashes it before the key.
  let digestPrefix: [UInt8]

  init(_ definition: DatasetDefinition, places: [FieldName: Int32], columnCount: Int32) {
    var columns: [FieldName: Column] = [:]
    var needed: Set<Int32> = []
    for field in definition.fields {
      guard let place = places[field.name] else { continue }
      let keyIndex = definition.key.firstIndex(of: field.name)
      let mayBeNull = keyIndex == nil && !field.isRequired
      columns[field.name] = Column(
        check: Check(field.type), place: place, mayBeNull: mayBeNull, keyIndex: keyIndex)
      if !mayBeNull { needed.insert(place) }
    }
    self.columns = columns
    neededPlaces = needed
    keyCount = definition.key.count
    self.columnCount = columnCount
    // The store's own columns are the last six, in `InstalledDataset.occurrenceColumns`' order.
    nodePlace = columnCount - 5
    incarnationPlace = columnCount - 4
    sequencePlace = columnCount - 3
    effectivePlace = columnCount - 2
    suspectPlace = columnCount - 1
    extraPlace = columnCount
    var writer = ByteWriter(capacity: 50)
    writer.dataset(definition.name)
    digestPrefix = writer.bytes
  }
}

extension OccurrencePlan.Check {
  /// Beyond this many codes a set lookup by value is the faster one.
  private static let codesMax = 40

  init(_ type: FieldType) {
    switch type {
    case .text(let lengthMax): self = .text(lengthMax: lengthMax)
    case .integer(let minimum, let maximum):
      let (low, high) = (minimum ?? .min, maximum ?? .max)
      self = low <= high ? .integer(low...high) : .general
    case .decimal(let minimum, let maximum):
      let (low, high) = (minimum ?? -.infinity, maximum ?? .infinity)
      self = low <= high ? .decimal(low...high) : .general
    case .boolean: self = .boolean
    case .date: self = .date
    case .instant: self = .instant
    case .code(let table) where table.codes.count <= Self.codesMax:
      self = .codes(table.codes.map { Array($0.code.utf8) })
    case .code, .list, .nik, .kk, .nip, .region, .phone: self = .general
    }
  }
}

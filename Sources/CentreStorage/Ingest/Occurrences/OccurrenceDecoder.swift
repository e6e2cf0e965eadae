import Datasets
import Replication
import Storage
import Wire

/// Binds entries of the common shape straight from a batch's bytes into a prepared insertion.
///
/// It accepts only what `EntryJudge` would accept and stores what `TypedTable.bind` would store; whatever it
/// does not recognise at once it leaves to them. Bound texts point into the batch: the statement runs before
/// the batch goes.
final class OccurrenceDecoder {
  /// What of an accepted entry the caller needs.
  struct Bound {
    let effective: Int64
    let isSuspect: Bool
    let digest: DigestSum
  }

  private let plan: OccurrencePlan
  /// A sure time above this is left to the judge.
  private let latest: Int64
  private var shape: [UInt8] = []
  private var shapeColumns: [OccurrencePlan.Column] = []
  private var isShapeBound = false
  private var writer = InstantWriter()
  /// Where each key value's bytes lie in the entry.
  private var keyRanges: [Range<Int>]
  /// Texts that are made here, one slot per place.
  private let scratch: UnsafeMutableRawBufferPointer
  private var key: [UInt8]

  init(_ plan: OccurrencePlan, now: Timestamp, clockLimitMilliseconds: Int64) {
    self.plan = plan
    latest = now.advanced(byMilliseconds: clockLimitMilliseconds).milliseconds
    keyRanges = Array(repeating: 0..<0, count: plan.keyCount)
    scratch = .allocate(byteCount: Int(plan.columnCount + 1) * InstantWriter.countMax, alignment: 8)
    key = plan.digestPrefix
    key.reserveCapacity(256)
  }

  deinit { scratch.deallocate() }

  /// Forgets what stands in the statement: something else was bound there.
  func statementChanged() { isShapeBound = false }

  /// - Returns: nil when the entry is not of the common form; the statement is then half bound.
  func bind(_ entry: UnsafeRawBufferPointer, to statement: borrowing RawStatement) -> Bound? {
    var cursor = RawCursor(entry)
    guard cursor.byte() == Entry.Kind.occurrence.rawValue, let suspicion = cursor.byte(),
      let effective = cursor.zigzag(), let wall = cursor.zigzag(), cursor.varint() != nil,
      cursor.varint() != nil,
      Self.isTime(effective),
      Self.isTime(Timestamp(milliseconds: effective).advanced(byMilliseconds: wall).milliseconds),
      suspicion != 0 || effective <= latest,
      let count = cursor.varint(), let names = cursor.lengthPrefixed()
    else { return nil }
    if !isShapeBound || !names.isEqual(to: shape) {
      guard learn(names, statement) else { return nil }
    }
    guard count == UInt64(shapeColumns.count) else { return nil }
    for column in shapeColumns {
      let start = cursor.offset
      guard bind(column, from: &cursor, to: statement) else { return nil }
      if let index = column.keyIndex { keyRanges[index] = start..<cursor.offset }
    }
    guard cursor.isAtEnd else { return nil }
    statement.bind(effective, at: plan.effectivePlace)
    statement.bind(suspicion == 0 ? 0 : 1 as Int64, at: plan.suspectPlace)
    return Bound(effective: effective, isSuspect: suspicion != 0, digest: digest(of: entry))
  }

  private func digest(of entry: UnsafeRawBufferPointer) -> DigestSum {
    key.removeSubrange(plan.digestPrefix.count...)
    for range in keyRanges { key.append(contentsOf: UnsafeRawBufferPointer(rebasing: entry[range])) }
    return key.withUnsafeBytes { OccurrenceDigest.of(encoded: $0) }
  }

  /// Takes a shape whose names are all declared, once each, with all that an entry must have.
  private func learn(_ names: UnsafeRawBufferPointer, _ statement: borrowing RawStatement) -> Bool {
    isShapeBound = false
    var cursor = RawCursor(names)
    var columns: [OccurrencePlan.Column] = []
    var places: Set<Int32> = []
    while !cursor.isAtEnd {
      guard let text = cursor.lengthPrefixed(), let name = FieldName(String(decoding: text, as: UTF8.self)),
        let column = plan.columns[name], places.insert(column.place).inserted
      else { return false }
      columns.append(column)
    }
    guard plan.neededPlaces.isSubset(of: places) else { return false }
    // What this shape does not fill is null until another is learnt; the store's own columns are bound
    // elsewhere.
    for place in 1..<plan.nodePlace { statement.bindNull(at: place) }
    statement.bindNull(at: plan.extraPlace)
    shapeColumns = columns
    shape = Array(names)
    isShapeBound = true
    return true
  }

  @inline(__always)
  private func bind(
    _ column: OccurrencePlan.Column, from cursor: inout RawCursor, to statement: borrowing RawStatement
  ) -> Bool {
    guard let tag = cursor.byte() else { return false }
    if tag == ValueTag.null.rawValue {
      guard column.mayBeNull else { return false }
      statement.bindNull(at: column.place)
      return true
    }
    switch column.check {
    case .text(let lengthMax):
      guard tag == ValueTag.text.rawValue, let text = cursor.lengthPrefixed(), Self.fits(text, lengthMax)
      else {
        return false
      }
      statement.bindText(text, at: column.place)
    case .codes(let codes):
      guard tag == ValueTag.text.rawValue, let text = cursor.lengthPrefixed(),
        codes.contains(where: { text.isEqual(to: $0) })
      else { return false }
      statement.bindText(text, at: column.place)
    case .integer(let range):
      guard tag == ValueTag.integer.rawValue, let number = cursor.zigzag(), range.contains(number) else {
        return false
      }
      statement.bind(number, at: column.place)
    case .boolean:
      guard tag == ValueTag.yes.rawValue || tag == ValueTag.no.rawValue else { return false }
      statement.bind(tag == ValueTag.yes.rawValue ? 1 : 0 as Int64, at: column.place)
    case .decimal(let range):
      guard tag == ValueTag.decimal.rawValue, let text = cursor.lengthPrefixed(),
        let number = SimpleDecimal.value(text), range.contains(number)
      else { return false }
      statement.bindText(text, at: column.place)
    case .instant:
      return tag == ValueTag.instant.rawValue && bindInstant(column, from: &cursor, to: statement)
    case .date: return tag == ValueTag.date.rawValue && bindDate(column, from: &cursor, to: statement)
    case .general: return false
    }
    return true
  }

  /// `ByteReader.timestamp`'s bounds.
  private static func isTime(_ milliseconds: Int64) -> Bool {
    milliseconds.magnitude <= UInt64(Limits.timestampMillisecondsMax)
  }

  private static func fits(_ text: UnsafeRawBufferPointer, _ lengthMax: Int) -> Bool {
    if text.isASCII { return text.count <= lengthMax && text.count <= Limits.textBytesMax }
    guard text.count <= Limits.textBytesMax, let string = String(validating: text, as: UTF8.self) else {
      return false
    }
    return string.unicodeScalars.count <= lengthMax
  }

  private func bindInstant(
    _ column: OccurrencePlan.Column, from cursor: inout RawCursor, to statement: borrowing RawStatement
  ) -> Bool {
    guard let seconds = cursor.zigzag(), let milliseconds = cursor.varint(), let offset = cursor.zigzag(),
      milliseconds < 1000, offset > -1440, offset < 1440,
      column.keyIndex == nil || offset == Int64(ZonedInstant.witaOffsetMinutes),
      seconds.magnitude < UInt64(Limits.timestampMillisecondsMax / 1000),
      let slot = slot(column.place),
      let count = writer.write(
        seconds: seconds, milliseconds: Int64(milliseconds), offset: offset, to: slot)
    else { return false }
    statement.bindText(UnsafeRawBufferPointer(start: slot, count: count), at: column.place)
    return true
  }

  private func bindDate(
    _ column: OccurrencePlan.Column, from cursor: inout RawCursor, to statement: borrowing RawStatement
  ) -> Bool {
    guard let day = cursor.zigzag(), let slot = slot(column.place),
      let count = writer.write(day: day, to: slot)
    else {
      return false
    }
    statement.bindText(UnsafeRawBufferPointer(start: slot, count: count), at: column.place)
    return true
  }

  private func slot(_ place: Int32) -> UnsafeMutableRawPointer? {
    scratch.baseAddress?.advanced(by: Int(place) * InstantWriter.countMax)
  }
}

/// Canonical decimals of up to fifteen digits, `-12.5`, with their exact value; others are left to the judge.
enum SimpleDecimal {
  private static let powers: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
  ]
  private static let zero = UInt8(ascii: "0")

  static func value(_ text: UnsafeRawBufferPointer) -> Double? {
    let isNegative = text.first == UInt8(ascii: "-")
    let start = isNegative ? 1 : 0
    var mantissa: Int64 = 0
    var digits = 0
    var point: Int?
    for index in start..<max(start, text.count) {
      let byte = text[index]
      if byte >= zero, byte <= zero + 9 {
        mantissa = mantissa * 10 + Int64(byte - zero)
        digits += 1
        // Fifteen digits and powers of ten up to 10^15 are exact doubles, so their quotient is rounded only
        // once.
        guard digits <= 15 else { return nil }
      } else if byte == UInt8(ascii: "."), point == nil, digits > 0 {
        point = digits
      } else {
        return nil
      }
    }
    let whole = point ?? digits
    guard digits > 0, whole < digits || point == nil, mantissa != 0 || text.count == 1 else { return nil }
    // `DecimalText`: no superfluous zeros at either end.
    if whole > 1, text[start] == zero { return nil }
    if point != nil, text[text.count - 1] == zero { return nil }
    let value = Double(mantissa) / powers[digits - whole]
    return isNegative ? -value : value
  }
}

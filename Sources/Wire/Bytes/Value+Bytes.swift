package import Datasets

/// The first byte of an encoded value. New kinds get new numbers; none is ever used again.
package enum ValueTag: UInt8, Sendable {
  case null = 0
  case no = 1
  case yes = 2
  case integer = 3
  case decimal = 4
  case text = 5
  case date = 6
  case instant = 7
  case list = 8
}

extension ByteWriter {
  package mutating func value(_ value: Value) {
    switch value {
    case .null: byte(ValueTag.null.rawValue)
    case .boolean(let flag): byte(flag ? ValueTag.yes.rawValue : ValueTag.no.rawValue)
    case .integer(let number):
      byte(ValueTag.integer.rawValue)
      zigzag(number)
    case .decimal(let text):
      byte(ValueTag.decimal.rawValue)
      self.text(text)
    case .text(let text):
      byte(ValueTag.text.rawValue)
      self.text(text)
    case .date(let date):
      byte(ValueTag.date.rawValue)
      zigzag(date.daysSinceEpoch)
    case .instant(let instant):
      byte(ValueTag.instant.rawValue)
      // Seconds and milliseconds apart: whole seconds, the rule in this domain, compress far better so.
      let (seconds, rest) = instant.timestamp.milliseconds.quotientAndRemainder(dividingBy: 1000)
      zigzag(rest < 0 ? seconds - 1 : seconds)
      varint(UInt64(rest < 0 ? rest + 1000 : rest))
      zigzag(Int64(instant.offsetMinutes))
    case .list(let elements):
      byte(ValueTag.list.rawValue)
      list(elements) { $0.text($1) }
    }
  }
}

extension ByteReader {
  package mutating func value() throws(WireError) -> Value {
    let tag = try byte("value")
    switch ValueTag(rawValue: tag) {
    case .null: return .null
    case .no: return .boolean(false)
    case .yes: return .boolean(true)
    case .integer: return .integer(try zigzag("integer"))
    case .decimal: return .decimal(try decimal())
    case .text: return .text(try text("text", limit: Limits.textBytesMax))
    case .date: return .date(CalendarDate(daysSinceEpoch: try zigzag("date")))
    case .instant: return .instant(try zonedInstant())
    case .list: return .list(try sortedTexts())
    case nil: throw .unknownKind(what: "value", value: UInt64(tag))
    }
  }

  package mutating func zonedInstant() throws(WireError) -> ZonedInstant {
    let seconds = try zigzag("instant")
    let milliseconds = try varint("instant")
    let offset = try zigzag("offset")
    guard milliseconds < 1000, offset > -1440, offset < 1440,
      seconds.magnitude < UInt64(Limits.timestampMillisecondsMax / 1000)
    else { throw .malformed(what: "instant") }
    return ZonedInstant(
      timestamp: Timestamp(milliseconds: seconds * 1000 + Int64(milliseconds)), offsetMinutes: Int(offset))
  }

  /// Canonical, as `Value.list` promises: equal sets have equal bytes, and only then equal digests.
  private mutating func sortedTexts() throws(WireError) -> [String] {
    let elements = try list("list", limit: Limits.listElementsMax) { reader throws(WireError) in
      try reader.text("list element", limit: Limits.textBytesMax)
    }
    let isSorted = zip(elements, elements.dropFirst()).allSatisfy {
      $0.utf8.lexicographicallyPrecedes($1.utf8)
    }
    guard isSorted else { throw .malformed(what: "list") }
    return elements
  }

  /// Canonical, as `DecimalText` writes it: no exponent, no superfluous zeros, no minus before zero.
  private mutating func decimal() throws(WireError) -> String {
    let text = try text("decimal", limit: 2 * DecimalText.digitsMax + 3)
    guard DecimalText.canonical(text) == text else { throw .malformed(what: "decimal") }
    return text
  }
}

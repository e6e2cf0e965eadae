package import Datasets

/// An event or sample: its fields in a fixed order of names.
package struct Occurrence: Sendable, Equatable {
  /// Sorted as the dataset declares them, so that streams of one shape compress and decode fast.
  package let fields: [FieldValue]

  package struct FieldValue: Sendable, Equatable {
    package let name: FieldName
    package let value: Value

    package init(name: FieldName, value: Value) {
      self.name = name
      self.value = value
    }
  }

  package init(fields: [FieldValue]) { self.fields = fields }

  package subscript(name: FieldName) -> Value? { fields.first { $0.name == name }?.value }
}

extension Occurrence {
  /// The names, length first (the shape), then the values: a reader that knows the shape compares bytes and goes on.
  package var bytes: [UInt8] {
    var shape = ByteWriter(capacity: 64)
    for field in fields { shape.text(field.name.text) }
    var writer = ByteWriter(capacity: 128)
    writer.varint(fields.count)
    writer.lengthPrefixed(shape.bytes)
    for field in fields { writer.value(field.value) }
    return writer.bytes
  }

  package init(from reader: inout ByteReader) throws(WireError) {
    let count = try reader.count("fields", limit: Limits.fieldsMax)
    let shapeLength = try reader.count("shape", limit: Limits.fieldsMax * 50)
    let shapeEnd = reader.offset + shapeLength
    var names: [FieldName] = []
    for _ in 0..<count { names.append(try reader.fieldName()) }
    guard reader.offset == shapeEnd else { throw .malformed(what: "shape") }
    var fields: [FieldValue] = []
    fields.reserveCapacity(count)
    for name in names { fields.append(FieldValue(name: name, value: try reader.value())) }
    try reader.expectEnd()
    guard Set(names).count == names.count else { throw .malformed(what: "shape") }
    self.fields = fields
  }
}

/// One entry of a stream as it is chained and sent.
package enum Entry: Sendable, Equatable {
  case occurrence(Seal, Occurrence)
  case change(Seal, Change)
  case gap(Gap)

  /// The first byte of an entry.
  package enum Kind: UInt8, Sendable {
    case occurrence = 1
    case change = 2
    case gap = 3
  }

  /// A sealed entry's bytes: kind, seal, and the body that was fixed when it was recorded.
  package static func bytes(kind: Kind, seal: Seal, body: some Collection<UInt8>) -> [UInt8] {
    var writer = ByteWriter(capacity: body.count + 24)
    writer.byte(kind.rawValue)
    writer.seal(seal)
    writer.raw(body)
    return writer.bytes
  }

  /// What a sealed entry's bytes say, without their seal.
  ///
  /// - Throws: also for a gap, which says nothing.
  package static func body(of bytes: [UInt8]) throws(WireError) -> (kind: Kind, body: ArraySlice<UInt8>) {
    var reader = ByteReader(bytes)
    let byte = try reader.byte("entry kind")
    guard let kind = Kind(rawValue: byte), kind != .gap else {
      throw .unknownKind(what: "entry kind", value: UInt64(byte))
    }
    _ = try reader.seal()
    return (kind, bytes[reader.offset...])
  }

  package var bytes: [UInt8] {
    switch self {
    case .occurrence(let seal, let occurrence):
      return Self.bytes(kind: .occurrence, seal: seal, body: occurrence.bytes)
    case .change(let seal, let change):
      return Self.bytes(kind: .change, seal: seal, body: change.bytes)
    case .gap(let gap):
      return [Kind.gap.rawValue] + gap.bytes
    }
  }

  package init(bytes: [UInt8]) throws(WireError) {
    try self.init(ByteReader(bytes))
  }

  /// Reads one entry that takes all of `reader`.
  package init(_ reader: ByteReader) throws(WireError) {
    var reader = reader
    let byte = try reader.byte("entry kind")
    switch Kind(rawValue: byte) {
    case .occurrence:
      let seal = try reader.seal()
      self = .occurrence(seal, try Occurrence(from: &reader))
    case .change:
      let seal = try reader.seal()
      self = .change(seal, try Change(from: &reader))
    case .gap:
      self = .gap(try Gap(from: &reader))
    case nil:
      throw .unknownKind(what: "entry kind", value: UInt64(byte))
    }
  }
}

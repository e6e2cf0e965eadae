package import Datasets

/// The numbers that stand for field names in encoded states; it only grows, so old states stay readable.
package struct FieldRegistry: Sendable, Equatable {
  package private(set) var names: [FieldName]
  private var numbers: [FieldName: Int]

  package init(_ names: [FieldName] = []) {
    self.names = names
    numbers = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The number of `name`, made if it has none.
  package mutating func number(of name: FieldName) -> Int {
    if let number = numbers[name] { return number }
    names.append(name)
    numbers[name] = names.count - 1
    return names.count - 1
  }

  package func name(at number: UInt64) throws(WireError) -> FieldName {
    guard number < UInt64(names.count) else { throw .malformed(what: "field number") }
    return names[Int(number)]
  }
}

extension ByteWriter {
  package mutating func registry(_ registry: FieldRegistry) {
    list(registry.names) { $0.text($1.text) }
  }
}

extension ByteReader {
  package mutating func registry() throws(WireError) -> FieldRegistry {
    FieldRegistry(
      try list("fields", limit: Limits.fieldsMax) { reader throws(WireError) in try reader.fieldName() })
  }
}

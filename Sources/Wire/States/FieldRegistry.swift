package import Datasets

/// The numbers that stand for field names in encoded states; it only grows, so old states stay readable.
package struct FieldRegistry: Sendable, Equatable {
  package private(set) var names: [FieldName]
  private var numbers: [FieldName: Int]
  /// The numbers in the order of the names, in which states ask for them: comparing with the next is cheaper than
  /// hashing.
  private var sorted: [Int]
  private var expected = 0

  package init(_ names: [FieldName] = []) {
    self.names = names
    numbers = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    sorted = names.indices.sorted { names[$0] < names[$1] }
  }

  package static func == (left: FieldRegistry, right: FieldRegistry) -> Bool { left.names == right.names }

  /// The number of `name`, made if it has none.
  package mutating func number(of name: FieldName) -> Int {
    if expected >= sorted.count { expected = 0 }
    if expected < sorted.count, names[sorted[expected]] == name {
      defer { expected += 1 }
      return sorted[expected]
    }
    if let number = numbers[name] {
      expected = place(of: name) + 1
      return number
    }
    names.append(name)
    numbers[name] = names.count - 1
    sorted.insert(names.count - 1, at: place(of: name))
    return names.count - 1
  }

  /// Where `name` stands among the sorted, or would stand.
  private func place(of name: FieldName) -> Int {
    var (low, high) = (0, sorted.count)
    while low < high {
      let middle = low + (high - low) / 2
      if names[sorted[middle]] < name { low = middle + 1 } else { high = middle }
    }
    return low
  }

  package func contains(_ name: FieldName) -> Bool { numbers[name] != nil }

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

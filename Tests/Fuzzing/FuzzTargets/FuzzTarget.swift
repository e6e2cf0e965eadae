/// A decoder, and what must hold of it for any bytes: it ends, it does not trap, and what it accepts is stable.
package struct FuzzTarget: Sendable {
  /// As its corpus' folder is named.
  package let name: String
  /// Whether the bytes were accepted.
  ///
  /// - Throws: `FuzzFinding` when something does not hold.
  package let run: @Sendable ([UInt8]) throws(FuzzFinding) -> Bool

  package init(_ name: String, run: @escaping @Sendable ([UInt8]) throws(FuzzFinding) -> Bool) {
    self.name = name
    self.run = run
  }

  /// Every decoder of bytes from outside.
  package static let all = wire + rows + documents
}

/// What does not hold of a decoder.
package struct FuzzFinding: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}

/// How far a terminal says that it has sent its punches: a number of its own, of which nothing but the order matters.
package struct TerminalStamp: Sendable, Equatable {
  package let text: String

  /// - Returns: nil for what is no number of 1 to 10 digits: it would be given back in a line of its own.
  package init?(_ text: String) {
    guard (1...10).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    self.text = text
  }

  /// Asks for everything.
  package static let beginning = TerminalStamp(unchecked: "0")
  /// Asks for what is new alone.
  package static let newOnly = TerminalStamp(unchecked: "9999")

  private init(unchecked text: String) { self.text = text }
}

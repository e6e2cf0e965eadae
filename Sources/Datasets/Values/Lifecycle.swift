/// The values of the field `lifecycle` (merge.md, "Delete and restore").
package enum Lifecycle: String, Sendable, CaseIterable {
  case present
  case deleted
  case alias

  package var value: Value { .text(rawValue) }

  package init?(_ value: Value) {
    guard case .text(let text) = value else { return nil }
    self.init(rawValue: text)
  }
}

package import Datasets
package import Wire

/// Whether a field's siblings need a person.
package enum ConflictState: String, Sendable, CaseIterable {
  /// One sibling, or several with one value.
  case none
  /// They differ, and the policy has the last word.
  case settled
  /// They differ until a change has seen them all.
  case open
}

/// How one field is merged for display: policy and the authorities' order.
package struct FieldRule: Sendable, Equatable {
  package let policy: MergePolicy
  /// Best first; the centre's own decisions come before all, the unlisted after all.
  package let authority: [NodeName]

  package init(policy: MergePolicy, authority: [NodeName]) {
    self.policy = policy
    self.authority = authority
  }

  /// `lifecycle` and `alias_of`: policy review without authorities (merge.md "Delete and restore").
  package static let lifecycle = FieldRule(policy: .review, authority: [])
  /// Fields that the definition does not know (yet): nothing is hidden, the last edit shows.
  package static let unknown = FieldRule(policy: .latest, authority: [])

  package func rank(of node: NodeName) -> Int {
    if node == .centre { return -1 }
    return authority.firstIndex(of: node) ?? Int.max
  }
}

extension DatasetDefinition {
  /// The rule for any field a record may have, declared or not.
  package func rule(for name: FieldName) -> FieldRule {
    if name.isReserved { return .lifecycle }
    guard let field = field(name) else { return .unknown }
    return FieldRule(policy: field.policy, authority: field.authority)
  }
}

extension FieldState {
  /// The value that people see; nil when the field was never written.
  package func shown(by rule: FieldRule) -> Value? {
    guard let first = siblings.first else { return nil }
    if siblings.count == 1 { return first.value }
    switch rule.policy {
    case .union:
      return union()
    case .authority, .review, .latest, .monotone:
      return best(by: rule)?.value
    }
  }

  /// The sibling whose value is shown; for a union, whose value is computed, the greatest one.
  package func best(by rule: FieldRule) -> Sibling? {
    guard case .monotone(let order) = rule.policy else { return siblings.max { precedes($0, $1, by: rule) } }
    func place(_ sibling: Sibling) -> Int { order.firstIndex(of: sibling.value.text) ?? -1 }
    return siblings.max { left, right in
      let places = (place(left), place(right))
      return places.0 == places.1 ? precedes(left, right, by: rule) : places.0 < places.1
    }
  }

  package func conflict(by rule: FieldRule) -> ConflictState {
    guard let first = siblings.first, siblings.contains(where: { $0.value != first.value }) else {
      return .none
    }
    switch rule.policy {
    case .review: return .open
    case .latest: return siblings.contains(where: \.isSuspect) ? .open : .settled
    case .authority, .union, .monotone: return .settled
    }
  }

  /// Whether `left` loses against `right`.
  private func precedes(_ left: Sibling, _ right: Sibling, by rule: FieldRule) -> Bool {
    let ranks = (rule.rank(of: left.dot.author.node), rule.rank(of: right.dot.author.node))
    if rule.policy == .latest {
      if left.isSuspect != right.isSuspect { return left.isSuspect }
      if left.time != right.time { return left.time < right.time }
      if ranks.0 != ranks.1 { return ranks.0 > ranks.1 }
    } else {
      if ranks.0 != ranks.1 { return ranks.0 > ranks.1 }
      if left.isSuspect != right.isSuspect { return left.isSuspect }
      if left.time != right.time { return left.time < right.time }
    }
    return left.dot < right.dot
  }

  private func union() -> Value {
    if siblings.allSatisfy({ $0.value == .null }) { return .null }
    var elements: Set<String> = []
    for sibling in siblings {
      switch sibling.value {
      case .list(let list): elements.formUnion(list)
      case .null: break
      // A value from before the field became a list is one element.
      default: elements.insert(sibling.value.text)
      }
    }
    return .list(of: elements)
  }
}

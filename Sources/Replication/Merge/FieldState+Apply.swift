package import Datasets
package import Wire

extension FieldState {
  /// Takes in one change of this field (dotted version vector sets, per field; merge.md "Apply").
  ///
  /// Order and repetition do not matter: the siblings are always exactly the changes that no other change has seen.
  /// - Returns: whether anything changed; false when the change was known or already replaced.
  @discardableResult
  package mutating func apply(_ sibling: Sibling, saw: Context) -> Bool {
    if context.covers(sibling.dot) { return false }
    siblings.removeAll { saw.covers($0.dot) }
    let index = siblings.firstIndex { sibling.dot < $0.dot } ?? siblings.count
    siblings.insert(sibling, at: index)
    context.formUnion(saw)
    context.insert(sibling.dot)
    return true
  }

  /// The join of two states: what both would hold had each seen the other's changes.
  package func merged(with other: FieldState) -> FieldState {
    let mine = siblings.filter { sibling in
      !other.context.covers(sibling.dot) || other.siblings.contains { $0.dot == sibling.dot }
    }
    let theirs = other.siblings.filter { sibling in
      !context.covers(sibling.dot)
    }
    return FieldState(
      context: context.union(other.context), siblings: (mine + theirs).sorted { $0.dot < $1.dot })
  }
}

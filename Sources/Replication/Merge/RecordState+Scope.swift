package import Datasets
package import Wire

extension RecordState {
  /// The region that decides who reads the record (protocol.md "Scope").
  ///
  /// It follows the shown region, except that while siblings of equal rank stand on the scope field the record keeps
  /// the scope it had: a claim on somebody else's resident pulls nothing.
  package func scope(definition: DatasetDefinition, previous: RegionCode?) -> RegionCode? {
    guard let field = definition.scope else { return nil }
    let state = self[field]
    let rule = definition.rule(for: field)
    if let previous, state.conflict(by: rule) != .none, let best = state.best(by: rule) {
      let rank = rule.rank(of: best.dot.author.node)
      let equals = state.siblings.filter { rule.rank(of: $0.dot.author.node) == rank }
      if equals.contains(where: { $0.value != best.value }) { return previous }
    }
    guard case .text(let text)? = state.shown(by: rule) else { return nil }
    return RegionCode(text)
  }
}

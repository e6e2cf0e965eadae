package import Datasets
package import Replication
import Wire

/// What an import makes, or would make, of one row: for people who look before they import.
package struct ImportOutcome: Sendable {
  package enum Kind: String, Sendable, CaseIterable {
    case new
    case changed
    case same
    /// Nothing was taken, because this office itself changed what the file says otherwise.
    case held
    case refused
  }

  /// A field that differs from what the record shows.
  package struct Field: Sendable, Equatable {
    package let name: FieldName
    /// Nil where the record shows nothing.
    package let old: Value?
    package let new: Value
    /// Not written: it waits for a person.
    package let isHeld: Bool
  }

  package let line: Int
  package let kind: Kind
  /// Nil for a row that was refused.
  package let record: RecordID?
  package let fields: [Field]
  /// Why the row may be of another person than the one it was taken for. Two people of alike names are found at the
  /// centre, which sees all of them.
  package let suspicion: PersonMatch.Kind?
}

extension ImportItem {
  var kind: ImportOutcome.Kind {
    if problem != nil { return .refused }
    if plan.change != nil { return isCreation ? .new : .changed }
    if !plan.held.isEmpty { return .held }
    return plan.steppedBack.isEmpty ? .same : .refused
  }

  func outcome(_ definition: DatasetDefinition) -> ImportOutcome {
    func field(_ name: FieldName, _ value: Value, isHeld: Bool) -> ImportOutcome.Field {
      ImportOutcome.Field(
        name: name, old: copy.state[name].shown(by: definition.rule(for: name)), new: value, isHeld: isHeld)
    }
    let kind = kind
    var fields: [ImportOutcome.Field] = []
    if kind != .refused {
      fields = (plan.change?.edits ?? []).map { field($0.field, $0.value, isHeld: false) }
      fields += plan.held.map { field($0.name, $0.value, isHeld: true) }
    }
    return ImportOutcome(
      line: line, kind: kind, record: kind == .refused ? nil : id, fields: fields,
      suspicion: kind == .refused ? nil : suspicion(definition))
  }

  private func suspicion(_ definition: DatasetDefinition) -> PersonMatch.Kind? {
    if sharesNumber { return .sameNumber }
    guard !isCreation, let name = definition.person?.name,
      let given = values.first(where: { $0.name == name })?.value
    else { return nil }
    return copy.state.isOtherName(given, definition) ? .otherName : nil
  }
}

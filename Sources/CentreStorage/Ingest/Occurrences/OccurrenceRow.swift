import Datasets
import Storage
import Wire

/// One event or sample as its typed table holds it, by value.
struct OccurrenceRow {
  let node: NodeName
  let incarnation: Int64
  let sequence: Datasets.Sequence
  let effective: Int64
  let isSuspect: Bool
  /// By place; what is missing is null.
  let values: [(place: Int32, value: Value)]
  /// Undeclared fields that are not null, sorted, as JSON.
  let extra: String?

  init(
    _ occurrence: Occurrence, seal: Seal, node: NodeName, incarnation: Int64, sequence: Datasets.Sequence,
    dataset: InstalledDataset
  ) {
    self.node = node
    self.incarnation = incarnation
    self.sequence = sequence
    effective = seal.effective.milliseconds
    isSuspect = seal.isSuspect
    var values: [(place: Int32, value: Value)] = []
    var undeclared: [(name: String, value: Value)] = []
    for field in occurrence.fields {
      if let place = dataset.places[field.name] {
        values.append((place, field.value))
      } else if field.value != .null {
        undeclared.append((field.name.text, field.value))
      }
    }
    self.values = values
    extra = undeclared.isEmpty ? nil : JSONText.object(undeclared.sorted { $0.name < $1.name })
  }

  /// Binds every column of the dataset, and who said it.
  func bind(to statement: borrowing RawStatement, plan: OccurrencePlan) {
    bindContent(to: statement, plan: plan)
    statement.bind(node.text, at: plan.nodePlace)
    statement.bind(incarnation, at: plan.incarnationPlace)
    statement.bind(Int64(sequence.value), at: plan.sequencePlace)
    statement.bind(effective, at: plan.effectivePlace)
    statement.bind(isSuspect ? 1 : 0 as Int64, at: plan.suspectPlace)
  }

  /// Binds the dataset's columns and `extra` at their places.
  func bindContent(to statement: borrowing RawStatement, plan: OccurrencePlan) {
    for place in 1..<plan.nodePlace { statement.bindNull(at: place) }
    for (place, value) in values { TypedTable.bind(value, to: statement, at: place) }
    if let extra {
      statement.bind(extra, at: plan.extraPlace)
    } else {
      statement.bindNull(at: plan.extraPlace)
    }
  }
}

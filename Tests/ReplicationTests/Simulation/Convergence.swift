import Datasets
import Replication
import Wire

/// Whether everything that was recorded is at the centre exactly once, and every copy is what its reader may see.
enum Convergence {
  /// - Returns: the first difference in words, nil when there is none.
  static func difference(centre: SimulatedCentre, nodes: [SimulatedNode]) -> String? {
    if let refusal = centre.disk.refusals.first { return "an honest entry is refused: \(refusal)" }
    if centre.disk.parkedCount > 0 { return "\(centre.disk.parkedCount) entries are parked" }
    for node in nodes {
      if node.disk.overlayCount > 0 { return "\(node.name) has \(node.disk.overlayCount) overlays" }
      for definition in World.definitions {
        if let text = streamDifference(centre, node, definition.name) {
          return "\(node.name), \(definition.name): \(text)"
        }
        if let text = copyDifference(centre, node, definition) {
          return "\(node.name), \(definition.name): \(text)"
        }
      }
    }
    return nil
  }

  private static func streamDifference(
    _ centre: SimulatedCentre, _ node: SimulatedNode, _ dataset: DatasetName
  ) -> String? {
    let last = node.disk.last(dataset)
    let applied = centre.disk.applied(node.name, dataset)
    if applied.sequence != last { return "applied \(applied.sequence) of \(last)" }
    if applied.head != node.disk.head(dataset) { return "the heads differ" }
    if node.disk.acknowledged(dataset) != last {
      return "acknowledged \(node.disk.acknowledged(dataset)) of \(last)"
    }
    let log = centre.disk.log[SimulatedCentre.Disk.StreamKey(node: node.name, dataset: dataset)] ?? []
    if log.map(\.value) != Array(stride(from: 1, through: last.value, by: 1)) {
      return "applied in the order \(log)"
    }
    return nil
  }

  private static func copyDifference(
    _ centre: SimulatedCentre, _ node: SimulatedNode, _ definition: DatasetDefinition
  ) -> String? {
    let scope = FeedScope(definition: definition, read: World.read(definition.name, node.profile))
    var digests = (centre: DigestSum(), node: DigestSum())
    for id in World.records {
      let key = RecordKey(dataset: definition.name, record: id)
      let copy = node.disk.copies[key]?.state ?? .empty
      var expected = RecordState.empty
      if let record = centre.disk.records[key] {
        let delivery = scope.delivery(
          scope: record.scope, isHidden: record.state.isHidden, departures: [], since: 0)
        if case .state(let fields) = delivery {
          expected = scope.visible(record.state, fields: fields)
          if let part = record.state.digest(id: id, fields: fields, scope: definition.scope) {
            digests.centre += part
          }
        }
      }
      if copy != expected { return "the copy of record \(id.low) differs" }
      if !copy.isEmpty, let part = copy.digest(id: id, fields: nil, scope: definition.scope) {
        digests.node += part
      }
    }
    return digests.centre == digests.node ? nil : "the digests differ"
  }
}

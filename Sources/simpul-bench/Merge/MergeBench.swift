import Datasets
import Foundation
import Replication
import Settings
import Wire

/// What a value of a field costs while ever more come that nobody decides between: a change is applied, encoded as it is
/// stored and held against the bounds, as the centre does.
struct MergeBench {
  let agents: String
  let count: Int

  func run() throws {
    print("merge: \(count) values of one field that nobody decides between")
    let fleet = try FleetDirectory.load(directory: agents, datasetsDirectory: agents + "/datasets")
    guard let definition = DatasetName("population").flatMap({ fleet.dataset($0)?.definition }) else {
      throw BenchFailure(description: "agents/ has no population")
    }
    try siblings(definition)
  }

  /// One office that never looks writes one field again and again.
  private func siblings(_ definition: DatasetDefinition) throws {
    guard let field = FieldName("f0") else { return }
    var state = RecordState.empty
    var taken = 0
    var bytes = 0
    // Only those beyond the bound can be compared: until there the values grow.
    let tenth = max(1, count / 10)
    var baseline: Double?
    var begin = ContinuousClock.now
    for number in 1...count {
      if let size = try apply("NILAI \(number)", to: field, by: "kec-lalabata", UInt64(number), &state, definition) {
        taken += 1
        bytes = size
      }
      guard number.isMultiple(of: tenth) else { continue }
      let rate = Double(tenth) / (ContinuousClock.now - begin).seconds
      begin = .now
      if number == 2 * tenth {
        baseline = rate
        report("values of one field, the second tenth (baseline)", rate, "changes/s")
      } else if number == count, let baseline {
        report("values of one field, the last tenth", rate, "changes/s")
        report("cost in the last / in the second tenth", baseline / rate, "ratio")
      }
    }
    print("  \(taken) of \(count) are kept side by side, the others wait in quarantine; the record has \(bytes) bytes")
    guard state[field].siblings.count <= RecordBounds.siblingsMax else {
      throw BenchFailure(description: "\(state[field].siblings.count) values stand side by side")
    }
  }

  /// - Returns: the bytes of the record with the change; nil where it does not fit, and then the state is as before.
  private func apply(
    _ text: String, to field: FieldName, by office: String, _ sequence: UInt64, _ state: inout RecordState,
    _ definition: DatasetDefinition
  ) throws -> Int? {
    guard let node = NodeName(office), let place = Datasets.Sequence(sequence) else { return nil }
    let author = Author(node: node, incarnation: Incarnation(generation: 1, random: 1))
    let change = Change(
      record: RecordID(high: 1 << 56, low: 1), edits: [Change.Edit(field: field, value: .text(text), saw: .empty)],
      affirmation: nil)
    var next = state
    let touched = next.apply(
      change, dot: Dot(author: author, sequence: place), time: Timestamp(milliseconds: Int64(sequence)),
      isSuspect: false)
    var registry = FieldRegistry()
    let bytes = next.bytes(registry: &registry).count
    do { try next.checkBounds(touched: touched, bytes: bytes, definition: definition) } catch { return nil }
    state = next
    return bytes
  }
}

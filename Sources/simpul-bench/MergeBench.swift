import Datasets
import Foundation
import Replication
import Settings
import Wire

/// What a conflict costs the centre while conflicts grow tenfold, and values of one field that nobody decides between:
/// a change is applied, encoded as it is stored and held against the bounds, as the centre does.
struct MergeBench {
  let agents: String
  let count: Int

  /// A record holds at most 512 fields; each of these is changed by two offices that have not seen each other.
  private static let fieldsPerRecord = 400

  func run() throws {
    print("merge: \(count) conflicts on fields of their own, \(count) values of one field")
    let fleet = try FleetDirectory.load(directory: agents, datasetsDirectory: agents + "/datasets")
    guard let definition = DatasetName("population").flatMap({ fleet.dataset($0)?.definition }) else {
      throw BenchFailure(description: "agents/ has no population")
    }
    let part = max(Self.fieldsPerRecord, count / 10)
    let first = try conflicts(part, definition)
    report("conflicts, a tenth of them (baseline)", Double(part) / first, "conflicts/s")
    let all = try conflicts(count, definition)
    report("conflicts, all of them", Double(count) / all, "conflicts/s")
    report("cost of one among all / among a tenth", all / Double(count) / (first / Double(part)), "ratio")
    try siblings(definition)
  }

  /// - Returns: seconds.
  private func conflicts(_ count: Int, _ definition: DatasetDefinition) throws -> Double {
    let begin = ContinuousClock.now
    var open = 0
    for start in stride(from: 0, to: count, by: Self.fieldsPerRecord) {
      var state = RecordState.empty
      for number in 0..<min(Self.fieldsPerRecord, count - start) {
        guard let field = FieldName("f\(number)") else { continue }
        for office in ["kec-lalabata", "disdukcapil"] {
          let sequence = UInt64(start + number + 1)
          _ = try apply("NILAI \(office) \(number)", to: field, by: office, sequence, &state, definition)
        }
        if state[field].siblings.count == 2 { open += 1 }
      }
    }
    guard open == count else { throw BenchFailure(description: "\(open) of \(count) fields are in conflict") }
    return (ContinuousClock.now - begin).seconds
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

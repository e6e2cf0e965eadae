import CentreStorage
import Datasets
import Foundation
import Machine
import Replication
import Settings
import Wire

/// What a conflict costs at the centre while ever more fields are in one, each field of its own: to open it, to list it and
/// to decide it. Change after change over the real store, as two offices send them that have not seen each other's.
struct ConflictBench {
  let directory: String
  let agents: String
  let count: Int

  /// A field of a record that two offices have changed.
  private struct Place {
    let record: RecordID
    let field: FieldName
    /// What both offices had seen.
    let before: RecordState
    var after: RecordState
  }

  func run() async throws {
    print("conflicts: \(count) fields that two offices have changed")
    let fleet = try FleetDirectory.load(directory: agents, datasetsDirectory: agents + "/datasets")
    guard let definition = DatasetName("population").flatMap({ fleet.dataset($0)?.definition }) else {
      throw BenchFailure(description: "agents/ has no population")
    }
    let store = try await CentreStore.opened(in: directory, with: fleet)
    var registry = try await BenchOffice("disdukcapil", at: store)
    var district = try await BenchOffice("kec-lalabata", at: store)
    var places = try await self.places(definition, &registry)
    try await inTenths(places.indices, "opened") { tenth in
      try await change(&places[tenth], by: &registry, to: "MENURUT DINAS", definition)
      try await change(&places[tenth], by: &district, to: "MENURUT KECAMATAN", definition)
    }
    try await list(store)
    try await inTenths(places.indices, "decided") { try await decide(places[$0], by: &registry, definition) }
    guard try await store.conflicts(limit: 1).elements.isEmpty else {
      throw BenchFailure(description: "a conflict is left that was decided")
    }
    try store.close()
  }

  /// Residents whose fields a person has to decide about, entered by one office.
  private func places(_ definition: DatasetDefinition, _ office: inout BenchOffice) async throws -> [Place] {
    let fields = definition.fields.filter { field in
      if case .text = field.type { field.policy == .review } else { false }
    }.map(\.name)
    guard !fields.isEmpty, let scope = definition.scope else {
      throw BenchFailure(description: "population has no texts to review, or no scope")
    }
    let creations = try (0..<(count + fields.count - 1) / fields.count).map { _ in
      let record = RecordID(high: MachineFacts.random64() >> 8, low: MachineFacts.random64())
      return try RecordEditor(
        definition: definition, node: office.node, record: record, state: .empty, own: .none
      ).create([(scope, .text("73.12.04.1001"))] + fields.map { ($0, .text("AWAL")) }, source: nil)
    }
    let dots = try await office.send(creations, of: definition.name)
    let places = zip(creations, dots).flatMap { change, dot in
      var state = RecordState.empty
      state.apply(change, dot: dot, time: MachineClock.wall(), isSuspect: false)
      return fields.map { Place(record: change.record, field: $0, before: state, after: state) }
    }
    return Array(places.prefix(count))
  }

  /// Each place by a change of its own, from a screen that shows what was entered first.
  private func change(
    _ places: inout ArraySlice<Place>, by office: inout BenchOffice, to text: String, _ definition: DatasetDefinition
  ) async throws {
    let changes = try places.compactMap { place in
      try RecordEditor(
        definition: definition, node: office.node, record: place.record, state: place.before, own: .none
      ).save(
        [(place.field, .text(text))],
        version: RecordVersion(of: place.before, record: place.record, definition: definition))
    }
    guard changes.count == places.count else { throw BenchFailure(description: "a change of \(office.node) is none") }
    let dots = try await office.send(changes, of: definition.name)
    for (index, (change, dot)) in zip(places.indices, zip(changes, dots)) {
      places[index].after.apply(change, dot: dot, time: MachineClock.wall(), isSuspect: false)
    }
  }

  private func decide(
    _ places: ArraySlice<Place>, by office: inout BenchOffice, _ definition: DatasetDefinition
  ) async throws {
    let changes = try places.map { place in
      try RecordEditor(
        definition: definition, node: office.node, record: place.record, state: place.after, own: .none
      ).resolve(
        place.field, value: .text("DIPUTUSKAN"),
        version: RecordVersion(of: place.after, record: place.record, definition: definition), reason: "berkas")
    }
    try await office.send(changes, of: definition.name)
  }

  /// Every page, as the centre's own page and `simpulctl conflicts` ask for them.
  private func list(_ store: CentreStore) async throws {
    var rates: [Double] = []
    var found = 0
    var after: ConflictCursor?
    repeat {
      let begin = ContinuousClock.now
      let page = try await store.conflicts(state: .open, after: after, limit: max(1, count / 10))
      rates.append(Double(page.elements.count) / (ContinuousClock.now - begin).seconds)
      found += page.elements.count
      after = page.next
    } while after != nil
    guard found == count, rates.count > 1 else {
      throw BenchFailure(description: "\(found) of \(count) conflicts are listed")
    }
    reportGrowth("listed", rates)
  }

  /// Runs `body` for a tenth of `indices` after the other.
  private func inTenths(
    _ indices: Range<Int>, _ what: String, _ body: (Range<Int>) async throws -> Void
  ) async throws {
    var rates: [Double] = []
    for start in stride(from: indices.lowerBound, to: indices.upperBound, by: indices.count / 10) {
      let tenth = start..<min(indices.upperBound, start + indices.count / 10)
      let begin = ContinuousClock.now
      try await body(tenth)
      rates.append(Double(tenth.count) / (ContinuousClock.now - begin).seconds)
    }
    reportGrowth(what, rates)
  }

  /// The first tenth also pays for what is used for the first time: the second is the baseline.
  private func reportGrowth(_ what: String, _ rates: [Double]) {
    guard rates.count > 1, let last = rates.last else { return }
    report("conflicts \(what), the second tenth (baseline)", rates[1], "per second")
    report("conflicts \(what), the last tenth", last, "per second")
    report("cost in the last / in the second tenth", rates[1] / last, "ratio")
  }
}

import CentreStorage
import Collectors
import Datasets
import Foundation
import Machine
import Replication
import Settings
import Wire

/// The search for people who are registered twice, over a register that grows tenfold.
struct PersonsBench {
  let directory: String
  let agents: String
  let residentCount: Int

  /// Every so many residents are registered once more, under a spelling of their own and without a number.
  private static let doubledEvery = 500

  func run() async throws {
    print("persons: \(residentCount) residents, every \(Self.doubledEvery)th registered twice")
    let fleet = try FleetDirectory.load(directory: agents, datasetsDirectory: agents + "/datasets")
    guard let population = DatasetName("population"), let document = fleet.dataset(population) else {
      throw BenchFailure(description: "agents/ has no population")
    }
    let store = try await CentreStore.opened(in: directory, with: fleet)
    var register = try await BenchOffice("disdukcapil", at: store)
    let rows = try self.rows(document, fleet)
    var first: Double?
    let step = max(1, rows.count / 10)
    for start in stride(from: 0, to: rows.count, by: step) {
      let part = rows[start..<min(rows.count, start + step)]
      let definition = document.definition
      let changes = try part.map { row in
        try RecordEditor(definition: definition, node: register.node, record: row.id, state: .empty, own: .none)
          .create(row.values, source: nil)
      }
      try await register.send(changes, of: definition.name)
      let begin = ContinuousClock.now
      while try await store.searchDuplicates(now: MachineClock.wall()).hasMore {}
      let rate = Double(part.count) / (ContinuousClock.now - begin).seconds
      if first == nil {
        first = rate
        report("search, the first tenth (baseline)", rate, "records/s")
      } else if start + step >= rows.count, let first {
        report("search, the last tenth", rate, "records/s")
        report("last tenth / first tenth", rate / first, "ratio")
      }
    }
    let open = try await store.openDuplicates()
    var found = 0
    var after: DuplicateCursor?
    let planted = Set(rows.filter(\.isDoubled).map(\.id))
    repeat {
      let page = try await store.duplicates(after: after, limit: 1000)
      found += page.elements.count { planted.contains($0.pair.first) || planted.contains($0.pair.second) }
      after = page.next
    } while after != nil
    print("  \(open) pairs to decide, \(found) of them with one of the \(planted.count) registered twice")
    try store.close()
  }

  struct Row {
    let id: RecordID
    let values: [(name: FieldName, value: Value)]
    let isDoubled: Bool
  }

  private func rows(_ document: DefinitionDocument, _ fleet: FleetDirectory) throws -> [Row] {
    let path = directory + "/siak.csv"
    let regions = fleet.regions.regions.filter { $0.code.text.utf8.count > 8 }.compactMap { region in
      region.code.district.flatMap { fleet.regions.name(of: $0) }.map {
        SampleRegion(code: region.code, name: region.name, districtName: $0)
      }
    }
    try SyntheticResidents.write(count: residentCount, seed: 7312, regions: regions, to: path)
    var reader = RowReader(
      source: try FileByteSource(path: path),
      parser: CSVRowParser(definition: document.definition, regions: document.regions))
    let validator = RowValidator(definition: document.definition, regions: document.regions)
    guard let name = FieldName("nama"), let number = FieldName("nik") else { return [] }
    var rows: [Row] = []
    func add(_ values: [(name: FieldName, value: Value)], isDoubled: Bool) {
      rows.append(
        Row(
          id: RecordID(high: MachineFacts.random64() >> 8, low: MachineFacts.random64()), values: values,
          isDoubled: isDoubled))
    }
    while let next = try reader.next() {
      for case .row(let row) in next {
        guard case .success(let valid) = validator.validate(row) else { continue }
        let values = valid.fields.filter { $0.value != .null }
        add(values.map { ($0.name, $0.value) }, isDoubled: false)
        if rows.count % Self.doubledEvery == 0 {
          let other = values.filter { $0.name != number }.map { field in
            (name: field.name, value: field.name == name ? .text(Self.misspelt(field.value.text)) : field.value)
          }
          add(other, isDoubled: true)
        }
      }
    }
    return rows
  }

  /// As another clerk hears it.
  private static func misspelt(_ name: String) -> String {
    "H. "
      + name.replacingOccurrences(of: "MUHAMMAD", with: "MOCH.").replacingOccurrences(of: "U", with: "OE")
      .replacingOccurrences(of: "SITTI", with: "ST.")
  }
}

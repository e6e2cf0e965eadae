import Agent
import Collectors
import Datasets
import Foundation
import Machine
import NodeStorage
import Sessions
import Settings
import Wire

/// A SIAK file of residents into one node's store, as the spool reads it.
struct ImportBench {
  let directory: String
  let agents: String
  let residentCount: Int

  func run() async throws {
    print("import: a SIAK file of \(residentCount) residents, 37 columns")
    let fleet = try FleetDirectory.load(directory: agents, datasetsDirectory: agents + "/datasets")
    guard let node = NodeName("disdukcapil"), let population = DatasetName("population"),
      let document = fleet.dataset(population), let profile = fleet.profile(of: node),
      let key = FleetKey(version: 1, secret: MachineFacts.randomBytes(32))
    else { throw BenchFailure(description: "agents/ has no population or no disdukcapil") }
    let path = directory + "/siak.csv"
    try SyntheticResidents.write(count: residentCount, seed: 7312, regions: regions(fleet), to: path)

    let store = try await NodeStore.open(
      path: directory + "/import.sqlite", node: node, random: MachineFacts.random64(),
      boot: BootIdentity(id: MachineFacts.bootID(), startedAt: MachineClock.wall()), now: MachineClock.reading())
    try await store.storeDocuments([
      Document(name: population.text, text: document.text),
      Document(name: Document.profileName, text: ProfileDocument(profile).text),
    ])
    let catalogue = Catalogue()
    _ = try await catalogue.install(from: store, fleetKeys: [key])
    let intake = Intake(store: store, catalogue: catalogue, clock: CentreClock()) { _, _, _ in }
    for round in ["first import", "the same file again"] {
      try await tryOut("dry run: \(round)", path, document, intake, store)
      let start = ContinuousClock.now
      let (accepted, unchanged, rejected) = try await read(path, document, intake, population)
      let seconds = (ContinuousClock.now - start).seconds
      report("\(round), durable", Double(residentCount) / seconds, "rows/s")
      print("  \(accepted) accepted, \(unchanged) of them unchanged, \(rejected) refused")
    }
    report("peak memory of the process", Double(Self.peakKiB()) / 1024, "MiB (goal < 150)")
    try store.close()
  }

  /// Tries the file out while somebody at the office saves now and then.
  private func tryOut(
    _ round: String, _ path: String, _ document: DefinitionDocument, _ intake: Intake, _ store: NodeStore
  ) async throws {
    let start = ContinuousClock.now
    let saves = Task {
      var longest = Duration.zero
      while !Task.isCancelled {
        let start = ContinuousClock.now
        try await store.check(now: MachineClock.reading())
        longest = max(longest, ContinuousClock.now - start)
        try? await Task.sleep(for: .milliseconds(20))
      }
      return longest
    }
    let name = document.definition.name
    let (accepted, unchanged, rejected) = try await intake.tryingOut(name) { dryRun in
      try await read(path, document, intake, name, dryRun)
    }
    report(round, Double(residentCount) / (ContinuousClock.now - start).seconds, "rows/s")
    saves.cancel()
    let longest = try await saves.value
    print("  \(accepted) accepted, \(unchanged) of them unchanged, \(rejected) refused")
    report("longest durable write of the office meanwhile", longest.seconds * 1000, "ms")
  }

  private func read(
    _ path: String, _ document: DefinitionDocument, _ intake: Intake, _ population: DatasetName,
    _ dryRun: DryRun? = nil
  ) async throws -> (accepted: Int, unchanged: Int, rejected: Int) {
    var reader = RowReader(
      source: try FileByteSource(path: path),
      parser: CSVRowParser(definition: document.definition, regions: document.regions))
    var delivery = Intake.Delivery.file(population, source: "siak")
    delivery.dryRun = dryRun
    var counts = (accepted: 0, unchanged: 0, rejected: 0)
    var batch: [IntakeRow] = []
    func take() async throws {
      var receipt = Intake.Receipt()
      try await intake.take(batch, of: &delivery, into: &receipt)
      batch = []
      counts.accepted += receipt.accepted
      counts.unchanged += receipt.duplicates
      counts.rejected += receipt.rejected.count
    }
    while let rows = try reader.next() {
      for row in rows {
        switch row {
        case .row(let row): batch.append(row)
        case .problem: counts.rejected += 1
        }
        if batch.count == 2000 { try await take() }
      }
    }
    try await take()
    return counts
  }

  private func regions(_ fleet: FleetDirectory) -> [SampleRegion] {
    fleet.regions.regions.compactMap { region in
      guard region.code.text.utf8.count > 8, let district = region.code.district,
        let name = fleet.regions.name(of: district)
      else { return nil }
      return SampleRegion(code: region.code, name: region.name, districtName: name)
    }
  }

  /// VmHWM of proc(5).
  private static func peakKiB() -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
    return Int(line.filter(\.isNumber)) ?? 0
  }
}

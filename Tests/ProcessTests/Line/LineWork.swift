import API
import Datasets
import TestSupport
import Testing

@testable import Diagnostics

/// What people at both ends of a line record, and whether all of it came over.
struct LineWork: Sendable {
  private let fleet: LineFleet
  private let far: DemoDaemon
  private let beside: DemoDaemon
  private let punches: PunchProducer
  private let clerk: Clerk

  /// - Parameters:
  ///   - far: the district of Lalabata, at the far end.
  ///   - beside: the register, beside the centre.
  init(_ fleet: LineFleet, far: DemoDaemon, beside: DemoDaemon) {
    self.fleet = fleet
    self.far = far
    self.beside = beside
    punches = PunchProducer(far, device: "T1")
    clerk = Clerk(far)
  }

  /// The register enters residents; returns their ids once the district shows them.
  func register(_ count: Int) async throws -> [String] {
    for serial in 9000..<9000 + count {
      _ = try await beside.client.body(of: try .upsert("population", Clerk.resident(serial), source: nil))
    }
    var residents: [String] = []
    try await eventually("the district has the register's residents") {
      residents = try await far.records("population", Page(limit: 10)).records.map(\.id)
      return residents.count == count
    }
    return residents
  }

  /// The district records so many punches, a new resident, and a correction of it.
  func goOn(by count: Int) async throws {
    try await punches.send(count)
    try await clerk.work()
  }

  /// Both correct the same resident, neither knowing of the other.
  func disagree(about resident: String) async throws {
    for office in [far, beside] {
      let version = try await office.record("population", resident).version
      _ = try await office.client.body(
        of: try .edit(
          "population", resident, ["alamat": .string("JL. \(office.name)")], version: version, isCorrection: false))
    }
  }

  /// Every answered record is at the centre once, all copies agree, and both words of each conflict are there.
  func check(conflicts residents: [String]) async throws {
    for (office, datasets) in [(far, ["attendance", "population"]), (beside, ["population"])] {
      for dataset in datasets { try await agree(office, on: dataset) }
    }
    let (offered, acknowledged) = await (punches.offered, punches.acknowledged.count)
    #expect(offered == acknowledged)
    #expect(try await fleet.centre.digest("attendance").count == acknowledged)
    for (record, addresses) in await clerk.answered {
      let history = try await history(of: record)
      for address in addresses { #expect(history.count { $0 == .string(address) } == 1, "\(address) is there once") }
    }
    #expect(await clerk.unanswered.isEmpty)
    let request = APIRequest.conflicts(Page(limit: 100), state: "all", dataset: "population")
    let conflicts = try await fleet.centre.client.reply(ConflictsReply.self, to: request).reply.conflicts
    #expect(Set(conflicts.map(\.record)) == Set(residents))
    for conflict in conflicts {
      #expect(Set(conflict.siblings.map(\.node)) == [far.name, beside.name], "\(conflict)")
    }
  }

  private func history(of record: String) async throws -> [JSONValue?] {
    let request = APIRequest.history("population", record)
    return try await fleet.centre.client.reply(HistoryReply.self, to: request).reply.history.map { $0.fields["alamat"] }
  }

  private func agree(_ office: DemoDaemon, on dataset: String) async throws {
    let node = try #require(NodeName(office.name))
    try await eventually("\(office.name) and the centre agree on \(dataset)") {
      guard try await office.status().backlog?.changes == 0 else { return false }
      let here = try await office.digest(dataset)
      let there = try await fleet.centre.digest(dataset, node: node)
      return here.digest == there.digest && here.count == there.count && here.pending == 0
        && here.position == there.position
    }
  }
}

import API
import Diagnostics

/// The people at the offices' counters: they look residents up and correct them, one after the other at each office.
struct MonthClerks: Sendable {
  /// For one correction, over the restart of an agent.
  private static let limit = Duration.seconds(120)

  let clients: [String: APIClient]

  init(_ fleet: MonthFleet) {
    clients = Dictionary(
      fleet.offices.map { ($0.daemon.name, $0.daemon.client) }, uniquingKeysWith: { first, _ in first })
  }

  /// Enters everything, each edit until it is answered: whoever is not answered enters it again.
  func enter(_ edits: [MonthWork.Edit]) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (office, client) in clients {
        let own = edits.filter { $0.office == office }
        group.addTask { for edit in own { try await enter(edit, client) } }
      }
      try await group.waitForAll()
    }
  }

  private func enter(_ edit: MonthWork.Edit, _ client: APIClient) async throws {
    let deadline = ContinuousClock.now + Self.limit
    var failure = "nobody has that number"
    while ContinuousClock.now < deadline {
      do {
        let search = APIRequest.records(
          "population", Page(limit: 2), RecordFilter(fields: [FieldAssignment("nik", .string(edit.nik))]))
        if let record = try await client.reply(RecordsReply.self, to: search).reply.records.first {
          let request = try APIRequest.edit(
            "population", record.id, [edit.field: .string(edit.value)], version: record.version, isCorrection: false)
          _ = try await client.body(of: request)
          return
        }
      } catch let error as CommandFailure {
        failure = "\(error.message)"
      }
      try await Task.sleep(for: .milliseconds(200))
    }
    throw BenchFailure(description: "an edit of \(edit.office) was not taken within \(Self.limit): \(failure)")
  }
}

import API
import Datasets

/// How far the fleet is behind the centre.
struct DemoLag: Sendable, Equatable {
  /// Changes that the centre has not acknowledged yet, over all offices.
  var backlog: UInt64 = 0
  /// Offices that hold all of the feed and owe nothing.
  var complete = 0
  /// An office that is behind, where there is one.
  var example: String?
}

extension DemoContext {
  /// How far these offices are, at this moment.
  func lag(of offices: [NodeName]) async throws -> DemoLag {
    guard let end = try await centre.status().feed?.position else {
      throw CommandFailure(.problem, "the aggregator's status has no feed position")
    }
    var lag = DemoLag()
    for office in offices {
      let status = try await self.office(office).status()
      let backlog = status.backlog?.changes ?? 0
      let position = status.feed?.position ?? 0
      lag.backlog += backlog
      if backlog == 0, position >= end, status.state == "online" {
        lag.complete += 1
      } else if lag.example == nil {
        lag.example =
          "\(office): \(StateWords.cell(status.state, language).text) \(language("posisi", "position")) \(position)/\(end), "
          + "\(language("antrean", "backlog")) \(backlog)"
      }
    }
    return lag
  }

  /// Waits until these offices owe nothing and hold everything that the centre has for them.
  func waitUntilCaughtUp(_ offices: [NodeName], within limit: Duration) async throws {
    try await eventually(
      BilingualText(
        id: "\(offices.count) kantor setara dengan pusat",
        en: "\(offices.count) offices caught up with the centre"),
      within: limit
    ) { () -> DemoProgress<Void> in
      let lag = try await lag(of: offices)
      guard lag.complete < offices.count else { return .done(()) }
      let backlog = quantity.count(lag.backlog)
      let example = lag.example ?? ""
      let text = language(
        "\(lag.complete)/\(offices.count) kantor setara; antrean \(backlog); \(example)",
        "\(lag.complete)/\(offices.count) offices caught up; backlog \(backlog); \(example)"
      )
      return .waiting(text, done: lag.complete, total: offices.count)
    }
  }
}

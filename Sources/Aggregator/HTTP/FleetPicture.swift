import CentreStorage
import Datasets
import Wire

/// All offices and totals as they were at one moment.
struct FleetPicture: Sendable {
  let at: Timestamp
  /// Those of the fleet's files and those that the store knows, by name.
  let offices: [OfficeView]
  let overview: FleetOverview
  /// False when there are more open conflicts than were looked at: the offices' counts are lower bounds then.
  let areConflictsComplete: Bool

  init(
    at: Timestamp, overview: FleetOverview, profiles: [NodeProfile],
    presences: [NodeName: SessionHub.Presence],
    streams: [NodeStream] = [], conflicts: ConflictTally = ConflictTally()
  ) {
    self.at = at
    self.overview = overview
    areConflictsComplete = conflicts.isComplete
    let entries = Dictionary(overview.nodes.map { ($0.node, $0) }, uniquingKeysWith: { first, _ in first })
    let profilesByNode = Dictionary(profiles.map { ($0.node, $0) }, uniquingKeysWith: { first, _ in first })
    let streamsByNode = Dictionary(grouping: streams, by: \.node)
    let names = Set(profilesByNode.keys).union(entries.keys).union(presences.keys)
    offices = names.sorted().map { node in
      OfficeView(
        node: node, profile: profilesByNode[node], entry: entries[node], presence: presences[node],
        newest: overview.newest[node], openConflicts: conflicts.counts[node] ?? 0,
        streams: (streamsByNode[node] ?? []).sorted { $0.dataset < $1.dataset })
    }
  }

  /// Those that have ever been invited.
  var known: [OfficeView] { offices.filter { $0.state != .absent } }

  func office(_ node: NodeName) -> OfficeView? { offices.first { $0.node == node } }

  func count(_ state: OfficeView.State) -> Int { offices.count { $0.state == state } }

  /// Changes that wait at the offices, as they last said.
  var backlog: UInt64 {
    offices.reduce(0) { sum, office in
      let (total, overflow) = sum.addingReportingOverflow(office.report?.backlogChanges ?? 0)
      return overflow ? .max : total
    }
  }
}

/// How many open conflicts each office has a hand in.
struct ConflictTally: Sendable {
  var counts: [NodeName: Int] = [:]
  var isComplete = true

  mutating func add(_ conflict: ConflictEntry) {
    for node in Set(conflict.siblings.map(\.dot.author.node)) where node != .centre {
      counts[node, default: 0] += 1
    }
  }
}

import CentreStorage
import Datasets
import Wire

/// All offices and totals as they were at one moment.
struct FleetPicture: Sendable {
  let at: Timestamp
  /// Those of the fleet's files and those that the store knows, by name.
  let offices: [OfficeView]
  let overview: FleetOverview

  init(
    at: Timestamp, overview: FleetOverview, profiles: [NodeProfile],
    presences: [NodeName: SessionHub.Presence],
    streams: [NodeStream] = []
  ) {
    self.at = at
    self.overview = overview
    let entries = Dictionary(overview.nodes.map { ($0.node, $0) }, uniquingKeysWith: { first, _ in first })
    let profilesByNode = Dictionary(profiles.map { ($0.node, $0) }, uniquingKeysWith: { first, _ in first })
    let streamsByNode = Dictionary(grouping: streams, by: \.node)
    let names = Set(profilesByNode.keys).union(entries.keys).union(presences.keys)
    offices = names.sorted().map { node in
      OfficeView(
        node: node, profile: profilesByNode[node], entry: entries[node], presence: presences[node],
        newest: overview.newest[node], openConflicts: overview.openConflictsByNode[node] ?? 0,
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

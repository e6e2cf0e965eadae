import CentreStorage
import Datasets
import Wire

/// One office as people see it now.
struct OfficeView: Sendable, Equatable {
  enum State: String, Sendable, CaseIterable {
    case online
    case offline
    case fenced
    case revoked
    case invited
    /// In the fleet's files, and never invited.
    case absent
  }

  let node: NodeName
  let profile: NodeProfile?
  let state: State
  /// Why it is fenced.
  let fenceReason: BilingualText?
  let lastSeen: Timestamp?
  /// Its last word about itself.
  let report: NodeReport?
  let version: String?
  /// Effective time of the newest data that the centre holds of it.
  let newest: Timestamp?
  let openConflicts: Int
  let streams: [NodeStream]

  /// - Parameters:
  ///   - entry: what the store knows; nil when it was never invited.
  ///   - presence: its session, when it has one.
  init(
    node: NodeName, profile: NodeProfile?, entry: NodeEntry?, presence: SessionHub.Presence?,
    newest: Timestamp? = nil, openConflicts: Int = 0, streams: [NodeStream] = []
  ) {
    self.node = node
    self.profile = profile
    self.newest = newest
    self.openConflicts = openConflicts
    self.streams = streams
    if entry?.state == .fenced {
      // A session that stands for a moment longer says nothing against it.
      state = .fenced
    } else if presence != nil {
      state = .online
    } else {
      switch entry?.state {
      case nil: state = .absent
      case .invited?: state = .invited
      case .offline?: state = .offline
      case .fenced?: state = .fenced
      case .revoked?: state = .revoked
      }
    }
    fenceReason = entry?.fenceReason.map { FenceReason(rawValue: $0)?.text ?? .verbatim($0) }
    lastSeen = [entry?.lastSeen, presence?.lastSeen].compactMap { $0 }.max()
    report = entry?.report
    version = presence?.softwareVersion ?? entry?.version
  }

  func title(_ language: Language) -> String { profile?.title(language) ?? node.text }
}

import Datasets
import Logging
import NodeStorage
import Replication
import Wire

/// What a welcome brings: positions, findings, documents and keys.
extension StoreWork {
  static let greetAnew = Outcome.happened(
    .storeFailed(reason: "the copy lacks what a dataset that came just now had; it is asked for anew"))

  func storeWelcome(_ welcome: Welcome) async throws -> [Outcome] {
    let keys = welcome.fleetKeys.sorted { $0.version > $1.version }
    let hasKeys = !keys.isEmpty && keys != catalogue.current.fleetKeys
    if hasKeys {
      try surroundings.storeFleetKeys(keys)
      logger.notice("the fleet key has version \(keys[0].version) now")
    }
    let outcome = try await store.store(welcome, now: surroundings.clock())
    if outcome.isStep {
      return [
        .happened(.storeFailed(reason: "the centre knows more of this node's restarts now; it greets anew"))
      ]
    }
    for finding in outcome.findings { note(finding) }
    if outcome.findings.contains(where: \.isDivergence) {
      // A copy of a running machine: this one goes on as a new incarnation from the last common place (protocol.md).
      let incarnation = try await store.branch(random: surroundings.random(), now: surroundings.clock())
      logger.error("goes on as incarnation \(incarnation)")
      // What came along is not sent again: the next hello says that it is here.
      if outcome.hasDocuments || hasKeys { _ = try await installDocuments(fleetKeys: keys) }
      return [
        .documentsInstalled, .happened(.storeFailed(reason: "this node's history had branched off; it greets anew")),
      ]
    }
    var outcomes: [Outcome] = []
    if outcome.hasDocuments || hasKeys {
      outcomes.append(.documentsInstalled)
      if try await installDocuments(fleetKeys: keys) { return outcomes + [Self.greetAnew] }
    }
    return outcomes + [.happened(.welcomeStored(streams: outcome.streams))]
  }

  /// - Returns: whether the copy has to be asked for anew.
  func installDocuments(fleetKeys: [FleetKey]) async throws -> Bool {
    for problem in try await catalogue.install(from: store, fleetKeys: fleetKeys) {
      logger.error("the document \(problem.name) cannot be read: \(problem.reason)")
    }
    return try await store.copyStanding().needsRebuild
  }

  private func note(_ finding: WelcomeFinding) {
    switch finding {
    case .agrees: break
    case .centreBehind(let dataset, let acknowledged, let applied):
      logger.warning(
        "the centre lost what it had acknowledged, up to \(acknowledged): it is sent again",
        metadata: ["dataset": "\(dataset)", "position": "\(applied)"])
    case .centreStands(let dataset, let sealed, let applied):
      logger.warning(
        "this store is older than what the centre has from it (\(sealed) here)",
        metadata: ["dataset": "\(dataset)", "position": "\(applied)"])
    case .diverged(let dataset, let applied):
      logger.error(
        "the centre has another history of this node; is its disk a copy of a running machine?",
        metadata: ["dataset": "\(dataset)", "position": "\(applied.sequence)"])
    }
  }
}

extension WelcomeFinding {
  fileprivate var isDivergence: Bool {
    if case .diverged = self { true } else { false }
  }
}

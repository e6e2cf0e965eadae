import CentreStorage
import Datasets
import NodeStorage
import Replication
import Sessions
import Settings
import Wire

/// Whether everything that was recorded is at the centre, and every copy is what its reader may see.
struct Agreement {
  private let world: World

  init(_ world: World) { self.world = world }

  /// - Returns: the first difference in words, nil when there is none.
  func difference() async -> String? {
    guard let centre = world.centre.store else { return "the centre does not run" }
    do {
      let held = try await centre.heldCounts()
      for held in held where try await !mayStayHeld(held.code, centre) {
        return "\(held.count) of \(held.node) held: \(held.code)"
      }
      for office in world.offices {
        guard let store = office.store else { return "\(office.name) does not run" }
        if let difference = try await difference(office, store, centre, held) { return "\(office.name): \(difference)" }
      }
      return nil
    } catch {
      return "a store cannot be read: \(error)"
    }
  }

  /// What builds on an entry that a restored centre has lost, and whose author's disk was set back or did not keep it so
  /// long, waits for a person: nothing else can tell what it was.
  private func mayStayHeld(_ code: String, _ centre: CentreStore) async throws -> Bool {
    guard world.scenario.faults[.restoredCentre] != nil else { return false }
    switch QuarantineReason.Code(rawValue: code) {
    case .unknownContext, .awaitsDecision:
      if world.scenario.faults[.setBackOffice] != nil { return true }
      return try await hasTrimmed(FleetFiles.population, of: nil, centre)
    case .writeRule:
      for entry in try await centre.quarantine(limit: 1000).elements where entry.code == code {
        guard case .change(_, let change)? = entry.entry, let shown = change.scopeSeen,
          try await centre.ledger(node: shown.author.node, limit: 1000).elements.contains(where: {
            $0.reason == Gap.Reason.trimmed.word && $0.dataset == entry.dataset
              && $0.incarnation == shown.author.incarnation && $0.first <= shown.sequence && shown.sequence <= $0.last
          })
        else { return false }
      }
      return true
    default: return false
    }
  }

  /// Whether the centre's ledger says that entries were needed again and not kept.
  private func hasTrimmed(_ dataset: String, of office: NodeName?, _ centre: CentreStore) async throws -> Bool {
    try await centre.ledger(node: office, limit: 1000).elements.contains {
      $0.dataset.text == dataset && $0.reason == Gap.Reason.trimmed.word
    }
  }

  private func difference(
    _ office: Office, _ store: NodeStore, _ centre: CentreStore, _ held: [HeldCount]
  ) async throws -> String? {
    for definition in world.files.definitions.map(\.definition)
    where office.work?.catalogue.dataset(named: definition.name.text) == nil { return "it has no \(definition.name)" }
    let status = try await store.status()
    if status.isResetting { return "its copy is being swept" }
    // What a restored centre lost is shelved for a person until its author has sent it again, and after.
    if status.recovered > 0, world.scenario.faults[.restoredCentre] == nil {
      return "\(status.recovered) records are shelved"
    }
    // What may stay held stays so at both ends.
    let heldThere = held.reduce(0) { $1.node == office.name ? $0 + $1.count : $0 }
    let heldHere = try await store.heldBack(limit: 1000).count { $0.code != Gap.Reason.trimmed.word }
    if heldHere > heldThere { return "\(heldHere) entries are held back, \(heldThere) at the centre" }
    let applied = Dictionary(
      try await centre.streams(node: office.name).map { ($0.dataset, $0.applied) }, uniquingKeysWith: { $1 })
    for stream in try await store.streams() {
      if stream.acknowledged != stream.last {
        return "\(stream.dataset) acknowledged \(stream.acknowledged) of \(stream.last)"
      }
      let there = applied[stream.dataset] ?? .none
      // A disk that was set back may not have said anything since: the number is that of the line it left.
      let isLeftBehind = there > stream.last && world.promises.wasSetBack(office.name)
      if there != stream.last, !isLeftBehind { return "\(stream.dataset) applied \(there) of \(stream.last)" }
      if let difference = try await difference(office, store, centre, of: stream.dataset) { return difference }
    }
    return nil
  }

  private func difference(
    _ office: Office, _ store: NodeStore, _ centre: CentreStore, of dataset: DatasetName
  ) async throws -> String? {
    let here = try await store.digest(dataset)
    let there = try await centre.digest(dataset, node: office.name)
    if here.pending > 0 { return "\(dataset): \(here.pending) pending" }
    if here.cursor != there.cursor {
      return "\(dataset): the copy is at \(here.cursor?.position ?? 0), the feed at \(there.cursor.position)"
    }
    if here.digest != there.digest || here.count != there.count {
      if here.count > there.count, try await mayDiffer(office, centre, of: dataset) { return nil }
      let words = try await missing(office, store, centre, of: dataset)
      return "\(dataset): digests differ, \(here.count) here and \(there.count) there\(words)"
    }
    return nil
  }

  /// Samples that a restored centre has lost and their office did not keep so long are in the ledger, and stay in the
  /// office's digest, which cannot tell them from the others any more.
  private func mayDiffer(_ office: Office, _ centre: CentreStore, of dataset: DatasetName) async throws -> Bool {
    guard dataset.text == FleetFiles.camera, world.scenario.faults[.restoredCentre] != nil else { return false }
    return try await hasTrimmed(dataset.text, of: office.name, centre)
  }

  /// Which events of all those at the centre an office lacks, for who reads the failure.
  private func missing(
    _ office: Office, _ store: NodeStore, _ centre: CentreStore, of dataset: DatasetName
  ) async throws -> String {
    guard dataset.text != FleetFiles.population else { return "" }
    let key = ["device", "pin", "nomor"].compactMap { FieldName($0) }
    let here = Set(
      try await store.occurrences(dataset, RecordQuery(limit: 1000)).elements.map { entry in
        key.compactMap { entry[$0]?.text }
      })
    let there = try await centre.occurrences(dataset, after: nil, limit: 1000).elements.map { entry in
      (key: key.compactMap { entry[$0]?.text }, author: "\(entry.node) \(entry.sequence)")
    }
    let lacking = there.filter { !here.contains($0.key) }.map { "\($0.key.joined(separator: " ")) (\($0.author))" }
    return lacking.isEmpty ? "" : "; not here: " + lacking.joined(separator: ", ")
  }
}

import CentreStorage
import Datasets

/// Whether the aggregator can do its work.
actor Readiness {
  /// A check writes to the disk: who asks more often gets the last answer. In milliseconds.
  private static let ageMax: Int64 = 2_000

  private let store: CentreStore
  private let boundEndpoint: @Sendable () async -> String?
  private let now: @Sendable () -> Timestamp
  private var last: (at: Timestamp, problems: [BilingualText])?

  init(
    store: CentreStore, boundEndpoint: @escaping @Sendable () async -> String?,
    now: @escaping @Sendable () -> Timestamp
  ) {
    self.store = store
    self.boundEndpoint = boundEndpoint
    self.now = now
  }

  /// Why not; empty when it can.
  func problems() async -> [BilingualText] {
    let at = now()
    if let last, (0..<Self.ageMax).contains(at.millisecondsSince(last.at)) { return last.problems }
    var problems: [BilingualText] = []
    do {
      try await store.check(now: at)
    } catch {
      // What failed is in the log and in metrics; this is open to everybody.
      problems.append(
        BilingualText(
          id: "penyimpanan tidak dapat menulis; lihat catatan (journalctl)",
          en: "the storage cannot write; see the log (journalctl)"))
    }
    if await boundEndpoint() == nil {
      problems.append(
        BilingualText(
          id: "soket replikasi belum terbuka, kantor tidak dapat tersambung",
          en: "the replication socket is not open, offices cannot connect"))
    }
    last = (at, problems)
    return problems
  }
}

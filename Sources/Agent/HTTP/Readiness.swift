import Datasets
import Machine
import NodeStorage
import Replication
import Sessions
import Storage

/// Whether the agent can do its work: what `/readyz` says.
///
/// The store is asked by writing to it. That is open to everybody, so that at most one such write a second is
/// made.
actor Readiness {
  private static let checkIntervalMilliseconds: UInt64 = 1_000

  private let store: NodeStore
  private let catalogue: Catalogue
  private var checkedAt: MonotonicTime?
  private var lastProblem: BilingualText?

  init(_ context: AgentContext) {
    store = context.store
    catalogue = context.catalogue
  }

  /// Why not; empty when it can.
  func problems() async -> [BilingualText] {
    var problems: [BilingualText] = []
    if let problem = await storeProblem() { problems.append(problem) }
    let contents = catalogue.current
    if contents.profile == nil || contents.datasets.isEmpty {
      problems.append(
        BilingualText(
          id: "Definisi data dan profil kantor belum diterima dari pusat. Sambungkan kantor ini ke pusat.",
          en:
            "The definitions and the office's profile have not come from the centre yet. Connect this "
            + "office to it."
        ))
    }
    return problems
  }

  /// Why the store cannot be written, as the last check found.
  func storeProblem() async -> BilingualText? {
    let now = MachineClock.monotonic()
    if let checkedAt, now.milliseconds &- checkedAt.milliseconds < Self.checkIntervalMilliseconds {
      return lastProblem
    }
    // Set before the check, so that those who come meanwhile get the answer before it.
    checkedAt = now
    do {
      try await store.check(now: MachineClock.reading())
      lastProblem = nil
    } catch let error as StoreError where error.code == .full {
      lastProblem = BilingualText(
        id: "Disk penuh: tidak ada yang dapat disimpan. Kosongkan disk.",
        en: "The disk is full: nothing can be kept. Free some of it.")
    } catch {
      lastProblem = BilingualText(
        id: "Penyimpanan tidak dapat ditulis; lihat catatan (journalctl).",
        en: "The store cannot be written; see the log (journalctl).")
    }
    return lastProblem
  }
}

import API
import Datasets
import HTTPServing
import Logging
import Machine
import NodeStorage
import Replication
import Sessions
import Systemd

/// What has to be done now and then: trimming what is no longer needed, and the sentence in `systemctl status`.
struct Housekeeping: Sendable {
  let context: AgentContext
  let notifier: ServiceNotifier
  let logger: Logger

  private static let interval: Duration = .seconds(10)
  private static let trimEvery = 30

  func run() async {
    var turns = 0
    while !Task.isCancelled {
      if turns.isMultiple(of: Self.trimEvery) { await trim() }
      do { try await context.access.sweep() } catch {
        logger.error("tokens and sessions could not be swept: \(error)")
      }
      notifier.status(await AgentSummary(context).text(context.language))
      turns += 1
      do { try await Task.sleep(for: Self.interval) } catch { return }
    }
  }

  private func trim() async {
    do {
      // The replicator does this when it is due; here for what it left when it was stopped or the store had failed.
      while true {
        let settling = try await context.store.settleCopy(now: MachineClock.reading())
        for (name, last) in settling.appended {
          guard let dataset = context.catalogue.dataset(name) else { continue }
          await context.replicator.appended(name, lane: dataset.definition.lane, last: last)
        }
        if !settling.hasMore { break }
        if Task.isCancelled { return }
        await Task.yield()
      }
      while try await context.store.trim(now: MachineClock.reading()) {
        if Task.isCancelled { return }
        await Task.yield()
      }
    } catch {
      logger.error("acknowledged entries could not be trimmed: \(error)")
    }
    context.store.releaseMemory()
    MachineMemory.giveBack()
  }
}

/// How the agent is doing, in one sentence.
struct AgentSummary: Sendable {
  let phase: NodeSession.Phase
  let backlog: UInt64
  /// What the centre keeps aside until its admin decides: it has it, and yet it is in effect nowhere.
  var heldBack = 0
  /// What a restored centre does not know: it is only here until somebody decides.
  var recovered = 0
  var filesWaiting = 0
  /// The spool, or a directory in it, cannot be had.
  var isSpoolHindered = false

  init(phase: NodeSession.Phase, backlog: UInt64) {
    self.phase = phase
    self.backlog = backlog
  }

  init(_ context: AgentContext) async {
    let store = try? await context.store.status()
    self.init(phase: await context.replicator.phase, backlog: store?.backlogChanges ?? 0)
    heldBack = store?.heldBack ?? 0
    recovered = store?.recovered ?? 0
    filesWaiting = context.spool.waitingCount
    isSpoolHindered = context.spool.isHindered
  }

  func text(_ language: Language) -> String {
    let onlyHere = BilingualText(
      id: "\(recovered) data hanya ada di kantor ini (simpulctl doctor)",
      en: "\(recovered) records are only at this office (simpulctl doctor)")
    let queued = BilingualText(id: "\(backlog) perubahan menunggu dikirim", en: "\(backlog) changes wait to be sent")
    let all = BilingualText(id: "semua data sudah di pusat", en: "all data is at the centre")
    let waiting = [backlog > 0 ? queued : nil, recovered > 0 ? onlyHere : nil].compactMap { $0?(language) }
    let state: BilingualText
    switch phase {
    case .established: state = BilingualText(id: "Tersambung ke pusat", en: "Connected to the centre")
    case .waiting: state = BilingualText(id: "Tidak tersambung ke pusat", en: "Not connected to the centre")
    case .connecting, .greeting: state = BilingualText(id: "Menghubungi pusat", en: "Contacting the centre")
    case .refused: state = BilingualText(id: "Ditolak oleh pusat", en: "Refused by the centre")
    case .stopped: state = BilingualText(id: "Berhenti", en: "Stopped")
    }
    let held = BilingualText(id: "; \(heldBack) perubahan ditahan", en: "; \(heldBack) changes held back")
    let files = BilingualText(
      id: "; \(filesWaiting) berkas spool belum dapat diambil",
      en: "; \(filesWaiting) spool files cannot be taken yet")
    let hindered = BilingualText(
      id: "; spool tidak dapat dibaca atau ditulisi", en: "; the spool cannot be read or written")
    let standing = waiting.isEmpty ? all(language) : waiting.joined(separator: "; ")
    return "\(state(language)); \(standing)\(heldBack == 0 ? "" : held(language))"
      + (filesWaiting == 0 ? "" : files(language)) + (isSpoolHindered ? hindered(language) : "")
  }
}

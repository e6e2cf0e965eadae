package import Systemd

/// Those who work for the hub.
enum HubWorker: String, CaseIterable, Sendable {
  case batches
  case feeds
  case admissions
  case sends

  /// How long one turn may take; a disk that is slow but alive is no reason to restart.
  static let turnLimit: Duration = .seconds(60)

  static func heartbeats(now: (@Sendable () -> Duration)?) -> [HubWorker: Heartbeat] {
    Dictionary(
      uniqueKeysWithValues: allCases.map { worker in
        (
          worker,
          now.map { Heartbeat(name: worker.rawValue, limit: turnLimit, now: $0) }
            ?? Heartbeat(name: worker.rawValue, limit: turnLimit)
        )
      })
  }
}

extension SessionHub {
  /// For the watchdog: that this actor answers, and that none of its workers stands still while something waits
  /// for it. One that has nothing to do need not turn.
  package func finding() async -> WatchdogFinding {
    for worker in HubWorker.allCases where isBusy(worker) {
      guard let heartbeat = heartbeats[worker] else { continue }
      if case .stalled(let why) = await heartbeat.check.ask() {
        return .stalled("\(worker.rawValue): \(why)")
      }
    }
    return .advancing
  }

  /// To be called before something is put where a worker finds it: from now on its age counts.
  func noteWork(of worker: HubWorker) {
    if !isBusy(worker) { beat(worker) }
  }

  func beat(_ worker: HubWorker) { heartbeats[worker]?.beat() }
}

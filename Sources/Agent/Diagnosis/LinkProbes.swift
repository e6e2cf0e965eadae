import Dispatch
import Synchronization

/// Tries ways to the centre, at most once at a time each, and gives up waiting in time. Callable from anywhere.
///
/// Names take what the system's resolver takes: with dead name servers up to 10 s for each of them and each search domain
/// (resolv.conf(5), timeout and attempts), in which a thread is stuck and doctor would owe its answer.
final class LinkProbes: Sendable {
  static let limit: Duration = .seconds(10)

  private struct Waiter {
    let id: UInt64
    let continuation: CheckedContinuation<LinkProbe, Never>
  }

  private struct State {
    /// By endpoint, those who wait for the probe that runs.
    var waiters: [String: [Waiter]] = [:]
    var nextID: UInt64 = 0
  }

  private let state = Mutex(State())
  private let probe: @Sendable (String) -> LinkProbe

  /// - Parameter probe: blocks its thread.
  init(_ probe: @escaping @Sendable (String) -> LinkProbe = { LinkProbe.of($0) }) { self.probe = probe }

  /// All at once, in the order of `endpoints`.
  func results(of endpoints: [String], limit: Duration = limit) async -> [(endpoint: String, probe: LinkProbe)] {
    await withTaskGroup(of: (Int, LinkProbe).self) { group in
      for (index, endpoint) in endpoints.enumerated() {
        group.addTask { (index, await self.result(of: endpoint, limit: limit)) }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }.sorted { $0.0 < $1.0 }.map { (endpoints[$0.0], $0.1) }
  }

  private func result(of endpoint: String, limit: Duration) async -> LinkProbe {
    await withCheckedContinuation { continuation in
      let (id, isFirst) = state.withLock { state in
        state.nextID += 1
        let isFirst = state.waiters[endpoint] == nil
        state.waiters[endpoint, default: []].append(Waiter(id: state.nextID, continuation: continuation))
        return (state.nextID, isFirst)
      }
      if isFirst {
        DispatchQueue.global(qos: .utility).async {
          let result = self.probe(endpoint)
          let waiters = self.state.withLock { $0.waiters.removeValue(forKey: endpoint) } ?? []
          for waiter in waiters { waiter.continuation.resume(returning: result) }
        }
      }
      DispatchQueue.global(qos: .utility).asyncAfter(deadline: .now() + .milliseconds(Int(limit / .milliseconds(1)))) {
        // Only names take that long; an empty list says that the probe still runs.
        let late = self.state.withLock { state -> Waiter? in
          guard let index = state.waiters[endpoint]?.firstIndex(where: { $0.id == id }) else { return nil }
          return state.waiters[endpoint]?.remove(at: index)
        }
        late?.continuation.resume(returning: .unresolved("no name server has answered within \(limit)"))
      }
    }
  }
}

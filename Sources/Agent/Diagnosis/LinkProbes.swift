/// Tries ways to the centre, at most once at a time each, and gives up waiting in time. Callable from anywhere.
///
/// Names take what the system's resolver takes: with dead name servers up to 10 s for each of them and each search domain
/// (resolv.conf(5), timeout and attempts), in which a thread is stuck and doctor would owe its answer.
final class LinkProbes: Sendable {
  static let limit: Duration = .seconds(10)

  private let questions = BlockingQuestions<LinkProbe>()
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
    let probe = probe
    // Only names take that long.
    return await questions.answer(to: endpoint, within: limit) { probe(endpoint) } ?? .unanswered(within: limit)
  }
}

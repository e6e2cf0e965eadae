import API
import Datasets
import Settings

/// Compares the digest of every dataset at every office with the centre's over the same scope.
struct ProveEquality: Sendable {
  private static let limit: Duration = .seconds(90)
  /// Digests asked for at the same time: each reads all that an office holds.
  private static let width = 4

  /// One copy beside the centre's view of it.
  struct Comparison: Sendable {
    var node: NodeName
    var dataset: String
    /// Nil where the office does not know the dataset.
    var office: DigestReply?
    var centre: DigestReply

    /// Equality is claimed only at the same position with nothing pending.
    var isEqual: Bool {
      guard let office else { return centre.count == 0 }
      return office.digest == centre.digest && office.count == centre.count && office.pending == 0
        && centre.pending == 0 && office.position == centre.position
    }

    var text: String {
      "\(dataset)@\(node): \(office?.count ?? 0)/\(centre.count), "
        + "\(office?.position ?? 0)/\(centre.position), \(office?.pending ?? 0) "
        + "\(office?.digest.prefix(8) ?? "-")/\(centre.digest.prefix(8))"
    }
  }

  struct Result: Sendable {
    var compared: Int
    var holding: Int
  }

  let demo: DemoContext

  func run() async throws -> Result {
    var rest: [(NodeName, String)] = []
    for dataset in ["population", "attendance", "camera"] { rest += demo.cast.offices.map { ($0, dataset) } }
    let total = rest.count
    var equal: [Comparison] = []
    try await demo.eventually(
      BilingualText(id: "semua jejak sama", en: "all digests to be equal"), within: Self.limit
    ) { () -> DemoProgress<Void> in
      let (found, unequal) = try await compare(rest)
      equal += found
      rest = unequal.map { ($0.node, $0.dataset) }
      guard let example = unequal.first else { return .done(()) }
      return .waiting(example.text, done: equal.count, total: total)
    }
    let holding = equal.filter { $0.centre.count > 0 }.sorted {
      ($0.dataset, $0.node) < ($1.dataset, $1.node)
    }
    try show(holding, total)
    return Result(compared: total, holding: holding.count)
  }

  private func compare(
    _ pairs: [(NodeName, String)]
  ) async throws -> (equal: [Comparison], unequal: [Comparison]) {
    try await withThrowingTaskGroup(of: Comparison.self) { group in
      var rest = pairs[...]
      for pair in rest.prefix(Self.width) { group.addTask { try await compare(pair.0, pair.1) } }
      rest = rest.dropFirst(Self.width)
      var all: [Comparison] = []
      while let comparison = try await group.next() {
        all.append(comparison)
        try demo.screen.progress(
          demo.language("jejak dibandingkan", "digests compared"), done: all.count, total: pairs.count)
        if let pair = rest.popFirst() { group.addTask { try await compare(pair.0, pair.1) } }
      }
      let sorted = all.sorted { ($0.dataset, $0.node) < ($1.dataset, $1.node) }
      return (sorted.filter(\.isEqual), sorted.filter { !$0.isEqual })
    }
  }

  private func compare(_ node: NodeName, _ dataset: String) async throws -> Comparison {
    let daemon = demo.office(node)
    let request = APIRequest.digest(dataset, node: nil)
    let answer = try await daemon.client.answer(to: request)
    let isUnknown = answer.status == 403 || answer.status == 404
    let office =
      isUnknown
      ? nil
      : try daemon.client.decode(DigestReply.self, try daemon.client.successBody(of: answer, to: request))
    let centre = try await demo.centre.digest(dataset, node: node)
    return Comparison(node: node, dataset: dataset, office: office, centre: centre)
  }

  private func show(_ comparisons: [Comparison], _ total: Int) throws {
    let language = demo.language
    let rows = comparisons.map { comparison -> [TextTable.Cell] in
      [
        .init(comparison.dataset), .init(comparison.node.text),
        .init(demo.quantity.count(comparison.centre.count)),
        .init(String(comparison.office?.digest.prefix(12) ?? "-")),
        .init(String(comparison.centre.digest.prefix(12))),
        .init(demo.quantity.count(comparison.centre.position)), .init(language("sama", "equal"), .good),
      ]
    }
    try demo.screen.table(
      TextTable(
        [
          .init("Dataset"), .init("Node"),
          .init(language("Jumlah", "Count"), .right),
          .init(language("Jejak di kantor", "Digest there")),
          .init(language("Jejak di pusat", "At the centre")),
          .init(language("Posisi", "Position"), .right), .init(language("Hasil", "Result")),
        ], rows: rows))
    let others = total - comparisons.count
    try demo.screen.line(
      language(
        "  \(total) perbandingan sama (pada \(others) di antaranya memang tidak ada data)",
        "  \(total) comparisons are equal (in \(others) of them there is rightly no data)"))
  }
}

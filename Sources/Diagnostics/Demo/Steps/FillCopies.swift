import API
import Datasets
import Settings

/// Waits until every kecamatan holds its residents and nobody owes anything.
struct FillCopies: Sendable {
  private static let limit: Duration = .seconds(300)

  let demo: DemoContext

  /// - Returns: the residents of each kecamatan, in the order of the cast.
  func run() async throws -> [Int] {
    try await demo.waitUntilCaughtUp(demo.cast.offices, within: Self.limit)
    let kecamatan = demo.cast.kecamatan
    let total = demo.settings.residents
    let counts = try await demo.eventually(
      BilingualText(
        id: "\(total) penduduk terbagi di kecamatan", en: "\(total) residents spread over the kecamatan"),
      within: .seconds(30)
    ) {
      var counts: [Int] = []
      for office in kecamatan { counts.append(try await demo.office(office).digest("population").count) }
      let sum = counts.reduce(0, +)
      return sum == total ? .done(counts) : .waiting("\(sum)/\(total)", done: sum, total: total)
    }
    try show(zip(kecamatan, counts).map { ($0, $1) }, total)
    return counts
  }

  private func show(_ counts: [(NodeName, Int)], _ total: Int) throws {
    let language = demo.language
    var rows = counts.map { office, count -> [TextTable.Cell] in
      let title = demo.fleet.profile(of: office)?.title(language) ?? ""
      return [.init(office.text), .init(title), .init(demo.quantity.count(count))]
    }
    rows.append([.init(language("jumlah", "sum")), "", .init(demo.quantity.count(total), .good)])
    try demo.screen.table(
      TextTable(
        [
          .init("Node"), .init(language("Kantor", "Office")),
          .init(language("Penduduk di salinannya", "Residents in its copy"), .right),
        ], rows: rows))
  }
}

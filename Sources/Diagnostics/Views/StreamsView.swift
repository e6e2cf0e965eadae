package import API
package import Datasets

/// Streams as a table, by node and dataset.
package enum StreamsView {
  package static func table(_ streams: [StreamReply], language: Language) -> TextTable {
    let quantity = Quantity(language: language)
    let hasNodes = streams.contains { $0.node != nil }
    var columns: [TextTable.Column] = hasNodes ? [.init("Node")] : []
    columns += [
      .init("Dataset"), .init(language("Terakhir", "Last"), .right),
      .init(language("Diterapkan", "Applied"), .right), .init(language("Tertinggal", "Behind"), .right),
    ]
    let sorted = streams.sorted { ($0.node ?? "", $0.dataset) < ($1.node ?? "", $1.dataset) }
    let rows = sorted.map { stream -> [TextTable.Cell] in
      let behind = stream.last > stream.applied ? stream.last - stream.applied : 0
      return (hasNodes ? [TextTable.Cell(stream.node ?? "-")] : []) + [
        .init(stream.dataset), .init(quantity.count(stream.last)), .init(quantity.count(stream.applied)),
        .init(quantity.count(behind), behind > 0 ? .warning : .plain),
      ]
    }
    return TextTable(columns, rows: rows)
  }
}

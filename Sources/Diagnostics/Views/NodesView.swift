package import API
package import Datasets

/// Nodes as a table, and one node in full.
package struct NodesView: Sendable {
  private let language: Language
  private let age: Age
  private let quantity: Quantity

  package init(now: Timestamp, language: Language) {
    self.language = language
    age = Age(now: now, language: language)
    quantity = Quantity(language: language)
  }

  package func table(_ nodes: [NodeReply]) -> TextTable {
    let columns: [TextTable.Column] = [
      .init("Node"), .init(language("Keadaan", "State")), .init(language("Terlihat", "Seen")),
      .init(language("Tunggakan", "Backlog"), .right), .init(language("Ukuran", "Size"), .right),
      .init(language("Data terbaru", "Newest data")), .init(language("Konflik", "Conflicts"), .right),
      .init(language("Karantina", "Quarantine"), .right), .init(language("Versi", "Version")),
    ]
    let rows = nodes.sorted { $0.node < $1.node }.map { node -> [TextTable.Cell] in
      [
        .init(node.node), StateWords.cell(node.state, language), .init(age.text(of: node.lastSeen)),
        .init(quantity.count(node.backlog.changes), node.backlog.changes > 0 ? .warning : .plain),
        .init(quantity.bytes(node.backlog.bytes)), .init(age.text(of: node.newestData)),
        .init(quantity.optional(node.openConflicts)), .init(quantity.optional(node.quarantined)),
        .init(node.version ?? "-"),
      ]
    }
    return TextTable(columns, rows: rows)
  }

  /// `30 daring, 8 luring`.
  package func summary(_ nodes: [NodeReply]) -> String {
    var counts: [String: Int] = [:]
    for node in nodes { counts[node.state, default: 0] += 1 }
    return counts.sorted { $0.key < $1.key }
      .map { "\(quantity.count($0.value)) \(StateWords.cell($0.key, language).text)" }.joined(separator: ", ")
  }

  package func detail(_ node: NodeReply) -> TextTable {
    let title = node.title.flatMap { $0[language.rawValue] ?? $0["id"] }
    var pairs: [(String, TextTable.Cell)] = [("Node", .init(node.node, .heading))]
    if let title { pairs.append((language("Nama", "Name"), .init(title))) }
    if let kind = node.kind { pairs.append((language("Jenis", "Kind"), .init(kind))) }
    pairs += [
      (language("Keadaan", "State"), StateWords.cell(node.state, language)),
      (language("Terakhir terlihat", "Last seen"), .init(age.full(node.lastSeen))),
      (
        language("Tunggakan", "Backlog"),
        .init(
          language(
            "\(quantity.count(node.backlog.changes)) perubahan, \(quantity.bytes(node.backlog.bytes))",
            "\(quantity.count(node.backlog.changes)) changes, \(quantity.bytes(node.backlog.bytes))"))
      ),
      (language("Tertua di tunggakan", "Oldest in backlog"), .init(age.full(node.backlog.oldest))),
      (language("Data terbaru", "Newest data"), .init(age.full(node.newestData))),
      (language("Konflik terbuka", "Open conflicts"), .init(quantity.optional(node.openConflicts))),
      (language("Karantina", "Quarantine"), .init(quantity.optional(node.quarantined))),
      (
        language("Selisih jam", "Clock offset"),
        .init(node.clockOffsetMs.map { "\(quantity.count($0)) ms" } ?? "-")
      ),
      (language("Waktu tempuh", "Round trip"), .init(node.rttMs.map { "\(quantity.count($0)) ms" } ?? "-")),
      (language("Disk bebas", "Disk free"), .init(node.diskFreeBytes.map { quantity.bytes($0) } ?? "-")),
      (language("Versi", "Version"), .init(node.version ?? "-")),
    ]
    return TextTable(pairs: pairs)
  }
}

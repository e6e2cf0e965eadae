package import API
package import Datasets

/// A daemon's status as text.
package struct StatusView: Sendable {
  private let status: StatusReply
  private let language: Language
  private let age: Age
  private let quantity: Quantity

  package init(_ status: StatusReply, now: Timestamp, language: Language) {
    self.status = status
    self.language = language
    age = Age(now: now, language: language)
    quantity = Quantity(language: language)
  }

  package var summary: TextTable {
    var pairs: [(String, TextTable.Cell)] = [
      (language("Node", "Node"), .init(status.node, .heading)),
      (language("Peran", "Role"), .init(role)),
      (language("Keadaan", "State"), StateWords.cell(status.state, language)),
    ]
    if let why = status.why { pairs.append((language("Sebab", "Why"), .init(why, .warning))) }
    if !status.summary.isEmpty { pairs.append((language("Ringkasan", "Summary"), .init(status.summary))) }
    pairs.append((language("Versi", "Version"), .init(status.version)))
    pairs.append((language("Berjalan sejak", "Running since"), .init(age.full(status.startedAt))))
    pairs.append((language("Inkarnasi", "Incarnation"), .init(status.incarnation)))
    if let backlog = status.backlog {
      pairs.append((language("Belum diakui", "Not acknowledged"), text(of: backlog)))
    }
    return TextTable(pairs: pairs + measures + counts)
  }

  /// The streams, nil where the daemon lists none.
  package var streams: TextTable? {
    guard let streams = status.streams, !streams.isEmpty else { return nil }
    return StreamsView.table(streams, language: language)
  }

  private var role: String {
    switch status.role {
    case "agent": language("agen", "agent")
    case "aggregator": language("agregator", "aggregator")
    default: status.role
    }
  }

  private func text(of backlog: BacklogReply) -> TextTable.Cell {
    guard backlog.changes > 0 else { return .init(language("tidak ada", "none"), .good) }
    let changes = quantity.count(backlog.changes)
    let bytes = quantity.bytes(backlog.bytes)
    let oldest = age.text(of: backlog.oldest)
    return .init(
      language(
        "\(changes) perubahan, \(bytes), tertua \(oldest)", "\(changes) changes, \(bytes), oldest \(oldest)"),
      .warning)
  }

  private var measures: [(String, TextTable.Cell)] {
    var pairs: [(String, TextTable.Cell)] = []
    if let feed = status.feed {
      let position = quantity.count(feed.position)
      pairs.append(
        (
          language("Umpan", "Feed"),
          .init(
            language("posisi \(position), epok \(feed.epoch)", "position \(position), epoch \(feed.epoch)"))
        ))
    }
    if status.role == "aggregator" {
      let made = status.backup.map { age.full($0.madeAt) }
      pairs.append(
        (
          language("Cadangan terakhir", "Newest backup"),
          made.map { TextTable.Cell($0) } ?? TextTable.Cell(language("belum ada", "none yet"), .warning)
        ))
    }
    if let audit = status.audit {
      pairs.append((language("Catatan audit", "Audit log"), .init("\(quantity.count(audit.sequence)), \(audit.head)")))
    }
    if let offset = status.clockOffsetMs {
      pairs.append((language("Selisih jam", "Clock offset"), .init("\(quantity.count(offset)) ms")))
    }
    if let rtt = status.rttMs {
      pairs.append((language("Waktu tempuh", "Round trip"), .init("\(quantity.count(rtt)) ms")))
    }
    if let free = status.diskFreeBytes {
      pairs.append((language("Disk bebas", "Disk free"), .init(quantity.bytes(free))))
    }
    if let bytes = status.storeBytes {
      pairs.append((language("Ukuran simpanan", "Store size"), .init(quantity.bytes(bytes))))
    }
    return pairs
  }

  private var counts: [(String, TextTable.Cell)] {
    var pairs: [(String, TextTable.Cell)] = []
    if let open = status.openConflicts {
      pairs.append(
        (
          language("Konflik terbuka", "Open conflicts"),
          .init(quantity.count(open), open > 0 ? .warning : .plain)
        ))
    }
    if let open = status.openDuplicates {
      pairs.append(
        (
          language("Mungkin orang yang sama", "Perhaps one person"),
          .init(quantity.count(open), open > 0 ? .warning : .plain)
        ))
    }
    // All that quarantine list shows.
    let kept = [status.heldBack, status.heldValues, status.recovered].compactMap { $0 }
    if !kept.isEmpty {
      let held = kept.reduce(0, +)
      pairs.append(
        (
          language("Ditahan untuk diperiksa", "Held for review"),
          .init(quantity.count(held), held > 0 ? .warning : .plain)
        ))
    }
    if let spool = status.spool { pairs += files(of: spool) }
    if let nodes = status.nodes, !nodes.isEmpty {
      let parts = nodes.sorted { $0.key < $1.key }.map {
        "\(quantity.count($0.value)) \(StateWords.cell($0.key, language).text)"
      }
      pairs.append((language("Node", "Nodes"), .init(parts.joined(separator: ", "))))
    }
    return pairs
  }

  /// Files that wait, with what to do about it.
  private func files(of spool: StatusReply.SpoolReply) -> [(String, TextTable.Cell)] {
    var pairs: [(String, TextTable.Cell)] = []
    if let problem = spool.problem {
      pairs.append((language("Spool", "Spool"), .init(problem, .warning)))
    }
    if spool.waitingTotal > 0 {
      pairs.append(
        (
          language("Berkas spool menunggu", "Spool files waiting"),
          .init(quantity.count(spool.waitingTotal), .warning)
        ))
    }
    // The first few tell the cause; --json has more.
    for file in spool.waiting.prefix(5) { pairs.append((file.path, .init(file.reason, .warning))) }
    return pairs
  }
}

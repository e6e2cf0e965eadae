package import API
package import Datasets

/// What became of the rows of an import, or would become of them.
package struct ImportView: Sendable {
  private let reply: IntakeReply
  private let language: Language
  private let quantity: Quantity

  package init(_ reply: IntakeReply, language: Language) {
    self.reply = reply
    self.language = language
    quantity = Quantity(language: language)
  }

  private var isDryRun: Bool { reply.dryRun == true }

  package var counts: TextTable {
    var pairs: [(String, TextTable.Cell)] = [
      (language("Diterima", "Accepted"), .init(quantity.count(reply.accepted), .good))
    ]
    func add(_ name: String, _ count: Int?, _ style: TextStyle = .plain) {
      guard let count else { return }
      pairs.append((name, .init(quantity.count(count), count > 0 ? style : .plain)))
    }
    add(language("  baru", "  new"), reply.created)
    add(language("  berubah", "  changed"), reply.changed)
    add(language("  sudah ada", "  already there"), reply.duplicates)
    // The daemon counts what waits for a person among the rejected; to whoever reads, it is another matter.
    add(language("Ditolak", "Rejected"), max(0, reply.rejectedTotal - (reply.held ?? 0)), .bad)
    add(language("Ditahan untuk diputuskan", "Held for a decision"), reply.held, .warning)
    add(language("Mungkin orang lain", "Perhaps somebody else"), reply.suspects, .warning)
    if let stream = reply.stream {
      pairs.append(
        (
          language("Urutan", "Sequence"),
          .init("\(quantity.count(stream.first)) - \(quantity.count(stream.last))")
        ))
    }
    return TextTable(pairs: pairs)
  }

  /// The rejected rows, by line; nil when there are none.
  package var rejected: TextTable? {
    if reply.rejected.isEmpty { return nil }
    let columns: [TextTable.Column] = [
      .init(language("Baris", "Line"), .right), .init(language("Kolom", "Field")),
      .init(language("Alasan", "Reason")),
    ]
    let rows = reply.rejected.map { row -> [TextTable.Cell] in
      [.init(String(row.line)), .init(row.field ?? "-"), .init(row.reason)]
    }
    return TextTable(columns, rows: rows)
  }

  /// What was taken, and yet not as whoever made the file may believe; nil when there is nothing of the kind.
  package var warnings: TextTable? {
    guard let warnings = reply.warnings, !warnings.isEmpty else { return nil }
    let columns: [TextTable.Column] = [
      .init(language("Mulai baris", "From line"), .right), .init(language("Banyaknya", "Rows"), .right),
      .init(language("Kolom", "Field")), .init(language("Peringatan", "Warning")),
    ]
    let rows = warnings.map { warning -> [TextTable.Cell] in
      [
        .init(String(warning.line)), .init(quantity.count(warning.rows)), .init(warning.field ?? "-", .warning),
        .init(warning.reason),
      ]
    }
    return TextTable(columns, rows: rows)
  }

  /// Fields that nobody declared; nil when there are none.
  package var unknownFields: TextTable? {
    guard let fields = reply.unknownFields, !fields.isEmpty else { return nil }
    let columns: [TextTable.Column] = [
      .init(language("Kolom tak dikenal", "Unknown field")), .init(language("Baris", "Rows"), .right),
      .init(language("Maksudnya", "Meant perhaps")),
    ]
    let rows = fields.map { field -> [TextTable.Cell] in
      [.init(field.field, .warning), .init(quantity.count(field.rows)), .init(field.suggestion ?? "-")]
    }
    return TextTable(columns, rows: rows)
  }

  /// What would become of the rows, a line for each field that differs; nil where nothing would.
  package var rows: TextTable? {
    let listed = (reply.rows ?? []).filter { $0.outcome != "same" || $0.suspicion != nil }
    if listed.isEmpty { return nil }
    let columns: [TextTable.Column] = [
      .init(language("Baris", "Line"), .right), .init(language("Menjadi", "Outcome")),
      .init(language("Kolom", "Field")), .init(language("Sekarang", "Now")), .init(language("Berkas", "File")),
    ]
    var rows: [[TextTable.Cell]] = []
    for row in listed {
      var line: [TextTable.Cell] = [.init(String(row.line)), .init(outcome(row), style(row))]
      // Of somebody new, every field is: the name tells who it is.
      let fields = row.outcome == "new" ? row.fields.filter { $0.field == reply.nameField } : row.fields
      if fields.isEmpty { rows.append(line) }
      for field in fields {
        line += [
          .init(field.field), .init(field.old.map { ValueText.of($0, language: language) } ?? "-"),
          .init(ValueText.of(field.new, language: language), field.held == true ? .warning : .plain),
        ]
        rows.append(line)
        line = ["", ""]
      }
    }
    return TextTable(columns, rows: rows)
  }

  /// What the list of rows leaves out; nil when it is whole.
  package var remainder: String? {
    guard isDryRun, let rowsMax = reply.rowsPerOutcomeMax, let rows = reply.rows else { return nil }
    let counts = [("new", reply.created), ("changed", reply.changed), ("held", reply.held)]
    let isCut = counts.contains { outcome, count in rows.count { $0.outcome == outcome } < count ?? 0 }
    guard isCut || rows.count(where: { $0.suspicion != nil }) < reply.suspects ?? 0 else { return nil }
    return language(
      "Paling banyak \(rowsMax) baris tiap jenis ditampilkan; jumlahnya untuk seluruh berkas.",
      "At most \(rowsMax) rows of each kind are shown; the counts are of the whole file.")
  }

  private func outcome(_ row: IntakeReply.Row) -> String {
    let word =
      switch row.outcome {
      case "new": language("baru", "new")
      case "changed": language("berubah", "changed")
      case "same": language("sama", "same")
      case "held": language("ditahan", "held")
      default: row.outcome
      }
    switch row.suspicion {
    case "same_number": return word + language(", NIK dipakai orang lain", ", number of somebody else")
    case "other_name": return word + language(", nama lain", ", another name")
    case let other?: return "\(word), \(other)"
    case nil: return word
    }
  }

  private func style(_ row: IntakeReply.Row) -> TextStyle {
    row.suspicion != nil || row.outcome == "held" ? .warning : .plain
  }
}

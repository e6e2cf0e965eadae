import Datasets

/// Reads a table of `agents/reference/codes`.
enum CodeTableReader {
  /// - Parameter name: the file's name without `.toml`.
  static func readFile(_ root: TableReader, name: String) -> CodeTable? {
    let title = root.title()
    let table = readCodes(root, name: name)
    root.finish()
    return title == nil ? nil : table
  }

  /// The `[[code]]` tables of `reader`.
  static func readCodes(_ reader: TableReader, name: String) -> CodeTable? {
    guard reader.has("code") else {
      reader.missing(
        "code", remedy: .init(id: "tulis satu [[code]] untuk tiap kode", en: "write a [[code]] for every code"))
      return nil
    }
    let entries = reader.tables("code")
    let codes = entries.map { entry -> CodeTable.Code? in
      let code = entry.requiredString("code")
      let title = entry.title()
      let aliases = entry.spellings("aliases")
      guard let code, let title else { return nil }
      return CodeTable.Code(code: code, title: title, aliases: aliases)
    }
    let table = CodeTable(name: name, codes: codes.compactMap { $0 })
    guard table.codes.count == entries.count, !table.codes.isEmpty else { return nil }
    checkSpellings(of: table, entries)
    return table
  }

  /// A spelling that means two codes would store one of them by chance.
  private static func checkSpellings(of table: CodeTable, _ entries: [TableReader]) {
    var seen: Set<String> = []
    for (code, entry) in zip(table.codes, entries) {
      if !seen.insert(code.code).inserted {
        entry.report("code", .init(id: "isian lain memakai kode yang sama", en: "another entry has the same code"))
      }
      let spellings =
        [("code", code.code), ("title", code.title.indonesian), ("title", code.title.english)]
        + code.aliases.map { ("aliases", $0) }
      for (key, spelling) in spellings {
        guard let meant = table.code(for: spelling), meant != code.code else { continue }
        entry.report(
          key,
          .init(
            id: "\"\(spelling)\" sudah berarti kode \"\(meant)\"",
            en: "\"\(spelling)\" already means the code \"\(meant)\""),
          remedy: .removeOne)
      }
    }
  }
}

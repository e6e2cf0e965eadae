import Datasets
import GRDB
import Replication
import Storage
import Wire

/// Names that were sorted away from their rows in an exported sheet: many rows are suddenly called quite otherwise, and as
/// somebody else here is (ADR 0032).
///
/// One name may have been corrected to any other, two may have been swapped, and children get names that nobody here has.
struct SortedNames {
  private static let rowsMin = 3

  /// The lines whose rows are refused.
  private(set) var lines: Set<Int> = []

  /// - Parameters:
  ///   - tables: where the rows' records are found.
  ///   - run: remembers for the next batches that the file's names were sorted: a last batch may have few rows.
  init(
    in rows: [ImportRow], _ tables: borrowing RecordTables, _ run: inout ImportRun, registry: FieldRegistry,
    shown: ([String], FieldName) throws -> Set<String>
  ) throws {
    let definition = tables.dataset.definition
    guard let name = definition.person?.name else { return }
    var renamed: [(line: Int, name: String)] = []
    for row in rows {
      guard row.version != nil, let id = row.id, let given = row.row[name], given != .null,
        let stored = try tables.find(id), let copy = try? stored.copy(registry),
        copy.state.isOtherName(given, definition)
      else { continue }
      renamed.append((row.row.line, given.text))
    }
    if !run.namesAreSorted {
      guard renamed.count >= Self.rowsMin else { return }
      let known = try shown(renamed.map(\.name), name)
      let count = renamed.count { known.contains($0.name) }
      run.namesAreSorted = count >= Self.rowsMin && count > renamed.count - count
    }
    if run.namesAreSorted { lines = Set(renamed.map(\.line)) }
  }
}

extension RecordState {
  /// Whether the record shows a name that is hardly the same person's.
  func isOtherName(_ given: Value, _ definition: DatasetDefinition) -> Bool {
    guard given != .null, let name = definition.person?.name,
      let shown = self[name].shown(by: definition.rule(for: name)), shown != .null
    else { return false }
    return NameSimilarity.of(PersonName(given.text), PersonName(shown.text)) < PersonMatch.sameNameMin
  }
}

extension WriteTransaction {
  /// See `SortedNames`.
  func sortedNames(
    in rows: [ImportRow], _ tables: borrowing RecordTables, _ run: inout ImportRun
  ) throws -> SortedNames {
    let dataset = tables.dataset
    return try SortedNames(
      in: rows, tables, &run, registry: cache.registries[dataset.name] ?? FieldRegistry()
    ) { names, field in
      // One look through the table, in the few imports that rename so many: no index is worth its writes.
      let column = TypedTable.quoted(field.text)
      let table = "\(context.isDryRun ? "live" : "main").\(dataset.table.name)"
      let selection = try RawStatement(
        database,
        "SELECT DISTINCT \(column) FROM \(table) WHERE \(column) IN (SELECT value FROM json_each(?))")
      selection.bind(JSONText.array(names), at: 1)
      var shown: Set<String> = []
      while try selection.step() { if let text = selection.text(0) { shown.insert(text) } }
      return shown
    }
  }
}

extension FieldProblem {
  static func sortedNames(_ field: FieldName) -> FieldProblem {
    FieldProblem(
      field: field.text, code: "other_row",
      reason: BilingualText(
        id:
          "Banyak baris berkas ini tiba-tiba memuat nama orang lain: kolom nama mungkin diurutkan tanpa kolom lainnya. "
          + "Baris ini tidak diubah. Urutkan seluruh tabel, atau ekspor lagi; nama yang memang lain diubah satu per satu "
          + "(simpulctl records put DATASET --id ID KOLOM=ISI).",
        en:
          "Many rows of this file suddenly have somebody else's name: the column of names may have been sorted without the "
          + "others. The row was not changed. Sort the whole table, or export again; names that are right are changed one "
          + "by one (simpulctl records put DATASET --id ID FIELD=VALUE)."))
  }

  /// - Parameter first: the line that was taken.
  static func repeatedID(_ line: Int, first: Int) -> FieldProblem {
    FieldProblem(
      field: "id", code: "repeated_id",
      reason: BilingualText(
        id:
          "Id di baris \(line) sudah ada di baris \(first) dengan isian lain di kolom yang sama; baris \(line) tidak "
          + "diambil. Satukan kedua baris, lalu impor lagi.",
        en:
          "The id in line \(line) stands in line \(first) with another value in the same column; line \(line) was not "
          + "taken. Make one row of the two and import again."))
  }
}

import Datasets
import NodeStorage
import Replication
import Sessions

extension Intake {
  private static let idColumn = "id"

  /// A row may name its record in a column `id`, and bring back in `version` what an export gave out (ADR 0032).
  static func importRow(
    _ row: IntakeRow, _ dataset: Catalogue.Dataset, _ fleetKeys: [FleetKey], now: Timestamp
  ) -> Result<ImportRow, FieldProblem> {
    let validator = dataset.validator
    var row = row
    do throws(FieldProblem) {
      let id = try takeID(from: &row)
      let exported = try takeVersion(from: &row, validator, fleetKeys, hasID: id != nil)
      if let exported {
        try check(row, isOf: exported, dataset.definition)
        // As it was exported, it is nobody's edit, even where a mask stands.
        row.fields.removeAll { name, value in value.cell.map { exported.wrote($0, in: name) } ?? false }
      }
      return validator.validate(row, now: now).map { checked in
        ImportRow(checked, id: id, version: exported?.version, isOfTable: row.isOfTable)
      }
    } catch {
      return .failure(error)
    }
  }

  /// Cells that were sorted and left `id` and `version` behind would make each record another person: more of what tells
  /// who it is was changed than was left.
  private static func check(
    _ row: IntakeRow, isOf exported: ExportedVersion, _ definition: DatasetDefinition
  ) throws(FieldProblem) {
    let person = definition.person
    let telling = Set(
      (definition.identity + [person?.number, person?.name, person?.birthDate, person?.mother].compactMap { $0 })
        .map(\.text))
    let cells = row.fields.filter { telling.contains($0.name) }.compactMap { name, value in
      value.cell.flatMap { $0.isEmpty ? nil : (name: name, text: $0) }
    }
    let changed = cells.filter { !exported.wrote($0.text, in: $0.name) }
    // A single one may have been corrected.
    guard changed.count > 1, changed.count > cells.count - changed.count else { return }
    throw FieldProblem(
      field: idColumn, code: "other_row",
      reason: BilingualText(
        id:
          "Baris ini tidak lagi berisi orang yang diekspor dengan id ini: kolom lain mungkin diurutkan tanpa kolom id dan "
          + "version. Tidak ada yang diubah. Urutkan seluruh tabel, atau ekspor lagi.",
        en:
          "The row is no longer of whom was exported with this id: other columns may have been sorted without id and "
          + "version. Nothing was changed. Sort the whole table, or export again."))
  }

  private static func takeID(from row: inout IntakeRow) throws(FieldProblem) -> RecordID? {
    guard let index = row.fields.firstIndex(where: { $0.name == idColumn }) else { return nil }
    guard case .text(let text) = row.fields.remove(at: index).value, let id = RecordID(text) else {
      throw FieldProblem(
        field: idColumn, code: "not_an_id",
        reason: BilingualText(
          id: "Kolom id bukan id Simpul (32 angka heksadesimal). Kosongkan kolom ini untuk penduduk baru.",
          en: "The id is none of Simpul's (32 hexadecimal digits). Leave it out for a new record."))
    }
    return id
  }

  private static func takeVersion(
    from row: inout IntakeRow, _ validator: RowValidator, _ fleetKeys: [FleetKey], hasID: Bool
  ) throws(FieldProblem) -> ExportedVersion? {
    let column = ExportedVersion.column
    guard let index = row.fields.firstIndex(where: { $0.name == column }),
      FieldName(column).map({ !validator.isDeclared($0) }) ?? false
    else { return nil }
    let exported = row.fields[index].value.cell.flatMap { ExportedVersion($0, fleetKeys: fleetKeys) }
    // Without an id it says nothing of anybody: what an export wrote goes, anything else is a field like others.
    if !hasID, exported == nil { return nil }
    row.fields.remove(at: index)
    guard hasID else { return nil }
    guard let exported else {
      throw FieldProblem(
        field: column, code: "not_a_version",
        reason: BilingualText(
          id:
            "Isi kolom version berubah atau bukan dari ekspor Simpul. Kembalikan isinya dari berkas ekspor, atau ekspor "
            + "lagi dan ulangi suntingannya.",
          en:
            "The version was changed, or comes from no export of Simpul. Put it back from the exported file, or export "
            + "again and repeat the edit."))
    }
    return exported
  }
}

extension RawValue {
  /// As an export writes it in a cell; nil for what it writes in none.
  fileprivate var cell: String? {
    switch self {
    case .null, .object: nil
    case .boolean(let flag): flag ? "true" : "false"
    case .number(let text), .text(let text): text
    case .list(let elements): elements.map { $0.cell ?? "" }.joined(separator: ";")
    }
  }
}

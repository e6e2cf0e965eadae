extension ColumnMap {
  /// An undeclared column of a table.
  typealias Unknown = (heading: String, name: String)

  /// See `refusal`.
  static func refusal(
    _ unknown: [Unknown], beside columns: [Column], _ definition: DatasetDefinition, region: FieldName?
  ) -> FieldProblem? {
    let isRegionGiven = columns.contains(.village)
    /// What gives the region is known by its own name, or by the name of a desa.
    func isGiven(_ field: FieldName) -> Bool {
      columns.contains(.field(field.text)) || (isRegionGiven && field == region)
    }
    let missing = missingSpellings(beside: columns, definition, region: region, isGiven)
    let lacking = definition.fields.filter { field in
      (field.isRequired || definition.key.contains(field.name)) && !isGiven(field.name)
    }
    if unknown.isEmpty, lacking.isEmpty { return nil }
    // An export whose ids were taken out: everybody whom no number tells would be there twice.
    if unknown.contains(where: { $0.name == "version" }), !columns.contains(.field("id")), definition.kind == .record {
      return .exportWithoutID
    }
    var slips = unknown.compactMap { column in
      EditDistance.slip(for: column.name, among: missing.keys).map { (written: column.heading, meant: $0) }
    }
    // What every row must have is missed for certain: so fewer letters tell that it was meant.
    for field in lacking where !slips.contains(where: { missing[$0.meant] == field.name }) {
      let spellings = missing.filter { $0.value == field.name }.keys
      for column in unknown {
        guard let meant = EditDistance.slip(for: column.name, among: spellings, lengthMin: 3) else { continue }
        slips.append((column.heading, meant))
        break
      }
    }
    if !slips.isEmpty { return .misspelt(slips) }
    guard let field = lacking.first, !mayBeOfKnown(columns, definition) else { return nil }
    return .missingColumn(field, lacking: lacking.map(\.title))
  }

  /// How the fields that no column gives could be headed, in the form of field names.
  private static func missingSpellings(
    beside columns: [Column], _ definition: DatasetDefinition, region: FieldName?, _ isGiven: (FieldName) -> Bool
  ) -> [String: FieldName] {
    var missing = definition.spellings.filter { !isGiven($0.value) }
    // Where another column gives the code, names of places are no more than remarks.
    guard let region, !columns.contains(.field(region.text)), let field = definition.field(region) else {
      return missing
    }
    let headings =
      (columns.contains(.district) ? [] : field.districtHeaders)
      + (columns.contains(.village) ? [] : field.villageHeaders)
    for heading in headings {
      if let spelled = HeaderSpelling.fieldName(from: heading) { missing[spelled.text] = field.name }
    }
    return missing
  }

  /// Whether rows may be of records that are there already: those need only what changes (ADR 0019).
  private static func mayBeOfKnown(_ columns: [Column], _ definition: DatasetDefinition) -> Bool {
    guard definition.kind == .record else { return false }
    let names = definition.person?.number.map { [$0] } ?? definition.identity
    return columns.contains(.field("id")) || names.contains { columns.contains(.field($0.text)) }
  }
}

extension DatasetDefinition {
  /// Headings that a table of this dataset could have, for those who are told that theirs has none: of what every row
  /// must have, or is found by.
  package var exampleHeadings: [String] {
    let telling = fields.filter { $0.isRequired || key.contains($0.name) || identity.contains($0.name) }
    return telling.prefix(3).map { field in
      let taken = Set(([field.name.text] + field.headers).map(HeaderSpelling.folded))
      let title = field.title.indonesian
      return taken.contains(HeaderSpelling.folded(title)) ? title : field.headers.first ?? field.name.text
    }
  }
}

extension FieldProblem {
  static func duplicateColumn(_ heading: String) -> FieldProblem {
    FieldProblem(
      field: heading, code: "duplicate_column",
      reason: BilingualText(
        id:
          "Dua kolom berarti isian yang sama. Hapus atau ganti nama salah satu kolom, lalu kirim ulang berkasnya. Baris "
          + "pertama harus berisi judul kolom.",
        en:
          "Two columns mean the same field. Remove or rename one of them and send the file again. The first line must hold "
          + "the headings."))
  }

  static func misspelt(_ slips: [(written: String, meant: String)]) -> FieldProblem {
    let words = slips.map { "'\(HeaderSpelling.shown($0.written))' → '\($0.meant)'" }.joined(separator: ", ")
    return FieldProblem(
      field: HeaderSpelling.shown(slips[0].written), code: "misspelt_column",
      reason: BilingualText(
        id:
          "Judul kolom tampaknya salah tulis: \(words). Tidak ada baris yang diambil. Perbaiki judulnya, lalu kirim "
          + "ulang berkasnya; kolom yang memang lain harus diberi nama yang jelas berbeda.",
        en:
          "A heading seems misspelt: \(words). No row was taken. Correct the heading and send the file again; a column "
          + "that means something else needs a name that is clearly different."))
  }

  /// - Parameter lacking: the titles of all fields without which no row can be taken.
  static func missingColumn(_ field: FieldDefinition, lacking: [BilingualText]) -> FieldProblem {
    FieldProblem(
      field: field.name.text, code: "missing_column",
      reason: BilingualText(
        id:
          "Tabel ini tidak punya kolom \(lacking.map(\.indonesian).joined(separator: ", ")), yang wajib ada di setiap "
          + "baris. Tidak ada baris yang diambil. Tambahkan kolomnya, atau perbaiki judulnya, lalu kirim ulang berkasnya.",
        en:
          "The table has no column \(lacking.map(\.english).joined(separator: ", ")), which every row must have. No row "
          + "was taken. Add the column, or correct its heading, and send the file again."))
  }

  static var exportWithoutID: FieldProblem {
    FieldProblem(
      field: "id", code: "missing_column",
      reason: BilingualText(
        id:
          "Tabel ini punya kolom version dari ekspor, tetapi tidak punya kolom id. Tidak ada baris yang diambil. Kembalikan "
          + "kolom id, atau hapus juga kolom version bila semuanya memang orang baru.",
        en:
          "The table has the column version of an export, and no id. No row was taken. Put the column id back, or remove "
          + "version too if all of them are new."))
  }

  static func unknownColumn(_ heading: String) -> FieldProblem {
    FieldProblem(
      field: heading, code: "unknown_column",
      reason: BilingualText(
        id: "Nama kolom ini tidak dapat dipakai. Ganti dengan huruf dan angka, lalu kirim ulang berkasnya.",
        en: "This column's heading cannot be used. Rename it with letters and digits and send the file again."
      ))
  }
}

/// Which field each column of a table means, found once from its headings.
///
/// Files are mapped by headings, never by position: exports of different years have 12, 16, 19 or 37 columns.
package struct ColumnMap: Sendable {
  /// A table has at most this many columns.
  package static let columnsMax = 1_000

  /// What one column gives.
  private enum Column: Sendable, Equatable {
    /// A declared field, or one that nobody declared, under a legal name.
    case field(String)
    case district
    case village
    /// Row numbers.
    case ignored
  }

  /// How many columns the table has; every row must have as many.
  package let columnCount: Int
  /// Columns that give a declared field, alone or (district, village) together.
  package let recognisedCount: Int
  /// Of these, the ones that hold the name of a kecamatan or desa.
  package let regionNameCount: Int
  /// Why the table is not to be read as it is: headings that can hardly be anything but slips for fields that no other
  /// column gives. Their values would be kept where nobody looks for them, and many rows lack what they must have.
  package let misspelling: FieldProblem?

  private let columns: [Column]
  private let headings: HeadingIndex
  /// The field that district and village together give.
  private let regionField: FieldName?
  private let regions: RegionTable?
  private var villages: [String: RegionCode] = [:]
  private var unknownVillages: [String: FieldProblem] = [:]

  /// - Throws: a problem that names the column when two columns mean the same field, or one has no name that
  ///   can be kept.
  package init(
    header: [String], definition: DatasetDefinition, regions: RegionTable?
  ) throws(FieldProblem) {
    guard header.count <= Self.columnsMax else { throw .tooManyFields(countMax: Self.columnsMax) }
    let headings = HeadingIndex(definition)
    var columns: [Column] = []
    var recognised = 0
    var unknown: [(heading: String, name: String)] = []
    // A row of data in the place of headings has people's numbers too: then there are no headings at all.
    var numbered: String?
    for (index, heading) in header.enumerated() {
      let folded = HeaderSpelling.folded(heading)
      if let known = headings.meaning(of: folded) {
        recognised += 1
        columns.append(known)
      } else if HeaderSpelling.rowNumbers.contains(folded) {
        columns.append(.ignored)
      } else if IdentityNumbers.areIn(heading) {
        numbered = numbered ?? heading
        columns.append(.ignored)
      } else {
        let name = try Self.unknownName(heading, column: index + 1)
        unknown.append((heading, name))
        columns.append(.field(name))
      }
    }
    if recognised > 0, let numbered { throw .unknownColumn(HeaderSpelling.shown(numbered)) }
    for (index, column) in columns.enumerated() where column != .ignored {
      if columns[..<index].contains(column) { throw .duplicateColumn(HeaderSpelling.shown(header[index])) }
    }
    // The name of a kecamatan alone gives no desa: then it is a column like any other.
    if !columns.contains(.village) || regions == nil {
      for index in columns.indices where columns[index] == .district || columns[index] == .village {
        columns[index] = .field(try Self.unknownName(header[index], column: index + 1))
        recognised -= 1
      }
    }
    misspelling = Self.misspelling(unknown, beside: columns, definition, region: headings.regionField)
    self.columns = columns
    self.headings = headings
    self.regions = regions
    columnCount = header.count
    recognisedCount = recognised
    regionNameCount = columns.count { $0 == .district || $0 == .village }
    regionField = headings.regionField
  }

  /// The row that `cells` make: empty cells are untouched and left out.
  ///
  /// - Parameter cells: as many as the table has columns.
  package mutating func row(line: Int, cells: [String]) -> Result<IntakeRow, FieldProblem> {
    var fields: [(name: String, value: RawValue)] = []
    fields.reserveCapacity(columns.count)
    var district = ""
    var village = ""
    for (column, cell) in zip(columns, cells) {
      guard !cell.isEmpty else { continue }
      switch column {
      case .ignored: continue
      case .field(let name):
        let text = TextCleaning.trimmed(cell)
        if !text.isEmpty { fields.append((name, .text(text))) }
      case .district: district = TextCleaning.trimmed(cell)
      case .village: village = TextCleaning.trimmed(cell)
      }
    }
    if let regionField, !village.isEmpty, !fields.contains(where: { $0.name == regionField.text }) {
      guard let code = self.village(village, in: district) else {
        return .failure(unknownRegion(regionField, village, in: district))
      }
      fields.append((regionField.text, .text(code.text)))
    }
    return .success(IntakeRow(line: line, fields: fields))
  }

  /// Whether these cells are headings again: old exports repeat the line for every family.
  package func areHeadings(_ cells: [String]) -> Bool {
    // Nearly every row of data is told by its first cell; only then is the rest folded.
    guard let first = cells.first(where: { !$0.isEmpty }), isHeading(first) else { return false }
    let filled = cells.filter { !TextCleaning.trimmed($0).isEmpty }
    return filled.count > 1 && filled.allSatisfy(isHeading)
  }

  private func isHeading(_ cell: String) -> Bool {
    guard let first = cell.utf8.first, first &- UInt8(ascii: "0") > 9 else { return false }
    let folded = HeaderSpelling.folded(cell)
    return headings.meaning(of: folded) != nil || HeaderSpelling.rowNumbers.contains(folded)
  }

  private static let villageWords = ["kelurahan ", "kel. ", "kel.", "kel ", "desa ", "ds. ", "ds."]
  private static let districtWords = ["kecamatan ", "kec. ", "kec.", "kec "]

  private mutating func village(_ village: String, in district: String) -> RegionCode? {
    // A file names the same 70 villages in 250,000 rows; finding one folds its name letter by letter.
    let key = district + "\u{1F}" + village
    if let known = villages[key] { return known }
    guard let code = lookUp(village, in: district) else { return nil }
    if villages.count < 4_096 { villages[key] = code }
    return code
  }

  private func lookUp(_ village: String, in district: String) -> RegionCode? {
    if let code = RegionCode(TextCleaning.withoutTextMark(village)), code.text.utf8.count > 8 { return code }
    guard let regions else { return nil }
    for villageName in Self.spellings(village, prefixes: Self.villageWords) {
      for districtName in Self.spellings(district, prefixes: Self.districtWords) {
        if let code = regions.village(named: villageName, inDistrict: districtName) { return code }
      }
    }
    return nil
  }

  /// The same unknown name comes in every row of a neighbour's file.
  private mutating func unknownRegion(_ field: FieldName, _ village: String, in district: String) -> FieldProblem {
    let key = district + "\u{1F}" + village
    if let known = unknownVillages[key] { return known }
    let problem = FieldProblem.unknownRegion(field.text, near: near(village, in: district))
    if unknownVillages.count < 4_096 { unknownVillages[key] = problem }
    return problem
  }

  /// What was most likely meant: `Botto (73.12.04.1003)`.
  private func near(_ village: String, in district: String) -> String? {
    // The last spelling is without the word for its kind.
    let words = Self.spellings(village, prefixes: Self.villageWords).last ?? village
    let place = Self.spellings(district, prefixes: Self.districtWords).last ?? district
    let names = (regions?.villages(near: words, inDistrict: place) ?? []).map { "\($0.name) (\($0.code))" }
    return names.isEmpty ? nil : names.joined(separator: ", ")
  }

  /// The name as written, then without the word for its kind: `Kel. Botto` is Botto.
  private static func spellings(_ name: String, prefixes: [String]) -> [String] {
    let folded = HeaderSpelling.folded(name)
    guard let prefix = prefixes.first(where: { folded.hasPrefix($0) }) else { return [folded] }
    return [folded, String(folded.dropFirst(prefix.count))]
  }

  private static func unknownName(_ heading: String, column: Int) throws(FieldProblem) -> String {
    if HeaderSpelling.folded(heading).isEmpty { return "kolom_\(column)" }
    guard let name = HeaderSpelling.fieldName(from: heading) else {
      throw .unknownColumn(HeaderSpelling.shown(heading))
    }
    guard !name.isReserved else { throw .reservedField(name.text) }
    return name.text
  }

  private static func misspelling(
    _ unknown: [(heading: String, name: String)], beside columns: [Column], _ definition: DatasetDefinition,
    region: FieldName?
  ) -> FieldProblem? {
    if unknown.isEmpty { return nil }
    // What gives the region is known by its own name, or by the names of kecamatan and desa.
    let region = region.flatMap { definition.field($0) }
    let isRegionGiven = columns.contains(.village)
    var missing = definition.spellings.filter { column in
      !columns.contains(.field(column.value.text)) && !(isRegionGiven && column.value == region?.name)
    }
    for heading in (columns.contains(.district) ? [] : region?.districtHeaders ?? [])
      + (isRegionGiven ? [] : region?.villageHeaders ?? [])
    {
      if let spelled = HeaderSpelling.fieldName(from: heading) { missing[spelled.text] = region?.name }
    }
    let slips = unknown.compactMap { column in
      EditDistance.slip(for: column.name, among: missing.keys).map { (written: column.heading, meant: $0) }
    }
    return slips.isEmpty ? nil : .misspelt(slips)
  }

  /// Headings by their folded spelling.
  private struct HeadingIndex {
    private var columns: [String: Column] = [:]
    private(set) var regionField: FieldName?

    init(_ definition: DatasetDefinition) {
      for field in definition.fields {
        for heading in [field.name.text] + field.headers { add(heading, .field(field.name.text)) }
        guard !field.villageHeaders.isEmpty, regionField == nil else { continue }
        regionField = field.name
        for heading in field.districtHeaders { add(heading, .district) }
        for heading in field.villageHeaders { add(heading, .village) }
      }
    }

    func meaning(of folded: String) -> Column? { columns[folded] }

    private mutating func add(_ heading: String, _ column: Column) {
      let folded = HeaderSpelling.folded(heading)
      if columns[folded] == nil { columns[folded] = column }
    }
  }
}

extension FieldProblem {
  static func duplicateColumn(_ heading: String) -> FieldProblem {
    FieldProblem(
      field: heading, code: "duplicate_column",
      reason: BilingualText(
        id:
          "Dua kolom berarti isian yang sama. Hapus atau ganti nama salah satu kolom, lalu kirim ulang "
          + "berkasnya.",
        en: "Two columns mean the same field. Remove or rename one of them and send the file again."))
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

  static func unknownColumn(_ heading: String) -> FieldProblem {
    FieldProblem(
      field: heading, code: "unknown_column",
      reason: BilingualText(
        id: "Nama kolom ini tidak dapat dipakai. Ganti dengan huruf dan angka, lalu kirim ulang berkasnya.",
        en: "This column's heading cannot be used. Rename it with letters and digits and send the file again."
      ))
  }
}

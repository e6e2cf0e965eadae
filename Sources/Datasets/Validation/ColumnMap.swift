/// Which field each column of a table means, found once from its headings.
///
/// Files are mapped by headings, never by position: exports of different years have 12, 16, 19 or 37 columns.
package struct ColumnMap: Sendable {
  /// A table has at most this many columns.
  package static let columnsMax = 1_000

  /// What one column gives.
  enum Column: Sendable, Equatable {
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
  /// column gives, or no column at all for what every row must have. Values would be kept where nobody looks for them,
  /// and every row would be refused for what only the headings lack.
  package let refusal: FieldProblem?

  private let columns: [Column]
  /// The table's own headings by the fields that they give.
  private let written: [String: String]
  private let headings: HeadingIndex
  /// The field that district and village together give.
  private let regionField: FieldName?
  private let regions: RegionTable?
  private var villages: [String: RegionCode] = [:]
  private var unknownVillages: [String: FieldProblem] = [:]

  /// - Throws: a problem that names the column when two columns mean the same field, or one has no name that
  ///   can be kept; of a line with at least one known heading only.
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
    var defect: FieldProblem?
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
        do throws(FieldProblem) {
          let name = try Self.unknownName(heading, column: index + 1)
          unknown.append((heading, name))
          columns.append(.field(name))
        } catch {
          defect = defect ?? error
          columns.append(.ignored)
        }
      }
    }
    // The name of a kecamatan alone gives no desa: then it is a column like any other.
    if !columns.contains(.village) || regions == nil {
      for index in columns.indices where columns[index] == .district || columns[index] == .village {
        columns[index] = .field(try Self.unknownName(header[index], column: index + 1))
        recognised -= 1
      }
    }
    // A line without any known heading is none: nothing can be wrong with it.
    if recognised > 0 {
      if let defect { throw defect }
      if let numbered { throw .unknownColumn(HeaderSpelling.shown(numbered)) }
      for (index, column) in columns.enumerated() where column != .ignored {
        if columns[..<index].contains(column) { throw .duplicateColumn(HeaderSpelling.shown(header[index])) }
      }
    }
    refusal = Self.refusal(unknown, beside: columns, definition, region: headings.regionField)
    self.columns = columns
    written = Self.written(header, columns, region: headings.regionField)
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
    return .success(IntakeRow(line: line, fields: fields, isOfTable: true))
  }

  /// What the table itself calls a field; nil for one that it does not give.
  package func heading(of field: String) -> String? { written[field] }

  private static func written(_ header: [String], _ columns: [Column], region: FieldName?) -> [String: String] {
    var written: [String: String] = [:]
    for (heading, column) in zip(header, columns) {
      switch column {
      case .field(let name): written[name] = HeaderSpelling.shown(heading)
      case .village: if let region, written[region.text] == nil { written[region.text] = HeaderSpelling.shown(heading) }
      case .district, .ignored: break
      }
    }
    return written
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

  private mutating func village(_ village: String, in district: String) -> RegionCode? {
    // A file names the same 70 villages in 250,000 rows; finding one folds its name letter by letter.
    let key = district + "\u{1F}" + village
    if let known = villages[key] { return known }
    guard let code = lookUp(village, in: district) else { return nil }
    if villages.count < 4_096 { villages[key] = code }
    return code
  }

  private func lookUp(_ village: String, in district: String) -> RegionCode? {
    if let code = RegionCode(TextCleaning.withoutTextMark(village)), code.isVillage { return code }
    guard let regions else { return nil }
    for villageName in RegionTable.spellings(ofVillage: village) {
      for districtName in RegionTable.spellings(ofDistrict: district) {
        if let code = regions.village(named: villageName, inDistrict: districtName) { return code }
      }
    }
    return nil
  }

  /// The same unknown name comes in every row of a neighbour's file.
  private mutating func unknownRegion(_ field: FieldName, _ village: String, in district: String) -> FieldProblem {
    let key = district + "\u{1F}" + village
    if let known = unknownVillages[key] { return known }
    let problem: FieldProblem
    if let regions, isUnknown(district, regions) {
      // Whatever stands beside it, the kecamatan has to be corrected.
      problem = .unknownDistrict(field.text, near: regions.suggestion(forDistrict: district, holding: village))
    } else {
      problem = .unknownRegion(field.text, near: regions?.suggestion(forVillage: village, inDistrict: district))
    }
    if unknownVillages.count < 4_096 { unknownVillages[key] = problem }
    return problem
  }

  private func isUnknown(_ district: String, _ regions: RegionTable) -> Bool {
    !district.isEmpty && !RegionTable.spellings(ofDistrict: district).contains { regions.hasDistrict(named: $0) }
  }

  private static func unknownName(_ heading: String, column: Int) throws(FieldProblem) -> String {
    if HeaderSpelling.folded(heading).isEmpty { return "kolom_\(column)" }
    guard let name = HeaderSpelling.fieldName(from: heading) else {
      throw .unknownColumn(HeaderSpelling.shown(heading))
    }
    guard !name.isReserved else { throw .reservedField(name.text) }
    return name.text
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

/// Turns what a producer sent into values of the declared types, or says what is wrong with it.
///
/// It is pure: the same row and clock give the same answer at every node. Required fields are a matter of creation and
/// are asked for separately.
package struct RowValidator: Sendable {
  /// A row may carry this many fields that the definition does not know.
  package static let unknownFieldsMax = 64
  /// Characters of one unknown field.
  package static let unknownLengthMax = 4_000

  package let definition: DatasetDefinition
  private let slots: [FieldSlot]
  let defaultOffsetMinutes: Int
  /// Fields of the natural key; a row of an event or sample is nothing without them.
  private let keyIndices: [Int]
  let indexByName: [String: Int]
  private let indexByHeading: [String: Int]
  /// Where names are looked for that somebody typed for a code.
  let regions: RegionTable?
  private let knownRegions: Set<String>
  /// The region that the table describes; codes inside it must be in the table.
  private let regionRoot: RegionCode?

  /// - Parameters:
  ///   - regions: what region codes are held against; nil takes every well-formed code.
  ///   - defaultOffsetMinutes: the zone of times written without one.
  package init(
    definition: DatasetDefinition, regions: RegionTable? = nil,
    defaultOffsetMinutes: Int = ZonedInstant.witaOffsetMinutes
  ) {
    self.definition = definition
    slots = definition.fields.map { FieldSlot($0, isKey: definition.key.contains($0.name)) }
    self.defaultOffsetMinutes = defaultOffsetMinutes
    indexByName = Dictionary(
      definition.fields.enumerated().map { ($0.element.name.text, $0.offset) },
      uniquingKeysWith: { first, _ in first })
    indexByHeading = Dictionary(
      definition.fields.enumerated().flatMap { index, field in
        ([field.name.text] + field.headers).map { (HeaderSpelling.folded($0), index) }
      }, uniquingKeysWith: { first, _ in first })
    keyIndices =
      definition.kind == .record
      ? [] : definition.fields.indices.filter { definition.key.contains(definition.fields[$0].name) }
    self.regions = regions
    knownRegions = Set((regions?.regions ?? []).map(\.code.text))
    regionRoot = (regions?.regions ?? []).map(\.code).min { $0.text.utf8.count < $1.text.utf8.count }
  }

  /// The row with every field typed, in the order of the definition, unknown fields last.
  ///
  /// A field that says "unknown" (NIK `0`) is left out, which leaves it untouched, and the row's remarks say so. The
  /// caller takes out `id` before.
  ///
  /// - Parameter now: the clock of whoever takes the row in, which dates and times are held against; nil where what
  ///   was taken before is only read again.
  package func validate(_ row: IntakeRow, now: Timestamp? = nil) -> Result<ValidRow, FieldProblem> {
    do throws(FieldProblem) {
      return .success(try typed(row, now) { _, _ in false })
    } catch {
      return .failure(error)
    }
  }

  /// The values of a row in which somebody names what is to change in one record, as in `validate`.
  ///
  /// - Parameter isStored: whether the record holds this value in this field already, shown or as a sibling: no clock
  ///   judges what is there.
  /// - Throws: also for what has to be said of a value: whoever changes one field and gets no change must not believe
  ///   that there was one.
  package func changes(
    _ row: IntakeRow, now: Timestamp, isStored: (FieldName, Value) -> Bool
  ) throws(FieldProblem) -> [(name: FieldName, value: Value)] {
    let checked = try typed(row, now, isStored)
    if let remark = checked.remarks.first { throw remark }
    return checked.fields
  }

  /// What a row lacks to become a new record; nil when nothing.
  package func missingRequired(_ row: ValidRow) -> FieldProblem? {
    for field in slots where field.isRequired {
      if (row[field.name] ?? .null) == .null { return .required(field.name.text, title: field.title) }
    }
    return nil
  }

  private func typed(
    _ row: IntakeRow, _ now: Timestamp?, _ isStored: (FieldName, Value) -> Bool
  ) throws(FieldProblem) -> ValidRow {
    var values = [Value?](repeating: nil, count: slots.count)
    var remarks: [FieldProblem] = []
    var unknown: [(name: FieldName, value: Value)] = []
    for (name, raw) in row.fields {
      guard let index = index(of: name) else {
        let field = try unknownField(name, raw)
        guard unknown.count < Self.unknownFieldsMax else {
          throw .tooManyFields(countMax: Self.unknownFieldsMax)
        }
        if unknown.contains(where: { $0.name == field.name }) { throw .duplicateField(name) }
        unknown.append(field)
        continue
      }
      guard values[index] == nil else { throw .duplicateField(slots[index].name.text) }
      values[index] = try value(of: raw, in: slots[index])
      if let remark = try remark(on: values[index], in: slots[index], now, isStored) { remarks.append(remark) }
    }
    for index in keyIndices where (values[index] ?? .null) == .null {
      throw .required(slots[index].name.text, title: slots[index].title)
    }
    var valid = ValidRow(line: row.line, fields: ordered(values, unknown))
    valid.remarks = remarks
    return valid
  }

  private func ordered(
    _ values: [Value?], _ unknown: [(name: FieldName, value: Value)]
  ) -> [(name: FieldName, value: Value)] {
    var fields: [(name: FieldName, value: Value)] = []
    fields.reserveCapacity(values.count + unknown.count)
    for (index, value) in values.enumerated() {
      if let value { fields.append((slots[index].name, value)) }
    }
    if !unknown.isEmpty { fields += unknown.sorted { $0.name < $1.name } }
    return fields
  }

  /// By name, else by one of the headings that files use.
  private func index(of name: String) -> Int? {
    if let index = indexByName[name] { return index }
    return indexByHeading[HeaderSpelling.folded(name)]
  }

  private func value(of raw: RawValue, in field: FieldSlot) throws(FieldProblem) -> Value? {
    if case .null = raw {
      if field.isRequired { throw .required(field.name.text, title: field.title) }
      return .null
    }
    guard let value = try value(of: raw, as: field) else { return nil }
    if field.isRequired, value == .null { throw .required(field.name.text, title: field.title) }
    return value
  }

  /// Kept as text, so that a file from a newer program loses nothing here.
  private func unknownField(
    _ name: String, _ raw: RawValue
  ) throws(FieldProblem) -> (name: FieldName, value: Value) {
    guard let fieldName = FieldName(name), !IdentityNumbers.areIn(name) else {
      throw .unknownField(HeaderSpelling.shown(name))
    }
    guard !fieldName.isReserved else { throw .reservedField(name) }
    switch raw {
    case .null: return (fieldName, .null)
    case .boolean(let value): return (fieldName, .text(value ? "true" : "false"))
    case .number(let text), .text(let text):
      let trimmed = TextCleaning.trimmed(text)
      // What is shown of an undeclared field to those who may not see it must not come back as its value.
      if trimmed == "***" { throw .masked(name) }
      return (fieldName, try freeText(trimmed, name, lengthMax: Self.unknownLengthMax))
    case .list, .object:
      throw .wrongKind(name, expected: BilingualText(id: "teks atau angka", en: "text or a number"))
    }
  }

  /// Whether the region is known, as far as the table goes: one outside of it (another regency) is not
  /// judged.
  func isKnown(_ code: RegionCode) -> Bool {
    guard let regionRoot, regionRoot.contains(code) else { return true }
    return knownRegions.contains(code.text)
  }
}

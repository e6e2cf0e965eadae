package import Datasets

/// Fields that listed records must show exactly, from the query:
/// `?kode_wilayah=73.12.04.1001&jenis_kelamin=L`.
package struct RecordFilter: Sendable {
  /// In the order of the query.
  package let equals: [(field: FieldName, value: Value)]
  /// `q`: a text that some field must contain; nil when absent.
  package let search: String?

  /// Everything.
  package static let none = RecordFilter(equals: [], search: nil)

  private init(equals: [(field: FieldName, value: Value)], search: String?) {
    self.equals = equals
    self.search = search
  }

  /// - Parameter names: query parameters that are no fields, beside `limit`, `cursor` and `q`.
  /// - Throws: `HTTPProblem` (400) for what is no field of `definition`, or no value of it.
  package init(_ call: HTTPCall, definition: DatasetDefinition, except names: Set<String> = []) throws {
    search = call.query("q").map { String($0.prefix(200)) }
    equals = try call.query(except: names.union(["limit", "cursor", "q"])).map { name, text in
      guard let field = FieldName(name).flatMap({ definition.field($0) }) else {
        throw HTTPProblem.malformed(
          name, BilingualText(id: "nama kolom dataset ini", en: "the name of a field of this dataset"),
          language: call.language)
      }
      guard let value = Value(filter: text, type: field.type) else {
        throw HTTPProblem.malformed(
          name,
          BilingualText(
            id: "nilai kolom itu (\(field.type.word))", en: "a value of that field (\(field.type.word))"),
          language: call.language)
      }
      if case .instant(let instant) = value, definition.key.contains(field.name) {
        return (field.name, .instant(instant.inKey))
      }
      return (field.name, value)
    }
  }
}

extension Value {
  fileprivate init?(filter text: String, type: FieldType) {
    switch type {
    case .text: self = .text(text)
    case .nik, .kk, .nip, .phone:
      // A masked number means nobody in particular.
      guard !text.contains("*") else { return nil }
      self = .text(text)
    case .code(let table): self = .text(table.code(for: text) ?? text)
    case .region:
      guard let region = RegionCode(text) else { return nil }
      self = .text(region.text)
    case .integer:
      guard let number = Int64(text) else { return nil }
      self = .integer(number)
    case .decimal:
      guard let number = DecimalText.canonical(text) else { return nil }
      self = .decimal(number)
    case .boolean:
      guard let flag = Bool(text) else { return nil }
      self = .boolean(flag)
    case .date:
      guard let date = CalendarDate(text) else { return nil }
      self = .date(date)
    case .instant:
      guard let instant = ZonedInstant(text, defaultOffsetMinutes: ZonedInstant.witaOffsetMinutes) else {
        return nil
      }
      self = .instant(instant)
    case .list: self = .list(of: text.split(separator: ";").map(String.init))
    }
  }
}

package import API
package import Datasets
import Replication
package import Wire

/// What a caller writes into a record, held against the types of its fields.
package struct RecordInput: Sendable {
  private let validator: RowValidator
  private let now: Timestamp
  private let stored: [RecordState]

  /// - Parameters:
  ///   - regions: what region codes are held against; nil takes every well-formed one.
  ///   - now: the clock that dates are held against.
  ///   - stored: what there is of the record; no clock judges the values that it holds.
  package init(_ definition: DatasetDefinition, regions: RegionTable?, now: Timestamp, stored: [RecordState]) {
    validator = RowValidator(definition: definition, regions: regions)
    self.now = now
    self.stored = stored
  }

  /// The members of a JSON object as values: absent is untouched, null clears.
  ///
  /// - Throws: `FieldProblem` for the first that does not fit, masked values among them.
  package func values(_ members: [String: JSONValue]) throws -> [(name: FieldName, value: Value)] {
    let fields = try checked(members)
    // Whoever types a name that nobody declared has mistyped it; files are another matter (ADR 0020).
    for (name, _) in fields where !validator.isDeclared(name) {
      throw validator.undeclaredProblem(name)
    }
    return fields
  }

  private func checked(_ members: [String: JSONValue]) throws -> [(name: FieldName, value: Value)] {
    // An object's members have no order; sorted, so that the same request always fails with the same words.
    let fields = members.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value.rawValue) }
    return try validator.changes(IntakeRow(line: 1, fields: fields), now: now) { field, value in
      stored.contains { $0.holds(value, in: field) }
    }
  }

  /// What a resolution decides: a value, or the one that an office wrote.
  ///
  /// - Throws: `FieldProblem` for a value that does not fit, a masked one too, and for an office of which there is not one.
  package func value(_ request: ResolutionRequest, of field: FieldName) throws -> Value {
    let node: String
    switch request.choice {
    case .value(let json): return try value(json, of: field)
    case .take(let name): node = name
    }
    let values = stored.flatMap { $0[field].siblings }.filter { $0.dot.author.node.text == node }.map(\.value)
    guard let first = values.first, values.allSatisfy({ $0 == first }) else {
      throw Self.misfit(
        field,
        BilingualText(
          id: "kantor yang isiannya di kolom ini satu", en: "an office of which there is one value in this field"))
    }
    return first
  }

  /// One value, for a resolution. `lifecycle`, `alias_of` and undeclared fields are taken too.
  package func value(_ json: JSONValue, of field: FieldName) throws -> Value {
    if field == .lifecycle {
      guard case .string(let text) = json, let lifecycle = Lifecycle(.text(text)) else {
        throw Self.misfit(
          field,
          BilingualText(
            id: "ada (present), dihapus (deleted), atau digabung (alias)", en: "present, deleted or alias"))
      }
      return lifecycle.value
    }
    if field == .aliasOf {
      if json == .null { return .null }
      guard case .string(let text) = json, let id = RecordID(text) else {
        throw Self.misfit(field, BilingualText(id: "id sebuah data, atau null", en: "a record's id, or null"))
      }
      return .text(id.description)
    }
    guard let value = try checked([field.text: json]).first?.value else {
      throw Self.misfit(field, BilingualText(id: "sebuah nilai, atau null", en: "a value, or null"))
    }
    return value
  }

  private static func misfit(_ field: FieldName, _ expected: BilingualText) -> FieldProblem {
    FieldProblem(
      field: field.text, code: "wrong_kind",
      reason: BilingualText(
        id: "Nilainya tidak sesuai: seharusnya \(expected.indonesian).",
        en: "The value does not fit: it must be \(expected.english)."))
  }
}

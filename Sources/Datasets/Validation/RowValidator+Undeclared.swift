extension RowValidator {
  package func isDeclared(_ name: FieldName) -> Bool { indexByName[name.text] != nil }

  /// The names in a checked row that the definition does not know.
  package func undeclared(in row: ValidRow) -> [FieldName] {
    // They come last: nearly every row is told by its last field.
    var names: [FieldName] = []
    for (name, _) in row.fields.reversed() {
      if isDeclared(name) { break }
      names.append(name)
    }
    return names.reversed()
  }

  /// The field that a name most likely stands for, by its own name or a heading that files use; nil when none is near.
  package func nearest(to name: FieldName) -> FieldName? {
    let fields = definition.spellings
    return EditDistance.nearest(to: name.text, among: fields.keys).flatMap { fields[$0] }
  }

  /// Why a field that nobody declared is not taken from a person, who has most likely mistyped it (ADR 0020).
  package func undeclaredProblem(_ name: FieldName) -> FieldProblem {
    guard let near = nearest(to: name) else {
      return FieldProblem(
        field: name.text, code: "unknown_field",
        reason: BilingualText(
          id: "Dataset ini tidak punya kolom itu. Periksa namanya, lalu ulangi.",
          en: "This dataset has no such field. Check its name and repeat."))
    }
    return FieldProblem(
      field: name.text, code: "unknown_field",
      reason: BilingualText(
        id: "Dataset ini tidak punya kolom itu. Maksudnya '\(near)'? Perbaiki namanya, lalu ulangi.",
        en: "This dataset has no such field. Did you mean '\(near)'? Correct its name and repeat."))
  }
}

extension DatasetDefinition {
  /// What files call each field, as field names are spelt: its own name and its headings.
  var spellings: [String: FieldName] {
    var spellings: [String: FieldName] = [:]
    for field in fields {
      for heading in field.headers {
        guard let spelled = HeaderSpelling.fieldName(from: heading)?.text, spellings[spelled] == nil else { continue }
        spellings[spelled] = field.name
      }
    }
    for field in fields { spellings[field.name.text] = field.name }
    return spellings
  }
}

extension DatasetDefinition {
  /// The field that people call `text`: by its name, its title in either language, or a heading of its files; case aside.
  package func field(called text: String) -> FieldDefinition? {
    let folded = HeaderSpelling.folded(text)
    if let field = fields.first(where: { $0.name.text == folded }) { return field }
    return fields.first { field in
      ([field.title.indonesian, field.title.english] + field.headers).contains { HeaderSpelling.folded($0) == folded }
    }
  }
}

package import Datasets

/// A definition with all that it refers to, as the centre hands it to the nodes: they need no other files.
package struct DefinitionDocument: Sendable, Equatable {
  package let definition: DatasetDefinition
  /// The regions by name; there when a field is imported from names of kecamatan and desa.
  package let regions: RegionTable?
  /// Self-contained TOML: the definition, its code tables and regions. `parse(_:)` reads it.
  package let text: String

  /// - Parameter regions: left out of the document when no field needs them.
  package init(definition: DatasetDefinition, regions: RegionTable? = nil) {
    self.definition = definition
    self.regions = definition.needsRegions ? regions : nil
    text = DefinitionText.write(definition, regions: self.regions)
  }

  private init(definition: DatasetDefinition, regions: RegionTable?, text: String) {
    self.definition = definition
    self.regions = regions
    self.text = text
  }

  /// Reads what a centre wrote, also a newer one: keys that this version does not know are ignored.
  package static func parse(_ text: String) throws(SettingsProblems) -> DefinitionDocument {
    let problems = ProblemList()
    let document = try TOMLDocument(text, name: "definition")
    let root = TableReader(document, mode: .lenient, problems: problems)
    var codeTables: [String: CodeTable] = [:]
    for entry in root.tables("code_table") {
      guard let name = entry.requiredString("name") else { continue }
      codeTables[name] = CodeTableReader.readCodes(entry, name: name)
    }
    let regions = RegionTableReader.readEmbedded(root)
    let reader = DefinitionReader(root: root, codeTables: codeTables, codeTablesPlace: "code_table")
    let definition = reader.read()
    if let definition, definition.needsRegions, regions == nil {
      root.missing(
        "region",
        remedy: .init(
          id: "pusat harus mengirim wilayahnya sekalian", en: "the centre must send the regions along"))
    }
    try problems.check()
    guard let definition else {
      throw SettingsProblems(
        SettingsProblem(
          .invalid, file: document.name, reason: .init(id: "tidak berisi definisi", en: "holds no definition")))
    }
    return DefinitionDocument(definition: definition, regions: regions, text: text)
  }
}

extension DatasetDefinition {
  /// Whether a field gets its code from the names of regions.
  var needsRegions: Bool {
    fields.contains { !$0.districtHeaders.isEmpty || !$0.villageHeaders.isEmpty }
  }
}

package import Datasets
import Failpoints
import Replication
import Storage
package import Wire

extension CentreStore {
  /// Makes these definitions and profiles the ones in force: typed tables are made or widened, and entries
  /// that were set aside because their dataset was unknown are taken in.
  ///
  /// What is shown of the records there are follows with `rederive(now:)`, once the nodes have the definitions too.
  /// - Parameters:
  ///   - texts: what nodes are given, named after their datasets.
  ///   - profileTexts: what each node is given as its `profile`.
  /// - Throws: `StoreError` when the tables cannot take a definition; nothing is changed then. Whoever calls this has
  ///   held definitions against `storedFleet()`, and told people what does not fit.
  package func install(
    definitions: [DatasetDefinition], texts: [Document], profiles: [NodeProfile],
    profileTexts: [NodeName: String], now: Timestamp
  ) async throws {
    var catalogue = Catalogue()
    for definition in definitions {
      guard catalogue.datasets[definition.name] == nil else {
        throw StoreError(.unusable, "The dataset \(definition.name) is defined twice; remove one definition.")
      }
      catalogue.datasets[definition.name] = InstalledDataset(definition)
    }
    for text in texts { catalogue.texts[text.name] = text.text }
    for profile in profiles { catalogue.profiles[profile.node] = profile }
    catalogue.profileTexts = profileTexts
    let installed = catalogue
    try await write(now: now) { session in
      for dataset in installed.sorted {
        try session.install(dataset, text: installed.texts[dataset.definition.name.text] ?? "")
      }
    }
    Failpoint.definitionsInstalled.pass()
    catalogues.set(installed)
    for dataset in installed.sorted {
      try await requeueHeld(dataset: dataset.definition.name, code: .unknownDataset, now: now)
    }
  }
}

extension WriteSession {
  /// - Parameter text: the definition as nodes are given it; later ones are held against it.
  fileprivate func install(_ dataset: InstalledDataset, text: String) throws {
    let definition = dataset.definition
    let taken = InstalledDataset.takenColumns(definition.kind)
    if let field = definition.fields.first(where: { taken.contains($0.name.text) }) {
      throw StoreError(
        .unusable,
        "The dataset \(definition.name) has a field \(field.name), a name of the centre's own; rename it."
      )
    }
    if definition.kind != .record,
      definition.key.contains(where: { definition.field($0) == nil }) || definition.key.isEmpty
    {
      throw StoreError(.unusable, "The dataset \(definition.name) needs a key of declared fields.")
    }
    if try isForeignTable(definition.name.text) {
      throw StoreError(
        .unusable, "The dataset name \(definition.name) is a table of the centre's own; choose another name.")
    }
    let shape = DefinitionShape(definition)
    let stored = try first("SELECT shape, text FROM dataset WHERE name = ?", [.text(definition.name.text)]) {
      (shape: $0.text(0).flatMap { DefinitionShape(text: $0) }, text: $0.text(1))
    }
    if let stored, let older = stored.shape {
      let problems = shape.incompatibilities(with: older)
      guard problems.isEmpty else {
        throw StoreError(
          .unusable,
          "The definition of \(definition.name) does not fit the stored data: "
            + problems.joined(separator: "; ") + ".")
      }
      try markDerivation(definition)
      if older == shape, stored.text == text { return }
    }
    try dataset.table.install(database)
    try dataset.variant?.install(database)
    if definition.kind == .record {
      var stored = try registry(definition.name)
      stored.registry.declare(definition)
      try store(stored, of: definition.name)
    }
    try run(
      """
      INSERT INTO dataset (name, kind, version, shape, text, derived, installed_ms) VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET kind = excluded.kind, version = excluded.version, shape = excluded.shape,
        text = excluded.text, installed_ms = excluded.installed_ms
      """,
      [
        .text(definition.name.text), .text(definition.kind.rawValue), .integer(Int64(definition.version)),
        .text(shape.text), .text(text), .text(DerivationRules(definition).text), .integer(now.milliseconds),
      ])
  }

  /// Marks in the transaction that brings other rules that records still have to follow them: rules that are taken back
  /// before `rederive` has ended would else find that nothing was to be done.
  private func markDerivation(_ definition: DatasetDefinition) throws {
    guard definition.kind == .record,
      let derived = try first(
        "SELECT derived FROM dataset WHERE name = ?", [.text(definition.name.text)], { $0.text(0) ?? "" })
    else { return }
    let rules = DerivationRules(definition)
    // A field that records hold already, undeclared until now, is shown otherwise from now on (ADR 0020).
    let known = Set(try registry(definition.name).registry.names)
    let isHeld = definition.fields.contains {
      known.contains($0.name) && !derived.contains("\nfield \($0.name) ") && !derived.hasPrefix("field \($0.name) ")
    }
    guard isHeld || !rules.covers(derived) else { return }
    try run(
      "UPDATE dataset SET derived = ? WHERE name = ?",
      [.text(DerivationRules.unsettled), .text(definition.name.text)])
  }

  /// Whether a table of this name exists that is not a dataset's.
  private func isForeignTable(_ name: String) throws -> Bool {
    let isTable =
      try first(
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", [.text(name)]
      ) { _ in true } ?? false
    let isDataset = try first("SELECT 1 FROM dataset WHERE name = ?", [.text(name)]) { _ in true } ?? false
    return isTable && !isDataset
  }
}

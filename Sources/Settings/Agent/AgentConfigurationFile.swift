import Datasets

/// `agent.toml` as its owner wrote it: what `join` changes in it without touching the rest.
package enum AgentConfigurationFile {
  /// Writes what an invitation tells into `[aggregator]`; comments, order and all the rest stay as they are.
  ///
  /// Endpoints that are there already win: whoever wrote them knows this office's way to the centre.
  /// - Throws: when `text` is no TOML, or its `aggregator` is no table.
  package static func settingAggregator(
    endpoints: [Endpoint], publicKey: Z85Key, in text: String, name: String = "agent.toml"
  ) throws(SettingsProblems) -> String {
    let document = try TOMLDocument(text, name: name)
    var wanted: [(key: String, value: SettingValue, text: String)] = []
    var present = SettingValue.Table()
    switch document.root["aggregator"] {
    case nil: break
    case .table(let table): present = table
    case .some(let other):
      let expected = BilingualText(id: "tabel", en: "a table")
      throw problem(.wrongType, .wrongType(expected: expected, found: other), document)
    }
    if (present["endpoints"] ?? .array([])) == .array([]) {
      let texts = endpoints.map(\.description)
      wanted.append(
        (
          "endpoints", .array(texts.map { .string($0) }),
          "[\(texts.map(TOMLText.quoted).joined(separator: ", "))]"
        ))
    }
    wanted.append(("public_key", .string(publicKey.text), TOMLText.quoted(publicKey.text)))
    let edited = TOMLEdit(text, document.outline).setting(
      wanted.map { ($0.key, $0.text) }, inTable: "aggregator")

    // Not trusted until the parser sees the same: a wrong byte here would keep an office off the network.
    let result = try TOMLDocument(edited, name: name)
    guard case .table(let table)? = result.root["aggregator"],
      wanted.allSatisfy({ table[$0.key] == $0.value }),
      result.root.removing("aggregator") == document.root.removing("aggregator")
    else {
      throw problem(
        .invalid, .init(id: "tidak dapat diubah otomatis", en: "cannot be edited"), document,
        remedy: .init(
          id: "tulis sendiri endpoints dan public_key di bawah [aggregator]",
          en: "write endpoints and public_key under [aggregator] by hand"))
    }
    return edited
  }

  /// Reads the file at `path`, sets what an invitation tells, and replaces the file in one step.
  package static func join(
    path: String, endpoints: [Endpoint], publicKey: Z85Key
  ) throws(SettingsProblems) {
    let text: String
    do throws(SettingsProblem) {
      text = try BoundedFile.text(at: path)
    } catch {
      throw SettingsProblems(error)
    }
    let edited = try settingAggregator(endpoints: endpoints, publicKey: publicKey, in: text, name: path)
    guard edited != text else { return }
    do throws(SettingsProblem) {
      try AtomicFile.replace(path, with: Array(edited.utf8))
    } catch {
      throw SettingsProblems(error)
    }
  }

  private static func problem(
    _ code: SettingsProblem.Code, _ reason: BilingualText, _ document: TOMLDocument, remedy: BilingualText? = nil
  ) -> SettingsProblems {
    let place = SettingPath.root.appending("aggregator")
    return SettingsProblems(
      SettingsProblem(
        code, file: document.name, key: "aggregator", line: document.outline.line(of: place), reason: reason,
        remedy: remedy))
  }
}

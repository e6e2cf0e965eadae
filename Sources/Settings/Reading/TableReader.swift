import Datasets

/// Reads one table of a TOML document by asking for every key that may be there.
///
/// What nobody asked for is an unknown key, found by `finish()`. All problems go to one list, so that a file is
/// mended in one go. Used on one thread, never shared.
final class TableReader {
  enum Mode {
    /// For files that people write: an unknown key is a mistake.
    case strict
    /// For definitions from a newer centre: an unknown key is a later version's.
    case lenient
  }

  let path: SettingPath
  let document: ReadDocument
  private let table: SettingValue.Table
  private var asked: Set<String> = []
  private var children: [TableReader] = []

  /// The reader of a document's root table.
  init(
    _ document: TOMLDocument, overrides: EnvironmentOverrides = .none, mode: Mode = .strict,
    problems: ProblemList
  ) {
    path = .root
    table = document.root
    self.document = ReadDocument(
      name: document.name, outline: document.outline, overrides: overrides, mode: mode, problems: problems)
  }

  init(_ table: SettingValue.Table, at path: SettingPath, in document: ReadDocument) {
    self.path = path
    self.table = table
    self.document = document
  }

  /// The keys that are there, in the order of the file.
  var keys: [String] { table.keys }

  /// The value at `key`, which becomes a known key.
  func raw(_ key: String) -> SettingValue? {
    asked.insert(key)
    document.know(path.appending(key).general)
    return table[key]
  }

  func has(_ key: String) -> Bool { raw(key) != nil }

  // MARK: - Tables

  /// The table at `key`; nil when there is none.
  func table(_ key: String) -> TableReader? {
    guard let value = raw(key) else { return nil }
    guard case .table(let table) = value else {
      wrongType(key, expected: .init(id: "tabel", en: "a table"), found: value)
      return nil
    }
    return child(table, at: path.appending(key))
  }

  /// The table at `key`, empty when there is none, so that its keys are known and its defaults hold.
  func section(_ key: String) -> TableReader {
    table(key) ?? child(SettingValue.Table(), at: path.appending(key))
  }

  /// The tables of the array at `key`; none when there is no such key.
  func tables(_ key: String) -> [TableReader] {
    guard let value = raw(key) else { return [] }
    guard case .array(let elements) = value else {
      wrongType(key, expected: .init(id: "daftar tabel", en: "an array of tables"), found: value)
      return []
    }
    return elements.enumerated().compactMap { index, element in
      let place = path.appending(key).appending(index: index)
      guard case .table(let table) = element else {
        wrongType(at: place, expected: .init(id: "tabel", en: "a table"), found: element)
        return nil
      }
      return child(table, at: place)
    }
  }

  private func child(_ table: SettingValue.Table, at path: SettingPath) -> TableReader {
    let reader = TableReader(table, at: path, in: document)
    children.append(reader)
    return reader
  }

  /// Reports the keys that nobody asked for, here and in all tables below.
  func finish() {
    guard document.mode == .strict else { return }
    for key in table.keys where !asked.contains(key) {
      let place = path.appending(key)
      report(
        .unknownKey, at: place, .init(id: "kunci tidak dikenal", en: "unknown key"),
        remedy: document.suggestion(for: place, siblings: asked))
    }
    for child in children { child.finish() }
  }

  // MARK: - Problems

  /// Reports the value at `key` as one that cannot be used.
  func report(_ key: String, _ reason: BilingualText, remedy: BilingualText? = nil) {
    report(.invalid, at: path.appending(key), reason, remedy: remedy)
  }

  func report(at place: SettingPath, _ reason: BilingualText, remedy: BilingualText? = nil) {
    report(.invalid, at: place, reason, remedy: remedy)
  }

  func report(
    _ code: SettingsProblem.Code, at place: SettingPath, _ reason: BilingualText, remedy: BilingualText? = nil
  ) {
    document.report(code, at: place, reason, remedy: remedy)
  }

  /// - Parameter expected: with an article in English: `a string`.
  func wrongType(_ key: String, expected: BilingualText, found: SettingValue) {
    wrongType(at: path.appending(key), expected: expected, found: found)
  }

  func wrongType(at place: SettingPath, expected: BilingualText, found: SettingValue) {
    report(.wrongType, at: place, .wrongType(expected: expected, found: found))
  }

  func missing(_ key: String, remedy: BilingualText? = nil) {
    report(.missing, at: path.appending(key), .absent, remedy: remedy)
  }
}

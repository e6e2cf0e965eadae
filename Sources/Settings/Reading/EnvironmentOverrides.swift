import Datasets

/// Settings given as variables: `SIMPUL_CONFIG__BUFFER__QUOTA=1GB` stands for `buffer.quota`.
///
/// Other `SIMPUL_*` variables are no settings.
struct EnvironmentOverrides {
  static let prefix = "SIMPUL_CONFIG__"
  static let none = EnvironmentOverrides([:])

  private struct Override {
    let variable: String
    let path: SettingPath
    let text: String
  }

  /// Sorted by name, so that a table comes before what lies in it.
  private let overrides: [Override]

  init(_ environment: [String: String]) {
    overrides = environment.filter { $0.key.hasPrefix(Self.prefix) }.sorted { $0.key < $1.key }
      .map { variable, text in
        let names = variable.dropFirst(Self.prefix.count).lowercased().split(
          separator: "__", omittingEmptySubsequences: false)
        return Override(
          variable: variable, path: SettingPath.root.appending(names.map(String.init)), text: text)
      }
  }

  /// The variable that the value at `path`, or the table around it, came from.
  func variable(for path: SettingPath) -> String? { override(at: path)?.variable }

  /// The first variable that gives something within `path`.
  func variable(within path: SettingPath) -> String? {
    overrides.first { $0.path.parts.starts(with: path.parts) }?.variable
  }

  /// What the variable for exactly `path` holds.
  func text(at path: SettingPath) -> String? { overrides.last { $0.path == path }?.text }

  private func override(at path: SettingPath) -> Override? {
    var path = path
    while !path.parts.isEmpty {
      if let found = overrides.last(where: { $0.path == path }) { return found }
      path = path.parent
    }
    return nil
  }

  /// Lays the values over those of a file.
  func apply(to document: inout TOMLDocument, problems: ProblemList) {
    for override in overrides {
      let keys = override.path.parts.map { if case .key(let key) = $0 { key } else { "" } }
      if keys.contains("") || keys.count > TOMLOutline.depthMax {
        problems.append(
          SettingsProblem(
            .unknownKey, file: override.variable, reason: .init(id: "tidak menyebut kunci apa pun", en: "names no key"),
            remedy: .init(
              id: "tulis \(Self.prefix) lalu jalur kuncinya dengan huruf besar dan __ di antara bagiannya",
              en: "write \(Self.prefix) and the key's path in upper case with __ between its parts")))
        continue
      }
      if let obstacle = Self.set(Self.value(of: override.text), at: keys[...], in: &document.root) {
        problems.append(
          SettingsProblem(
            .wrongType, file: override.variable, key: override.path.description,
            reason: .init(id: "\(obstacle) bukan tabel", en: "\(obstacle) is no table"),
            remedy: .init(
              id: "berikan seluruh \(obstacle) sebagai satu nilai TOML",
              en: "give the whole of \(obstacle) as a TOML value")))
      }
    }
  }

  /// - Returns: the key that is in the way because it is no table.
  private static func set(
    _ value: SettingValue, at keys: ArraySlice<String>, in table: inout SettingValue.Table
  ) -> String? {
    guard let key = keys.first else { return nil }
    guard keys.count > 1 else {
      table.set(key, value)
      return nil
    }
    var inner: SettingValue.Table
    switch table[key] {
    case nil: inner = SettingValue.Table()
    case .table(let found): inner = found
    default: return key
    }
    let obstacle = set(value, at: keys.dropFirst(), in: &inner)
    table.set(key, .table(inner))
    return obstacle
  }

  /// A TOML value where the text is one (`true`, `["a", "b"]`), else the text itself.
  private static func value(of text: String) -> SettingValue {
    guard !text.contains(where: \.isNewline),
      let document = try? TOMLDocument("value = \(text)", name: ""), document.root.keys == ["value"],
      let value = document.root["value"]
    else { return .string(text) }
    return value
  }
}

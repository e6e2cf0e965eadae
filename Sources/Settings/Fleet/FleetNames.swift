import Datasets

/// What profiles and definitions call each other by: a role that no dataset names takes an office's data away in silence,
/// one that no office has gives it to nobody, an authority that is no office decides nothing.
struct FleetNames {
  typealias Profile = (profile: NodeProfile, root: TableReader)
  typealias Definition = (definition: DatasetDefinition, root: TableReader)

  private let profiles: [Profile]
  private let definitions: [Definition]
  /// How many profiles have a role, and how many rules name it.
  private let held: [String: Int]
  private let named: [String: Int]

  init(_ profiles: [Profile], _ definitions: [Definition]) {
    self.profiles = profiles
    self.definitions = definitions
    held = Dictionary(profiles.flatMap(\.profile.roles).map { ($0, 1) }, uniquingKeysWith: +)
    let rules = definitions.flatMap { $0.definition.read + $0.definition.write }
    named = Dictionary(rules.flatMap(\.roles).map { ($0, 1) }, uniquingKeysWith: +)
  }

  func check() {
    if profiles.isEmpty || definitions.isEmpty { return }
    for (profile, root) in profiles {
      for role in profile.roles where named[role] == nil && !isSlipOfRules(role) {
        root.report(
          "roles",
          .init(id: "tidak ada dataset yang menyebut peran \(role)", en: "no dataset names the role \(role)"),
          remedy: EditDistance.nearest(to: role, among: Set(named.keys)).map(BilingualText.didYouMean))
      }
    }
    for (definition, root) in definitions {
      for (key, rules) in [("read", definition.read), ("write", definition.write)] {
        for (index, rule) in rules.enumerated() {
          let place = SettingPath.root.appending(key).appending(index: index).appending("roles")
          for role in rule.roles { check(role, root, at: place) }
        }
      }
      for field in definition.fields { check(field, root) }
    }
  }

  /// A role that nobody has is a slip where it is nearly one that somebody has; else it is for offices to come.
  private func check(_ role: String, _ root: TableReader, at place: SettingPath) {
    guard held[role] == nil, let near = EditDistance.nearest(to: role, among: Set(held.keys)),
      named[near] != nil || isSlipOfRules(near)
    else { return }
    root.report(
      at: place, .init(id: "tidak ada kantor dengan peran \(role)", en: "no office has the role \(role)"),
      remedy: .didYouMean(near))
  }

  /// Of a role that no dataset names: whether the rules misspell it, because more profiles say it so than rules say it
  /// otherwise.
  private func isSlipOfRules(_ role: String) -> Bool {
    let unheld = named.keys.filter { held[$0] == nil }
    guard let near = EditDistance.nearest(to: role, among: Set(unheld)) else { return false }
    return held[role, default: 0] > named[near, default: 0]
  }

  private func check(_ field: FieldDefinition, _ root: TableReader) {
    let nodes = Set(profiles.map(\.profile.node.text))
    for node in field.authority where !nodes.contains(node.text) {
      root.report(
        at: SettingPath.root.appending(["fields", field.name.text, "authority"]),
        .init(id: "tidak ada kantor \(node)", en: "there is no office \(node)"),
        remedy: EditDistance.nearest(to: node.text, among: nodes).map(BilingualText.didYouMean))
    }
  }
}

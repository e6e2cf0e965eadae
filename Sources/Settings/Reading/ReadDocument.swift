import Datasets

/// What all readers of one document share: its name and places, the keys known so far, where problems go.
final class ReadDocument {
  let name: String
  let outline: TOMLOutline
  let overrides: EnvironmentOverrides
  let mode: TableReader.Mode
  let problems: ProblemList
  /// Every key that a reader asked for, without indices.
  private var known: Set<SettingPath> = []

  init(
    name: String, outline: TOMLOutline, overrides: EnvironmentOverrides, mode: TableReader.Mode,
    problems: ProblemList
  ) {
    self.name = name
    self.outline = outline
    self.overrides = overrides
    self.mode = mode
    self.problems = problems
  }

  func know(_ path: SettingPath) { known.insert(path) }

  func report(_ code: SettingsProblem.Code, at place: SettingPath, _ reason: BilingualText, remedy: BilingualText?) {
    let key = place.parts.isEmpty ? nil : place.description
    let isInFile = outline.rank(of: place) != Int.max
    if let variable = overrides.variable(for: place) ?? (isInFile ? nil : overrides.variable(within: place)) {
      problems.append(SettingsProblem(code, file: variable, key: key, reason: reason, remedy: remedy))
    } else {
      problems.append(
        SettingsProblem(
          code, file: name, key: key, line: outline.line(of: place), reason: reason, remedy: remedy))
    }
  }

  /// What was probably meant by the unknown key at `place`, else which keys there are.
  func suggestion(for place: SettingPath, siblings: Set<String>) -> BilingualText {
    let leaf = place.leaf
    if let sibling = EditDistance.nearest(to: leaf, among: siblings) {
      return .didYouMean(place.parent.appending(sibling).description)
    }
    // A right key in the wrong table: the highest table first.
    let elsewhere = known.filter { $0.leaf == leaf }.map { (depth: $0.parts.count, text: $0.description) }
      .min { ($0.depth, $0.text) < ($1.depth, $1.text) }
    if let elsewhere { return .didYouMean(elsewhere.text) }
    let general = place.general.description
    // Not the table around it, however near its name is.
    if let near = EditDistance.nearest(
      to: general, among: known.map(\.description).filter { !general.hasPrefix($0 + ".") })
    {
      return .didYouMean(near)
    }
    if siblings.isEmpty { return .removeIt }
    let keys = siblings.sorted().joined(separator: ", ")
    return BilingualText(id: "kunci yang dikenal di sini: \(keys)", en: "known keys here: \(keys)")
  }
}

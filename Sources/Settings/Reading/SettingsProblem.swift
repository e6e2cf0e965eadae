/// One thing that is wrong in a file, a variable or a secret, in words that its owner can act on.
package struct SettingsProblem: Error, Sendable, Equatable, CustomStringConvertible {
  /// A stable word for programs.
  package enum Code: String, Sendable {
    /// The file cannot be read at all.
    case unreadable
    /// The file cannot be replaced.
    case unwritable
    /// The text is no TOML.
    case syntax
    case unknownKey
    case wrongType
    case missing
    /// A value of the right type that cannot be used.
    case invalid
    /// A secret that others may read.
    case exposed
  }

  package let code: Code
  /// The file as it was named, or the environment variable that the value came from.
  package let file: String
  /// The full path of the key; nil when the whole file is meant.
  package let key: String?
  /// From 1; nil when the problem has no place in a text.
  package let line: Int?
  /// What is wrong. Never contains a value that may be a secret.
  package let reason: String
  /// What to do about it.
  package let remedy: String?

  package init(
    _ code: Code, file: String, key: String? = nil, line: Int? = nil, reason: String, remedy: String? = nil
  ) {
    self.code = code
    self.file = file
    self.key = key
    self.line = line
    self.reason = reason
    self.remedy = remedy
  }

  /// One line: `agent.toml:7: buffer.quotta: unknown key; did you mean buffer.quota?`
  package var description: String {
    var text = file
    if let line { text += ":\(line)" }
    if let key { text += ": \(key)" }
    text += ": \(reason)"
    if let remedy { text += "; \(remedy)" }
    return Self.oneLine(text)
  }

  /// File names and messages of a parser may hold anything: nothing of it may break the line or a terminal.
  private static func oneLine(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? " " : $0 }))
  }
}

/// Everything that is wrong at once, so that one run of `check` shows all there is to mend. Never empty.
package struct SettingsProblems: Error, Sendable, Equatable, CustomStringConvertible {
  package let first: SettingsProblem
  package let others: [SettingsProblem]

  package init(_ first: SettingsProblem, _ others: [SettingsProblem] = []) {
    self.first = first
    self.others = others
  }

  /// - Returns: nil when there is no problem.
  package init?(_ problems: [SettingsProblem]) {
    guard let first = problems.first else { return nil }
    self.init(first, Array(problems.dropFirst()))
  }

  package var all: [SettingsProblem] { [first] + others }

  /// One line per problem.
  package var description: String { all.map(\.description).joined(separator: "\n") }
}

/// The problems found so far by the readers of one or several files; used on one thread, never shared.
final class ProblemList {
  private(set) var problems: [SettingsProblem] = []

  func append(_ problem: SettingsProblem) { problems.append(problem) }

  func append(_ others: SettingsProblems) { problems += others.all }

  /// Throws what was found, if anything was.
  func check() throws(SettingsProblems) {
    if let found = SettingsProblems(problems) { throw found }
  }
}

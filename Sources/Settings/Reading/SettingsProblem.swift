package import Datasets

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
  package let reason: BilingualText
  /// What to do about it.
  package let remedy: BilingualText?

  package init(
    _ code: Code, file: String, key: String? = nil, line: Int? = nil, reason: BilingualText,
    remedy: BilingualText? = nil
  ) {
    self.code = code
    self.file = file
    self.key = key
    self.line = line
    self.reason = reason
    self.remedy = remedy
  }

  /// Where it is: the file, with the line where that is known.
  package var subject: String { line.map { "\(file):\($0)" } ?? file }

  /// What is wrong, with the key where there is one.
  package var evidence: BilingualText {
    key.map { BilingualText(id: "\($0): \(reason.indonesian)", en: "\($0): \(reason.english)") } ?? reason
  }

  /// One line: `agent.toml:7: buffer.quotta: unknown key; did you mean buffer.quota?`
  package func text(_ language: Language) -> String {
    Self.oneLine("\(subject): \(evidence(language))\(advice(language))")
  }

  /// For where the language is not known, such as settings that could not be read and logs; one line, Indonesian first:
  /// `agent.toml:7: buffer.quotta: kunci tidak dikenal; maksudnya buffer.quota? (unknown key; did you mean buffer.quota?)`
  package var description: String {
    Self.oneLine("\(text(.indonesian)) (\(reason.english)\(advice(.english)))")
  }

  private func advice(_ language: Language) -> String { remedy.map { "; \($0(language))" } ?? "" }

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
  package func text(_ language: Language) -> String { all.map { $0.text(language) }.joined(separator: "\n") }

  /// The same where the language is not known: every line in both.
  package var description: String { all.map(\.description).joined(separator: "\n") }
}

/// The problems found so far by the readers of one or several files; used on one thread, never shared.
final class ProblemList {
  private(set) var problems: [SettingsProblem] = []

  var isEmpty: Bool { problems.isEmpty }

  func append(_ problem: SettingsProblem) { problems.append(problem) }

  func append(_ others: SettingsProblems) { problems += others.all }

  /// Throws what was found, if anything was.
  func check() throws(SettingsProblems) {
    if let found = SettingsProblems(problems) { throw found }
  }
}

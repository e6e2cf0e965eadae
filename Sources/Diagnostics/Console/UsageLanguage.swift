import ArgumentParser
import Datasets

/// In which language usage errors are told: they arise while arguments are parsed, before there is a session.
enum UsageLanguage {
  @TaskLocal static var current = Language.indonesian
}

extension ValidationError {
  /// What our own commands say of wrong usage; for what ArgumentParser itself says see `ParserMessage`.
  init(id indonesian: String, en english: String) { self.init(UsageLanguage.current(indonesian, english)) }

  /// Of an option that is one of some words.
  ///
  /// - Throws: what was most likely meant, and which there are.
  static func check(_ word: String, of option: String, among words: [String]) throws(ValidationError) {
    guard !words.contains(word) else { return }
    let near = EditDistance.nearest(to: word, among: words)
    let all = words.joined(separator: ", ")
    throw ValidationError(
      id: "\(option) berisi '\(word)'.\(near.map { " Maksudnya \($0)?" } ?? "") Yang ada: \(all).",
      en: "\(option) is '\(word)'.\(near.map { " Did you mean \($0)?" } ?? "") There are: \(all).")
  }
}

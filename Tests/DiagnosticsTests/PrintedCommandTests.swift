import ArgumentParser
import Foundation
import Testing

@testable import Diagnostics

/// People type what they are told to.
@Suite struct PrintedCommandTests {
  private static let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Sources")

  /// Where texts for people are made; the views of simpulctl put some together from pieces.
  private static let directories = [
    "Agent", "Aggregator", "Datasets", "Diagnostics/Commands", "Diagnostics/Connection", "HTTPServing", "NodeStorage",
    "Replication",
  ]

  /// A text of the product, whole.
  private struct Text {
    let file: String
    let words: String
  }

  /// For all that is filled in: a name, and a role too.
  private static let placeholder = "viewer"

  /// Texts of those files of which `isWanted` the name, on lines in which there is one of `marks`.
  private static func texts(marked marks: [String], in isWanted: (String) -> Bool = { _ in true }) throws -> [Text] {
    let files = directories.flatMap { directory -> [URL] in
      let root = sources.appendingPathComponent(directory)
      let found = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
      return found?.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" } ?? []
    }
    return try files.filter { isWanted($0.lastPathComponent) }.flatMap { file -> [Text] in
      let source = try String(contentsOf: file, encoding: .utf8)
      guard marks.contains(where: source.contains) else { return [] }
      return joined(source).filter { line in marks.contains { line.contains($0) } }.flatMap(literals)
        .map { Text(file: file.lastPathComponent, words: $0) }
    }
  }

  /// The lines of a source without comments, where literals that `+` joins are one.
  private static func joined(_ source: String) -> [String] {
    var lines: [String] = []
    for line in source.split(separator: "\n") {
      let text = line.trimmingCharacters(in: .whitespaces)
      if text.hasPrefix("//") { continue }
      if text.hasPrefix("+ \""), let last = lines.last, last.hasSuffix("\"") {
        lines[lines.count - 1] = String(last.dropLast()) + text.dropFirst(3)
      } else {
        lines.append(text)
      }
    }
    return lines
  }

  /// The literals of a line; texts of many lines are help, with examples of its own.
  private static func literals(in line: String) -> [String] {
    line.matches(of: #/"((?:[^"\\]|\\.)*)"/#).map { match in
      String(match.1).replacing(#/(?:\\\([^()]*(?:\([^()]*\)[^()]*)*\))+/#, with: placeholder)
        .replacing("\\\"", with: "\"")
    }
  }

  /// The words of each command in a text, up to where the sentence goes on after a mark, in the way of a shell.
  private static func commands(in text: String) -> [[String]] {
    text.ranges(of: "simpulctl ").map { range in
      var words: [String] = []
      var word = ""
      var quote: Character?
      scan: for character in text[range.upperBound...] {
        switch character {
        case _ where character == quote: quote = nil
        case _ where quote != nil: word.append(character)
        case "\"", "'": quote = character
        case "`", ")", "(", ",", ";", "|", ">", "<": break scan
        case " ":
          if let last = word.last, ".:".contains(last), !word.hasSuffix("...") { break scan }
          if !word.isEmpty { words.append(word) }
          word = ""
        default: word.append(character)
        }
      }
      if let last = word.last, ".:".contains(last), !word.hasSuffix("...") { word.removeLast() }
      return word.isEmpty ? words : words + [word]
    }
  }

  /// Whether `words`, or as many of them as are no sentence that goes on, are a command with all that it needs.
  private static func isCommand(_ words: [String]) -> Bool {
    for count in stride(from: words.count, through: 1, by: -1) {
      guard (try? Simpulctl.parseAsRoot(Array(words.prefix(count)))) is any SessionCommand else { continue }
      return count == words.count || !words[count].hasPrefix("-")
    }
    return false
  }

  @Test func `every command that a text tells people to run can be run as it is printed`() throws {
    var seen = 0
    var wrong: [String] = []
    for text in try Self.texts(marked: ["simpulctl "]) {
      for words in Self.commands(in: text.words) where ![["--help"], [Self.placeholder]].contains(words) {
        seen += 1
        if !Self.isCommand(words) { wrong.append("\(text.file): \(text.words)") }
      }
    }
    #expect(seen > 100)
    #expect(wrong == [])
  }

  @Test func `what doctor tells people to run begins with the program's name`() throws {
    let groups = Simpulctl.configuration.subcommands.flatMap { group in
      group.configuration.subcommands.map { "\(group._commandName) \($0._commandName)" }
    }
    #expect(groups.contains("quarantine take") && groups.contains("nodes accept-backlog"))
    let bare = try Self.texts(marked: groups) { $0.contains("Diagnosis") }.filter { text in
      groups.contains { group in
        text.words.ranges(of: group).contains { !text.words[..<$0.lowerBound].hasSuffix("simpulctl ") }
      }
    }
    #expect(bare.map { "\($0.file): \($0.words)" } == [])
  }

  @Test(arguments: [
    ("Lihat: simpulctl nodes list.", true), ("simpulctl nodes revoke x --reason \"a b\"; lalu", true),
    ("(simpulctl nodes revoke x)", false), ("simpulctl nodes list --al", false),
    ("simpulctl quarantine di pusat", false),
  ])
  func `a command in a sentence is found to its end`(text: String, isWhole: Bool) throws {
    #expect(Self.isCommand(try #require(Self.commands(in: text).first)) == isWhole)
  }
}

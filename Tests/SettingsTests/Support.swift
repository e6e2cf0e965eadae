import Datasets
import Foundation
import Testing

@testable import Settings

/// Runs `body` and gives the problems that it throws; none when it throws none.
func thrownProblems(by body: () throws -> Void) -> [SettingsProblem] {
  do {
    try body()
    return []
  } catch let problems as SettingsProblems {
    return problems.all
  } catch let problem as SettingsProblem {
    return [problem]
  } catch {
    Issue.record("unexpected: \(error)")
    return []
  }
}

/// The same as lines in English; that each says the same in Indonesian is expected of all.
func problemLines(_ body: () throws -> Void) -> [String] {
  thrownProblems(by: body).map { problem in
    #expect(problem.isInBothLanguages, "\(problem)")
    return problem.text(.english)
  }
}

extension SettingsProblem {
  /// Whether reason and remedy are there in both languages, each in its own words.
  var isInBothLanguages: Bool {
    [reason, remedy].compactMap { $0 }.allSatisfy { text in
      !text.indonesian.isEmpty && !text.english.isEmpty && text.indonesian != text.english
    }
  }
}

/// A directory of its own, removed at the end.
final class TemporaryDirectory {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "simpul-settings-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  @discardableResult
  func write(_ name: String, _ text: String, mode: Int = 0o644) throws -> String {
    let file = "\(path)/\(name)"
    let folder = String(file[..<(file.lastIndex(of: "/") ?? file.endIndex)])
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(fileURLWithPath: file))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
    return file
  }

  func read(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")), as: UTF8.self)
  }

  func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }
}

/// The same numbers from the same seed (SplitMix64), so that a failure can be seen again.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}

enum BytesFile {
  static func write(_ bytes: [UInt8], to path: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }
}

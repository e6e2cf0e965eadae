import Datasets
import Foundation

/// What the command line says of the demo, checked.
struct DemoSettings: Sendable, Equatable {
  var agentPath: String
  var aggregatorPath: String
  /// The directory of the fleet's files.
  var agentsDirectory: String
  /// Where everything is kept; nil for a temporary directory that goes at the end.
  var keptDirectory: String?
  var residents: Int
  var seed: UInt64
  /// Of the live page; nil for a free one.
  var pagePort: Int?
  /// Ends when everything was shown, instead of leaving the fleet running.
  var endsAtOnce: Bool

  /// Where the installed package has the fleet's files.
  static let installedAgents = "/usr/share/simpul/agents"

  /// `name` beside this program.
  /// - Throws: `CommandFailure` when there is no such program.
  static func program(
    _ name: String, given: String?, option: String, language: Language
  ) throws(CommandFailure) -> String {
    let path = given.map { URL(fileURLWithPath: $0).standardizedFileURL.path } ?? ownDirectory + "/" + name
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw CommandFailure(
        .usage,
        language(
          "tidak ada program \(path); bangun dengan `swift build` atau beri \(option) PATH",
          "there is no program \(path); build it with `swift build` or give \(option) PATH"))
    }
    return path
  }

  /// The nearest `agents` above the working directory, else the installed one.
  static func agents(given: String?, language: Language) throws(CommandFailure) -> String {
    if let given { return URL(fileURLWithPath: given).standardizedFileURL.path }
    var directory = URL(fileURLWithPath: FileManager.default.currentDirectoryPath).standardizedFileURL
    while true {
      let candidate = directory.appendingPathComponent("agents").path
      if isFleet(candidate) { return candidate }
      let parent = directory.deletingLastPathComponent()
      guard parent.path != directory.path, directory.path != "/" else { break }
      directory = parent
    }
    guard isFleet(installedAgents) else {
      throw CommandFailure(
        .usage,
        language(
          "tidak ada berkas armada (agents/datasets) di atas direktori ini maupun di "
            + "\(installedAgents); beri --agents DIR",
          "no fleet files (agents/datasets) above this directory nor in \(installedAgents); give --agents DIR"
        ))
    }
    return installedAgents
  }

  private static func isFleet(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: path + "/datasets")
      && FileManager.default.fileExists(atPath: path + "/kecamatan")
  }

  /// proc(5): where the running program lies, whatever it was called as.
  private static var ownDirectory: String {
    let own =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
      ?? CommandLine.arguments[0]
    return URL(fileURLWithPath: own).deletingLastPathComponent().standardizedFileURL.path
  }
}

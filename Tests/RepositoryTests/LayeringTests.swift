import Testing

/// The house of ARCHITECTURE.md: dependencies run downward only.
@Suite struct LayeringTests {
  /// Each target's floor; a target may import what lies on lower floors, and in the edges what its line names.
  private static let floors: [String: Int] = [
    "CCurl": 0, "COpenSSL": 0, "CZeroMQ": 0, "CZstandard": 0, "CSystemd": 0, "Failpoints": 0, "Hashing": 1,
    "Datasets": 2, "Wire": 3, "Replication": 4,
    "Settings": 5, "Compression": 5, "Storage": 5, "NodeStorage": 5, "CentreStorage": 5, "Transport": 5,
    "Systemd": 5, "Machine": 5, "Collectors": 5, "Terminals": 5, "API": 5, "HTTPRequesting": 5,
    "Services": 6, "HTTPServing": 6, "Sessions": 6,
    "Agent": 7, "Aggregator": 7, "CommandCentre": 7, "Diagnostics": 7, "Simulation": 7,
    "simpul-agent": 8, "simpul-aggregator": 8, "simpulctl": 8, "simpul-bench": 8, "simpul-simulate": 8,
  ]

  /// Imports between the edges, which share a floor: only these.
  private static let withinEdges: [String: Set<String>] = [
    "NodeStorage": ["Storage", "Compression"], "CentreStorage": ["Storage", "Compression"],
  ]

  /// What the pure core may import; Foundation, storage, sockets and C are not among it.
  private static let core: [String: Set<String>] = [
    "Datasets": ["Hashing"], "Wire": ["Datasets"], "Replication": ["Datasets", "Hashing", "Wire"],
  ]

  /// The modules of C, each behind the one target that wraps it.
  private static let wrappers: [String: String] = [
    "CCurl": "HTTPRequesting", "COpenSSL": "Hashing", "CZeroMQ": "Transport", "CZstandard": "Compression",
    "CSystemd": "Systemd",
  ]

  /// The module that a line imports.
  private static func module(importedBy line: String) -> String? {
    var words = line.split(separator: " ").map(String.init)
    while let first = words.first,
      [
        "package", "public", "internal", "private", "fileprivate", "@testable", "@preconcurrency",
        "@_exported",
      ]
      .contains(first)
    {
      words.removeFirst()
    }
    guard words.first == "import", words.count >= 2 else { return nil }
    let kinds: Set<String> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
    let name = kinds.contains(words[1]) && words.count > 2 ? words[2] : words[1]
    return name.split(separator: ".").first.map(String.init)
  }

  private static func imports() throws -> [(file: Repository.File, line: Int, module: String)] {
    try Repository.swiftFiles(under: "Sources").flatMap { file in
      file.lines.enumerated().compactMap { index, line in
        module(importedBy: line).map { (file, index + 1, $0) }
      }
    }
  }

  @Test func `an import is recognised however it is written`() {
    #expect(Self.module(importedBy: "import Datasets") == "Datasets")
    #expect(Self.module(importedBy: "package import Wire") == "Wire")
    #expect(Self.module(importedBy: "@preconcurrency package import GRDB") == "GRDB")
    #expect(Self.module(importedBy: "import struct Foundation.URL") == "Foundation")
    #expect(Self.module(importedBy: "// import Foundation") == nil)
    #expect(Self.module(importedBy: "let important = 1") == nil)
  }

  @Test func `every target has its floor`() throws {
    let targets = Set(try Repository.swiftFiles(under: "Sources").map(\.target))
    #expect(targets.count > 5)
    #expect(targets.subtracting(Self.floors.keys).sorted() == [])
  }

  @Test func `the core imports nothing of the outside`() throws {
    var seen: Set<String> = []
    for (file, line, module) in try Self.imports() {
      guard let allowed = Self.core[file.target] else { continue }
      seen.insert(file.target)
      #expect(allowed.contains(module), "\(file.path):\(line) imports \(module)")
    }
    #expect(seen == ["Wire", "Replication", "Datasets"])
  }

  @Test func `dependencies run downward only`() throws {
    for (file, line, module) in try Self.imports() {
      guard let from = Self.floors[file.target], let to = Self.floors[module], file.target != module else {
        continue
      }
      let isAllowed = to < from || Self.withinEdges[file.target]?.contains(module) == true
      #expect(isAllowed, "\(file.path):\(line) imports \(module)")
    }
  }

  @Test func `each library of C has one wrapper`() throws {
    for (file, line, module) in try Self.imports() {
      guard let wrapper = Self.wrappers[module] else { continue }
      #expect(file.target == wrapper, "\(file.path):\(line) imports \(module)")
    }
  }
}

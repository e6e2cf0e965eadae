import Testing

/// Each failpoint is at its place, outside the pure core, and is tried.
@Suite struct FailpointPlacesTests {
  private static let enumeration = "Sources/Failpoints/Failpoint.swift"
  /// Where a daemon touches the outside.
  private static let edges: Set<String> = [
    "Agent", "Aggregator", "CentreStorage", "Collectors", "NodeStorage", "Storage",
  ]

  private static func cases() throws -> [String] {
    let file = try #require(try Repository.swiftFiles(under: "Sources/Failpoints").first { $0.path == enumeration })
    return file.lines.compactMap { line in
      let words = line.split(separator: " ")
      return words.first == "case" && words.contains("=") ? String(words[1]) : nil
    }
  }

  @Test func `every failpoint has its place in an edge, and every place is in an edge`() throws {
    let cases = try Self.cases()
    #expect(cases.count > 20)
    var targets: [String: Set<String>] = [:]
    for file in try Repository.swiftFiles(under: "Sources") where file.target != "Failpoints" {
      for line in file.lines where line.hasSuffix(".pass()") || line.hasSuffix(".pass() }") {
        let words = line.split(separator: " ")
        guard words.first?.hasPrefix("//") == false else { continue }
        let parts = words.first { $0.hasPrefix("Failpoint.") }?.split(separator: ".") ?? []
        if parts.count == 3 { targets[String(parts[1]), default: []].insert(file.target) }
      }
    }
    for name in cases {
      let found = targets[name, default: []]
      #expect(!found.isEmpty, "no source says Failpoint.\(name).pass()")
      #expect(found.isSubset(of: Self.edges), "\(name): \(found.sorted())")
    }
  }
}

import Foundation
import Testing

@testable import Settings

@Suite struct AgentConfigurationFileTests {
  private let endpoint = Endpoint(HostPort(host: "scc.example", port: 7312))
  private let key: Z85Key

  init() throws { key = try #require(Z85Key(AgentSettingsTests.key)) }

  private func joined(_ text: String) throws -> String {
    try AgentConfigurationFile.settingAggregator(endpoints: [endpoint], publicKey: key, in: text)
  }

  private static let written = """
    endpoints = ["tcp://scc.example:7312"]
    public_key = "\(AgentSettingsTests.key)"
    """

  @Test(
    "the rest of the file stays as it is, byte for byte",
    arguments: [
      // Nothing there yet.
      ("node = \"x\" # mine\n\n# end\n", "node = \"x\" # mine\n\n# end\n\n[aggregator]\n\(written)\n"),
      ("node = \"x\"", "node = \"x\"\n\n[aggregator]\n\(written)\n"),
      ("", "[aggregator]\n\(written)\n"),
      // A header that waits for it.
      (
        "[aggregator]      # written by join\n[http]\nlisten = \"a:1\"\n",
        "[aggregator]      # written by join\n\(written)\n[http]\nlisten = \"a:1\"\n"
      ),
      ("[ \"aggregator\" ]", "[ \"aggregator\" ]\n\(written)\n"),
      // Endpoints already there win.
      (
        "[aggregator]\nendpoints = [ \"tcp://mine:1\" ] # by hand\n# note\n",
        "[aggregator]\nendpoints = [ \"tcp://mine:1\" ] # by hand\npublic_key = \"\(AgentSettingsTests.key)\"\n# note\n"
      ),
      (
        "[aggregator]\nendpoints = [\n  \"tcp://mine:1\", # one\n]\npublic_key = \"old\" # theirs\n",
        "[aggregator]\nendpoints = [\n  \"tcp://mine:1\", # one\n]\npublic_key = \"\(AgentSettingsTests.key)\" # theirs\n"
      ),
      // Empty ones do not.
      (
        "[aggregator]\npublic_key = 'old'\nendpoints = [] # none\n",
        "[aggregator]\npublic_key = \"\(AgentSettingsTests.key)\"\nendpoints = [\"tcp://scc.example:7312\"] # none\n"
      ),
      // Other ways to write a table.
      (
        "aggregator.endpoints = [\"tcp://mine:1\"]\nnode = \"x\"\n[http]\n",
        "aggregator.endpoints = [\"tcp://mine:1\"]\naggregator.public_key = \"\(AgentSettingsTests.key)\"\nnode = \"x\"\n[http]\n"
      ),
      (
        "aggregator = {} # x\n",
        "aggregator = { endpoints = [\"tcp://scc.example:7312\"], public_key = \"\(AgentSettingsTests.key)\" } # x\n"
      ),
      (
        "aggregator = { endpoints = [\"tcp://mine:1\"] }\n",
        "aggregator = { public_key = \"\(AgentSettingsTests.key)\", endpoints = [\"tcp://mine:1\"] }\n"
      ),
      // A text in another string is no header.
      (
        "node = \"\"\"x\n[aggregator]\n\"\"\"\n",
        "node = \"\"\"x\n[aggregator]\n\"\"\"\n\n[aggregator]\n\(written)\n"
      ),
    ])
  func edits(before: String, after: String) throws {
    let edited = try joined(before)
    #expect(edited == after)
    #expect(try joined(edited) == edited)
  }

  @Test func `lines keep ending in CR LF`() throws {
    let edited = try joined("node = \"x\"\r\n[aggregator]\r\n# c\r\n")
    #expect(
      edited == "node = \"x\"\r\n[aggregator]\r\n" + Self.written.replacing("\n", with: "\r\n")
        + "\r\n# c\r\n")
  }

  @Test func `what cannot be edited is refused`() {
    #expect(
      problemLines { _ = try joined("aggregator = 1") } == [
        "agent.toml:1: aggregator: must be a table, found an integer"
      ])
    #expect(
      problemLines { _ = try joined("[[aggregator]]") } == [
        "agent.toml:1: aggregator: must be a table, found an array"
      ])
    #expect(problemLines { _ = try joined("node = ") }.count == 1)
  }

  @Test func `joining replaces the file in one step and keeps its mode`() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write("agent.toml", "# Kantor\nnode = \"disdukcapil\"\n", mode: 0o640)
    try AgentConfigurationFile.join(path: path, endpoints: [endpoint], publicKey: key)
    let settings = try AgentSettings.load(path: path, environment: [:])
    #expect(settings.aggregator.endpoints == [endpoint])
    #expect(settings.aggregator.publicKey == key)
    #expect(try directory.read("agent.toml").hasPrefix("# Kantor\nnode = \"disdukcapil\"\n"))
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o640)
    // Nothing is left beside it.
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["agent.toml"])
  }

  @Test func `a symbolic link stays one`() throws {
    let directory = try TemporaryDirectory()
    try directory.write("real/agent.toml", "node = \"x\"\n")
    let link = directory.path + "/agent.toml"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "real/agent.toml")
    try AgentConfigurationFile.join(path: link, endpoints: [endpoint], publicKey: key)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "real/agent.toml")
    #expect(try directory.read("real/agent.toml").contains("public_key"))
  }

  @Test func `a file that cannot be joined is left as it was`() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write("agent.toml", "aggregator = 1\n")
    #expect(
      problemLines { try AgentConfigurationFile.join(path: path, endpoints: [endpoint], publicKey: key) }
        .count == 1)
    #expect(try directory.read("agent.toml") == "aggregator = 1\n")
    let missing = directory.path + "/none.toml"
    #expect(
      problemLines { try AgentConfigurationFile.join(path: missing, endpoints: [], publicKey: key) }.count
        == 1)
  }
}

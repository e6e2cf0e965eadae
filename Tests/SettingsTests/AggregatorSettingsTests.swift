import Datasets
import Testing

@testable import Settings

@Suite struct AggregatorSettingsTests {
  private func problems(_ text: String) -> [String] {
    problemLines { _ = try AggregatorSettings.parse(text) }
  }

  @Test func `an advertised address is enough, the rest has defaults`() throws {
    let settings = try AggregatorSettings.parse("[replication]\nadvertise = [\"tcp://scc.example:7312\"]")
    #expect(settings.dataDirectory == "/var/lib/simpul-aggregator")
    #expect(settings.adminSocket == "/run/simpul/aggregator.sock")
    #expect(settings.language == .indonesian)
    #expect(settings.logLevel == .info)
    #expect(settings.replication.listen.description == "tcp://0.0.0.0:7312")
    #expect(settings.replication.destinations.map(\.description) == ["tcp://scc.example:7312"])
    #expect(settings.replication.silenceLimit == .seconds(30))
    #expect(settings.replication.peerCredit.bytes == 8 << 20)
    #expect(settings.http.listen == nil)
    #expect(settings.datasets.directory == "/usr/share/simpul/agents/datasets")
    #expect(settings.fleet.directory == "/usr/share/simpul/agents")
  }

  private static let full = """
    data_dir = "/a"
    admin_socket = "/b"
    language = "en"
    log_level = "trace"
    [replication]
    listen = "tcp://127.0.0.1:0"
    silence_limit = "2s"
    peer_credit_bytes = "1MiB"
    [http]
    listen = "[::]:7380"
    [datasets]
    directory = "/d"
    [fleet]
    directory = "/f"
    """

  @Test(
    "the effective text gives the same settings again",
    arguments: [
      full, "[replication]\nlisten = \"tcp://*:1\"\nadvertise = [\"tcp://a:1\", \"tcp://b:1\"]",
    ])
  func effective(text: String) throws {
    let settings = try AggregatorSettings.parse(text)
    #expect(try AggregatorSettings.parse(settings.effectiveText) == settings)
  }

  @Test func `without advertise invitations name the address of listen`() throws {
    let settings = try AggregatorSettings.parse("[replication]\nlisten = \"tcp://192.0.2.1:7312\"")
    #expect(settings.replication.destinations == [settings.replication.listen])
  }

  @Test(
    "a wildcard listen needs advertise",
    arguments: [
      ("", "tcp://0.0.0.0:7312"), ("listen = \"tcp://*:99\"", "tcp://*:99"),
      ("listen = \"tcp://[::]:7\"\nadvertise = []", "tcp://[::]:7"),
    ])
  func wildcard(text: String, listen: String) {
    let lines = problems("[replication]\n" + text)
    #expect(lines.count == 1)
    #expect(
      lines.first?.contains("replication.advertise: is missing: nodes cannot connect to \(listen)") == true)
  }

  @Test(
    "one wrong value is one clear problem",
    arguments: [
      (
        "listen = \"0.0.0.0:7312\"",
        "aggregator.toml:2: replication.listen: must be an endpoint such as \"tcp://0.0.0.0:7312\""
      ),
      (
        "advertise = [\"tcp://*:7312\"]",
        "aggregator.toml:2: replication.advertise[1]: must be an endpoint such as \"tcp://scc.example:7312\", with a name or address that others can reach"
      ),
      (
        "listen = \"tcp://127.0.0.1:1\"\npeer_credit_bytes = \"1kB\"",
        "aggregator.toml:3: replication.peer_credit_bytes: must be from 64KiB to 1GiB, found 1kB"
      ),
      (
        "listen = \"tcp://127.0.0.1:1\"\nadvertize = []",
        "aggregator.toml:3: replication.advertize: unknown key; did you mean replication.advertise?"
      ),
    ])
  func wrong(text: String, line: String) { #expect(problems("[replication]\n" + text) == [line]) }
}

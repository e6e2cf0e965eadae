import Datasets
import Testing

@testable import Settings

@Suite struct AgentSettingsTests {
  static let key = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"

  static let full = """
    node = "disdukcapil"
    data_dir = "/srv/simpul"
    admin_socket = "/run/x.sock"
    language = "en"
    log_level = "debug"
    [aggregator]
    endpoints = ["tcp://scc.example:7312", "tcp://[2001:db8::1]:7312"]
    public_key = "\(key)"
    [http]
    listen = "127.0.0.1:7381"
    [buffer]
    quota = "512MiB"
    reserve = 1000000
    retain_acknowledged = "12h"
    [spool]
    directory = "/var/spool/simpul"
    settle = "20s"
    attlog_verify_first = true
    [collectors.attendance]
    listen = "0.0.0.0:8081"
    allow = ["SERIAL1", "CKJF200360188"]
    [[collectors.camera]]
    id = "disdukcapil-1"
    url = "rtsp://192.0.2.10/Streaming/Channels/102"
    credentials = "cam-1"
    interval = "60s"
    [[collectors.camera]]
    id = "disdukcapil-2"
    url = "rtsp://[2001:db8::2]:8554/x?a=user@b"
    [replication]
    heartbeat = "5s"
    silence_limit = "1m"
    batch_bytes_max = "64KiB"
    reconnect_min = "250ms"
    reconnect_max = "5m"
    """

  private func problems(_ text: String, _ environment: [String: String] = [:]) -> [String] {
    problemLines { _ = try AgentSettings.parse(text, environment: environment) }
  }

  @Test func `a name is enough, the rest has defaults`() throws {
    let settings = try AgentSettings.parse("node = \"disdukcapil\"")
    #expect(settings.node.text == "disdukcapil")
    #expect(settings.dataDirectory == "/var/lib/simpul-agent")
    #expect(settings.adminSocket == "/run/simpul/agent.sock")
    #expect(settings.language == .indonesian)
    #expect(settings.logLevel == .info)
    #expect(settings.aggregator.endpoints.isEmpty)
    #expect(settings.aggregator.publicKey == nil)
    #expect(settings.http.listen == nil)
    #expect(settings.buffer.quota.bytes == 2_000_000_000)
    #expect(settings.buffer.reserve.bytes == 256_000_000)
    #expect(settings.buffer.retainAcknowledged == .seconds(7 * 86_400))
    #expect(settings.spool.directory == nil && settings.spool.settle == .seconds(3))
    #expect(settings.collectors.attendance == nil)
    #expect(settings.collectors.cameras.isEmpty)
    #expect(settings.replication.heartbeat == .seconds(10))
    #expect(settings.replication.silenceLimit == .seconds(30))
    #expect(settings.replication.batchBytesMax.bytes == 1 << 20)
    #expect(settings.replication.reconnectMin == .seconds(1))
    #expect(settings.replication.reconnectMax == .seconds(60))
  }

  @Test func `every key is read`() throws {
    let settings = try AgentSettings.parse(Self.full)
    #expect(settings.dataDirectory == "/srv/simpul")
    #expect(settings.adminSocket == "/run/x.sock")
    #expect(settings.language == .english)
    #expect(settings.logLevel == .debug)
    #expect(
      settings.aggregator.endpoints.map(\.description) == [
        "tcp://scc.example:7312", "tcp://[2001:db8::1]:7312",
      ])
    #expect(settings.aggregator.publicKey?.text == Self.key)
    #expect(settings.http.listen == HostPort(host: "127.0.0.1", port: 7381))
    #expect(settings.buffer.quota.bytes == 512 << 20)
    #expect(settings.buffer.reserve.bytes == 1_000_000)
    #expect(settings.buffer.retainAcknowledged == .seconds(43_200))
    #expect(settings.spool.directory == "/var/spool/simpul" && settings.spool.settle == .seconds(20))
    #expect(settings.spool.attlogVerifyFirst)
    #expect(settings.collectors.attendance?.listen.port == 8081)
    #expect(settings.collectors.attendance?.allow.map(\.text) == ["SERIAL1", "CKJF200360188"])
    #expect(settings.collectors.cameras.map(\.id) == ["disdukcapil-1", "disdukcapil-2"])
    #expect(settings.collectors.cameras.map(\.credentials) == ["cam-1", nil])
    #expect(settings.collectors.cameras.map(\.interval) == [.seconds(60), .seconds(60)])
    #expect(settings.replication.heartbeat == .seconds(5))
    #expect(settings.replication.silenceLimit == .seconds(60))
    #expect(settings.replication.batchBytesMax.bytes == 64 << 10)
    #expect(settings.replication.reconnectMin == .milliseconds(250))
    #expect(settings.replication.reconnectMax == .seconds(300))
  }

  @Test("the effective text gives the same settings again", arguments: ["node = \"x\"", full])
  func effective(text: String) throws {
    let settings = try AgentSettings.parse(text)
    #expect(try AgentSettings.parse(settings.effectiveText) == settings)
  }

  @Test func `the effective text shows defaults`() throws {
    let text = try AgentSettings.parse("node = \"x\"").effectiveText
    for line in [
      "quota = \"2GB\"", "retain_acknowledged = \"7d\"", "heartbeat = \"10s\"", "language = \"id\"",
    ] {
      #expect(text.contains(line))
    }
  }

  @Test(
    "one wrong value is one clear problem",
    arguments: [
      ("data_dir = \"\"", "agent.toml:2: data_dir: must not be empty"),
      (
        "data_dir = \"data\"",
        "agent.toml:2: data_dir: must be a whole path that begins with /, found data; write data_dir = \"/…/data\""
      ),
      (
        "admin_socket = \"a.sock\"",
        "agent.toml:2: admin_socket: must be a whole path that begins with /, found a.sock; "
          + "write admin_socket = \"/…/a.sock\""
      ),
      ("language = \"ind\"", "agent.toml:2: language: must be one of id, en; did you mean id?"),
      (
        "log_level = \"warn\"",
        "agent.toml:2: log_level: must be one of trace, debug, info, notice, warning, error, critical"
      ),
      (
        "[http]\nlisten = \"7381\"",
        "agent.toml:3: http.listen: must be host:port such as \"127.0.0.1:7381\"; 0.0.0.0 is every address"
      ),
      (
        "[http]\nlisten = \"*:7381\"",
        "agent.toml:3: http.listen: must be host:port such as \"127.0.0.1:7381\"; 0.0.0.0 is every address"
      ),
      (
        "[buffer]\nquota = \"2 GB\"",
        "agent.toml:3: buffer.quota: must be a size such as \"2GB\", \"512MiB\" or \"100kB\""
      ),
      ("[buffer]\nquota = \"1kB\"", "agent.toml:3: buffer.quota: must be from 1MB to 1024TiB, found 1kB"),
      (
        "[buffer]\nquota = -1",
        "agent.toml:3: buffer.quota: must be from 1000000 to 1125899906842624, found -1"
      ),
      (
        "[buffer]\nretain_acknowledged = 7",
        "agent.toml:3: buffer.retain_acknowledged: must be a string, found an integer"
      ),
      ("[buffer]\nquotta = \"2GB\"", "agent.toml:3: buffer.quotta: unknown key; did you mean buffer.quota?"),
      (
        "[aggregator]\nendpoints = [\"tcp://0.0.0.0:7312\"]",
        "agent.toml:3: aggregator.endpoints[1]: must be an endpoint such as \"tcp://scc.example:7312\", with a name or address that others can reach"
      ),
      (
        "[aggregator]\nendpoints = [\"tcp://a:1\", \"tcp://a:1\"]",
        "agent.toml:3: aggregator.endpoints: names an endpoint twice"
      ),
      (
        "[aggregator]\nendpoints = []\npublic_key = \"short\"",
        "agent.toml:4: aggregator.public_key: must be the 40 characters (Z85) of the centre's key"
      ),
      (
        "[aggregator]\npublic_key = \"\(key)\"",
        "agent.toml:2: aggregator.endpoints: is missing; run simpul-agent join, or write the centre's endpoints"
      ),
      (
        "[collectors.attendance]\nallow = []",
        "agent.toml:2: collectors.attendance.listen: is missing; write listen = \"0.0.0.0:8081\", the address that terminals call"
      ),
      (
        "[collectors.attendance]\nlisten = \"0.0.0.0:8081\"\nallow = [\"A B\"]",
        "agent.toml:4: collectors.attendance.allow[1]: must be a terminal's serial number: 1 to 64 letters, digits, dots, hyphens or underscores"
      ),
      (
        "[[collectors.camera]]\nurl = \"rtsp://a/b\"",
        "agent.toml:2: collectors.camera[1].id: is missing; write id = \"NAME-1\""
      ),
      (
        "[[collectors.camera]]\nid = \"a\"\nurl = \"http://a/b\"",
        "agent.toml:4: collectors.camera[1].url: must be a URL such as \"rtsp://192.0.2.10/Streaming/Channels/102\""
      ),
      (
        "[[collectors.camera]]\nid = \"a\"\nurl = \"rtsp:///b\"",
        "agent.toml:4: collectors.camera[1].url: must name a host, and a port if it is not 554"
      ),
      (
        "[[collectors.camera]]\nid = \"a b\"\nurl = \"rtsp://a/b\"",
        "agent.toml:3: collectors.camera[1].id: must be 1 to 64 letters, digits, dots, hyphens and underscores"
      ),
      (
        "[[collectors.camera]]\nid = \"a\"\nurl = \"rtsp://a/b\"\n[[collectors.camera]]\nid = \"a\"\nurl = \"rtsp://a/c\"",
        "agent.toml:6: collectors.camera[2].id: another camera has the same id; give every camera its own id"
      ),
      (
        "[[collectors.camera]]\nid = \"a\"\nurl = \"rtsp://a/b\"\ninterval = \"10ms\"",
        "agent.toml:5: collectors.camera[1].interval: must be at least 1s, found 10ms"
      ),
      (
        "[replication]\nheartbeat = \"20s\"",
        "agent.toml:2: replication.silence_limit: must be at least twice the heartbeat (20s), is 30s; raise silence_limit or lower heartbeat"
      ),
      (
        "[replication]\nreconnect_min = \"2m\"",
        "agent.toml:2: replication.reconnect_max: must not be below reconnect_min (2m), is 1m"
      ),
      (
        "[replication]\nbatch_bytes_max = \"1kB\"",
        "agent.toml:3: replication.batch_bytes_max: must be from 4KiB to 2MiB, found 1kB"
      ),
    ])
  func wrong(text: String, line: String) { #expect(problems("node = \"x\"\n" + text) == [line]) }

  @Test(
    "a node needs a name that a node can have",
    arguments: [
      ("", "agent.toml: node: is missing; write node = \"NAME\", as in the office's profile"),
      (
        "node = \"Dinas\"",
        "agent.toml:1: node: must be an office's name: lower-case letters, digits and inner hyphens, and not \"scc\""
      ),
      (
        "node = \"scc\"",
        "agent.toml:1: node: must be an office's name: lower-case letters, digits and inner hyphens, and not \"scc\""
      ),
      ("node = \" \"", "agent.toml:1: node: must not be empty"),
    ])
  func node(text: String, line: String) { #expect(problems(text) == [line]) }

  @Test func `a password in a URL or in place of a credential's name is refused and not shown`() {
    let text = """
      node = "x"
      [[collectors.camera]]
      id = "a"
      url = "rtsp://admin:hunter2@192.0.2.1/x"
      [[collectors.camera]]
      id = "b"
      url = "rtsp://192.0.2.1/x"
      credentials = "admin:hunter2"
      """
    let lines = problems(text)
    #expect(lines.count == 2)
    #expect(lines.allSatisfy { !$0.contains("hunter2") })
    #expect(lines.allSatisfy { $0.contains("0600") })
  }

  @Test func `a socket's path must fit`() {
    let path = "/run/" + String(repeating: "x", count: 103)
    #expect(
      problems("node = \"x\"\nadmin_socket = \"\(path)\"") == [
        "agent.toml:2: admin_socket: must be at most 107 bytes long, found 108; use a shorter path"
      ])
  }

  @Test func `all problems are shown at once`() {
    #expect(problems("nod = \"x\"\nlanguage = 1\n[buffer]\nquota = \"x\"\n[htp]\nlisten = 1").count == 5)
  }

  @Test func `a file that is not there says what to do`() {
    #expect(
      problemLines { _ = try AgentSettings.load(path: "/nonexistent/agent.toml", environment: [:]) } == [
        "/nonexistent/agent.toml: cannot be read: No such file or directory; check the path, or create the file"
      ])
  }

  @Test func `a file is loaded with the environment over it`() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write("agent.toml", "node = \"a\"\n")
    let settings = try AgentSettings.load(path: path, environment: ["SIMPUL_CONFIG__NODE": "b"])
    #expect(settings.node.text == "b")
  }

  @Test func `a directory and a file that is not UTF-8 are refused`() throws {
    let directory = try TemporaryDirectory()
    #expect(
      problemLines { _ = try AgentSettings.load(path: directory.path, environment: [:]) } == [
        "\(directory.path): not a regular file; name a file"
      ])
    let path = try directory.write("a.toml", "")
    try BytesFile.write([0x6E, 0xFF, 0xFE], to: path)
    #expect(
      problemLines { _ = try AgentSettings.load(path: path, environment: [:]) } == [
        "\(path): not UTF-8; save it as UTF-8 text"
      ])
  }
}

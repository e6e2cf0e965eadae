import Datasets
import Testing

@testable import Settings

@Suite struct EnvironmentTests {
  private func settings(_ environment: [String: String]) throws -> AgentSettings {
    try AgentSettings.parse("node = \"x\"\n[buffer]\nquota = \"1GB\"\n", environment: environment)
  }

  @Test func `a variable wins over the file and over a default`() throws {
    let settings = try settings([
      "SIMPUL_CONFIG__BUFFER__QUOTA": "3GB", "SIMPUL_CONFIG__HTTP__LISTEN": "127.0.0.1:1",
      "SIMPUL_CONFIG__BUFFER__RETAIN_ACKNOWLEDGED": "1d",
    ])
    #expect(settings.buffer.quota.bytes == 3_000_000_000)
    #expect(settings.http.listen?.port == 1)
    #expect(settings.buffer.retainAcknowledged == .seconds(86_400))
  }

  @Test func `values are TOML where they can be, else text`() throws {
    let settings = try settings([
      "SIMPUL_CONFIG__AGGREGATOR__ENDPOINTS": "[\"tcp://a:1\", \"tcp://b:2\"]",
      "SIMPUL_CONFIG__AGGREGATOR__PUBLIC_KEY": AgentSettingsTests.key,
      "SIMPUL_CONFIG__NODE": "\"quoted\"",
      "SIMPUL_CONFIG__BUFFER__QUOTA": "5000000",
      "SIMPUL_CONFIG__COLLECTORS__CAMERA": "[{ id = \"a\", url = \"rtsp://h/p\" }]",
    ])
    #expect(settings.aggregator.endpoints.count == 2)
    #expect(settings.aggregator.publicKey?.text == AgentSettingsTests.key)
    #expect(settings.node.text == "quoted")
    #expect(settings.buffer.quota.bytes == 5_000_000)
    #expect(settings.collectors.cameras.map(\.id) == ["a"])
  }

  @Test func `a text that looks like a number is a text where one is wanted`() throws {
    #expect(try settings(["SIMPUL_CONFIG__NODE": "123"]).node.text == "123")
    #expect(try settings(["SIMPUL_CONFIG__NODE": "true"]).node.text == "true")
  }

  @Test func `a value cannot smuggle in other keys`() throws {
    let settings = try settings(["SIMPUL_CONFIG__DATA_DIR": "/a\"\nlanguage = \"en\""])
    #expect(settings.language == .indonesian)
    #expect(settings.dataDirectory == "/a\"\nlanguage = \"en\"")
  }

  @Test(
    "unknown and impossible variables are problems that name them",
    arguments: [
      (
        "SIMPUL_CONFIG__BUFFER__QUOTTA", "1GB",
        "SIMPUL_CONFIG__BUFFER__QUOTTA: buffer.quotta: unknown key; did you mean buffer.quota?"
      ),
      (
        "SIMPUL_CONFIG__BUFER__QUOTA", "1GB",
        "SIMPUL_CONFIG__BUFER__QUOTA: bufer: unknown key; did you mean buffer?"
      ),
      (
        "SIMPUL_CONFIG__BUFFER__QUOTA", "big",
        "SIMPUL_CONFIG__BUFFER__QUOTA: buffer.quota: must be a size such as \"2GB\", \"512MiB\" or \"100kB\""
      ),
      (
        "SIMPUL_CONFIG__NODE__NAME", "y",
        "SIMPUL_CONFIG__NODE__NAME: node.name: node is no table; give the whole of node as a TOML value"
      ),
      (
        "SIMPUL_CONFIG__", "y",
        "SIMPUL_CONFIG__: names no key; write SIMPUL_CONFIG__ and the key's path in upper case with __ between its parts"
      ),
      (
        "SIMPUL_CONFIG____NODE", "y",
        "SIMPUL_CONFIG____NODE: names no key; write SIMPUL_CONFIG__ and the key's path in upper case with __ between its parts"
      ),
    ])
  func wrong(variable: String, value: String, line: String) {
    #expect(problemLines { _ = try settings([variable: value]) } == [line])
  }

  @Test func `other variables are no settings`() throws {
    #expect(try settings(["SIMPUL_SOCKET": "/x", "SIMPUL_CONFIG_": "1", "PATH": "/bin"]) == settings([:]))
  }

  @Test func `a whole table can be given, and parts of it on top`() throws {
    let settings = try settings([
      "SIMPUL_CONFIG__BUFFER": "{ quota = \"7MB\", reserve = \"1MB\" }",
      "SIMPUL_CONFIG__BUFFER__RESERVE": "2MB",
    ])
    #expect(settings.buffer.quota.bytes == 7_000_000)
    #expect(settings.buffer.reserve.bytes == 2_000_000)
  }
}

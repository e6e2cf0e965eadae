import API
import Diagnostics
import Testing

@Suite struct TokensCommandTests {
  private static let made =
    #"{"name":"budi","role":"operator","office":"kec-citta","expires":"2027-10-04T09:00:00+08:00","token":"spt_abc"}"#

  @Test func `a token is printed alone, what it is beside it`() async throws {
    try await TestDaemon.answering({ _ in .ok(Self.made) }).run { daemon in
      let result = await simpulctl(
        "--socket", daemon.socket, "tokens", "create", "budi", "--role", "operator", "--office", "kec-citta",
        "--expires", "90d")
      #expect(result.code == 0 && result.output == "spt_abc\n")
      #expect(result.error.hasPrefix("Token budi (operator, hanya kantor kec-citta) berlaku sampai 2027-10-04"))
      let json = await simpulctl("--socket", daemon.socket, "tokens", "create", "budi", "--role", "viewer", "--json")
      #expect(json == RunResult(code: 0, output: Self.made + "\n", error: ""))
      #expect(daemon.requests.map(\.line) == ["POST /api/v1/tokens", "POST /api/v1/tokens"])
      #expect(
        daemon.requests.map(\.body) == [
          #"{"name":"budi","office":"kec-citta","role":"operator","valid_hours":2160}"#,
          #"{"name":"budi","role":"viewer","valid_hours":8760}"#,
        ])
    }
  }

  @Test(arguments: [
    ["create", "budi"], ["create", "budi", "--role", "root"], ["create", "budi", "--role", "viewer", "--expires", "x"],
    ["create", "budi", "--role", "viewer", "--expires", "30m"],
    ["create", "budi", "--role", "viewer", "--expires", "4000d"], ["revoke"], ["sign-in"],
  ])
  func `what makes no sense is a usage error`(arguments: [String]) async throws {
    let screenless = ["--socket", "/nowhere", "tokens"] + arguments
    #expect(await run(screenless).code == 64)
  }

  private func run(_ arguments: [String]) async -> RunResult {
    let screen = Screen()
    let console = Console(
      environment: [:], outputIsTerminal: false, errorIsTerminal: false, now: { noon }, write: { screen.write($0, $1) })
    return screen.result(code: await ControlProgram.run(arguments, console: console))
  }

  @Test func `the list is a table`() async throws {
    let body =
      #"{"tokens":[{"name":"budi","role":"admin","state":"valid","created":"2026-10-01T09:00:00+08:00","#
      + #""expires":"2026-10-09T09:00:00+08:00","last_used":"2026-10-04T08:57:00+08:00","sessions":2},"#
      + #"{"name":"ani","role":"viewer","office":"bpbd","state":"revoked","created":"2026-10-01T09:00:00+08:00","#
      + #""expires":"2026-10-09T09:00:00+08:00","revoked":"2026-10-04T08:00:00+08:00","sessions":0}]}"#
    try await TestDaemon.answering({ _ in .ok(body) }).run { daemon in
      let result = await simpulctl("--socket", daemon.socket, "tokens", "list")
      #expect(
        result
          == RunResult(
            code: 0,
            output: lines(
              "Nama  Peran   Kantor  Keadaan  Berakhir     Dipakai       Sesi",
              "budi  admin   semua   berlaku  5 hari lagi  3 menit lalu     2",
              "ani   viewer  bpbd    dicabut  1 jam lalu   -                0"), error: ""))
      #expect(daemon.requests.map(\.line) == ["GET /api/v1/tokens"])
    }
  }

  @Test func `revoking says what has ended`() async throws {
    let body =
      #"{"name":"budi","role":"admin","state":"revoked","created":"2026-10-01T09:00:00+08:00","#
      + #""expires":"2026-10-09T09:00:00+08:00","revoked":"2026-10-04T08:00:00+08:00","sessions":0}"#
    try await TestDaemon.answering({ _ in .ok(body) }).run { daemon in
      let result = await simpulctl("--socket", daemon.socket, "tokens", "revoke", "budi", "--reason", "pindah")
      #expect(
        result == RunResult(code: 0, output: "Token budi dicabut; sesi dan tautannya ikut berakhir.\n", error: ""))
      #expect(daemon.requests.map(\.line) == ["POST /api/v1/tokens/budi/revocation"])
      #expect(daemon.requests.first?.headers["simpul-reason"] == "pindah")
    }
  }

  @Test func `a sign-in link leads to where the browser reaches the daemon`() async throws {
    let body =
      #"{"name":"budi","path":"/sign-in?code=spl_x","url":"http://127.0.0.1:7380/sign-in?code=spl_x","#
      + #""expires":"2026-10-04T09:15:00+08:00"}"#
    let answer = TestDaemon.answering({ _ in .ok(body) })
    try await answer.run { daemon in
      let own = await simpulctl("--socket", daemon.socket, "tokens", "sign-in", "budi")
      #expect(own.output == "http://127.0.0.1:7380/sign-in?code=spl_x\n")
      #expect(own.error.contains("berlaku sekali sampai 2026-10-04T09:15:00+08:00 (15 menit lagi)"))
      let proxied = await simpulctl(
        "--socket", daemon.socket, "tokens", "sign-in", "budi", "--at", "https://scc.example/")
      #expect(proxied.output == "https://scc.example/sign-in?code=spl_x\n")
      let wrong = await simpulctl("--socket", daemon.socket, "tokens", "sign-in", "budi", "--at", "scc.example")
      #expect(wrong.code == 64 && wrong.error.contains("--at"))
      #expect(daemon.requests.map(\.line) == ["POST /api/v1/tokens/budi/sign-in", "POST /api/v1/tokens/budi/sign-in"])
    }
    try await answer.run(overTCP: true) { daemon in
      let url = "http://127.0.0.1:\(daemon.port)"
      let remote = await simpulctl("--url", url, "tokens", "sign-in", "budi", "--json")
      #expect(remote.document?.member("url") == .string(url + "/sign-in?code=spl_x"))
    }
  }

  @Test(arguments: [(401, "--token-file"), (403, "--token-file")])
  func `whoever may not is told what to do, with 77`(status: Int, remedy: String) async throws {
    try await TestDaemon.answering({ _ in .error(status, "x", "Tidak boleh.") }).run { daemon in
      // Whoever comes by the socket has all rights: no other way in would help.
      let local = await simpulctl("--socket", daemon.socket, "tokens", "list")
      #expect(local == RunResult(code: 77, output: "", error: "simpulctl: tokens: Tidak boleh.\n"))
    }
    try await TestDaemon.answering({ _ in .error(status, "x", "Tidak boleh.") }).run(overTCP: true) { daemon in
      let result = await simpulctl("--url", "http://127.0.0.1:\(daemon.port)", "tokens", "list")
      #expect(result.code == 77 && result.output == "")
      #expect(result.error.contains("Tidak boleh; ") && result.error.contains(remedy))
    }
  }

  @Test func `what an office may not write is a matter of the data, by whatever way it comes`() async throws {
    let words = "data wilayah lain dicatat oleh kantor wilayah itu."
    try await TestDaemon.answering({ _ in .error(403, "write_rule", words) }).run(overTCP: true) { daemon in
      let result = await simpulctl(
        "--url", "http://127.0.0.1:\(daemon.port)", "records", "put", "population", "--id", "x", "rt=1")
      #expect(result.code == 65 && result.error == "simpulctl: population x: \(words)\n")
    }
  }
}

extension JSONValue {
  fileprivate func member(_ name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members[name]
  }
}

import Diagnostics
import Synchronization
import Testing

@Suite struct QuarantineCommandTests {
  @Test func `a decision is sent with its reason`() async throws {
    try await TestDaemon.answering({ request in
      .ok(#"{"id":"17","outcome":"\#(request.target.hasSuffix("discard") ? "discarded" : "applied")"}"#)
    }).run { daemon in
      let requeued = await simpulctl(
        "--socket", daemon.socket, "quarantine", "requeue", "17", "--reason", "aturan diperbaiki")
      #expect(requeued == RunResult(code: 0, output: "17 dimasukkan.\n", error: ""))
      let discarded = await simpulctl(
        "--socket", daemon.socket, "quarantine", "discard", "17", "--reason", "uji coba", "--json")
      #expect(
        discarded == RunResult(code: 0, output: #"{"id":"17","outcome":"discarded"}"# + "\n", error: ""))
      #expect(
        daemon.requests.map(\.line) == [
          "POST /api/v1/quarantine/17/requeue", "POST /api/v1/quarantine/17/discard",
        ])
      #expect(
        daemon.requests.map(\.body) == [#"{"reason":"aturan diperbaiki"}"#, #"{"reason":"uji coba"}"#])
    }
  }

  @Test func `a file's value is taken or not, with what was looked at`() async throws {
    try await TestDaemon.answering({ request in
      .ok(#"{"id":"value/3","outcome":"\#(request.target.hasSuffix("discard") ? "discarded" : "applied")"}"#)
    }).run { daemon in
      let taken = await simpulctl(
        "--socket", daemon.socket, "quarantine", "take", "value/3", "--seen", "v1", "--correction", "--reason",
        "KK dicek")
      #expect(taken == RunResult(code: 0, output: "value/3: nilai berkas dipakai.\n", error: ""))
      #expect(daemon.requests.last?.line == "POST /api/v1/quarantine/value%2F3/take?correction=true")
      #expect(daemon.requests.last?.headers["if-match"] == "\"v1\"")
      let discarded = await simpulctl(
        "--socket", daemon.socket, "quarantine", "discard", "value/3", "--reason", "kantor benar")
      #expect(discarded == RunResult(code: 0, output: "value/3: nilai kantor tetap.\n", error: ""))
    }
  }

  @Test func `what is still held is a problem that is explained`() async throws {
    let held = #"{"id":"17","outcome":"held","code":"write_rule","reason":"Kantor ini tidak berwenang."}"#
    try await TestDaemon.answering({ _ in .ok(held) }).run { daemon in
      let result = await simpulctl(
        "--socket", daemon.socket, "quarantine", "requeue", "17", "--reason", "coba lagi")
      #expect(result.code == 1)
      #expect(result.output == "")
      #expect(result.error.contains("17 masih ditahan: Kantor ini tidak berwenang."))
    }
  }

  @Test func `all that is held for one code is tried, and one that stays held stops none of the others`() async throws {
    let entry = #"{"id":"%","node":"a","dataset":"population","sequence":1,"code":"#
    @Sendable func entries(_ ids: [String], _ code: String) -> String {
      ids.map { entry.replacing("%", with: $0) + #""\#(code)","reason":"x","at":"2026-10-04T08:00:00+08:00"}"# }
        .joined(separator: ",")
    }
    try await TestDaemon.answering({ request in
      switch (request.method, request.target) {
      case ("GET", "/api/v1/quarantine?limit=1000"):
        .ok(#"{"quarantine":[\#(entries(["r1", "r2"], "recovered"))],"next":"c"}"#)
      case ("GET", _): .ok(#"{"quarantine":[\#(entries(["h1"], "held_value")),\#(entries(["r3"], "recovered"))]}"#)
      case (_, "/api/v1/quarantine/r2/requeue"): .ok(#"{"id":"r2","outcome":"held","reason":"belum"}"#)
      default: .ok(#"{"id":"x","outcome":"applied"}"#)
      }
    }).run { daemon in
      let result = await simpulctl(
        "--socket", daemon.socket, "quarantine", "requeue", "--all", "--code", "recovered", "--reason", "disk diganti")
      #expect(result.code == 1 && result.output == "2 dimasukkan.\n", "\(result)")
      #expect(result.error.contains("1 masih ditahan"))
      #expect(result.error.contains("r2: belum"))
      #expect(
        daemon.requests.map(\.line).filter { $0.hasPrefix("POST") }
          == ["r1", "r2", "r3"].map { "POST /api/v1/quarantine/\($0)/requeue" })
    }
    let unknown = await simpulctl(
      "--socket", "/nowhere", "quarantine", "requeue", "--all", "--code", "recoverd", "--reason", "x")
    #expect(unknown.code == 64 && unknown.error.contains("recovered"), "\(unknown)")
  }

  @Test func `all is tried until nothing new is listed, what went in part is told, and a thief's backlog is left out`()
    async throws
  {
    @Sendable func entry(_ id: String, _ code: String) -> String {
      #"{"id":"\#(id)","node":"a","dataset":"population","sequence":1,"code":"\#(code)","reason":"x","#
        + #""at":"2026-10-04T08:00:00+08:00"}"#
    }
    let looks = Mutex(0)
    try await TestDaemon.answering({ request in
      switch (request.method, request.target) {
      case ("GET", _):
        let look = looks.withLock { looks in
          looks += 1
          return looks
        }
        let more = look == 1 ? [entry("1", "schema"), entry("2", "awaits_decision")] : [entry("4", "schema")]
        return .ok(
          #"{"quarantine":[\#((more + [entry("3", "revoked_backlog"), entry("5", "schema")]).joined(separator: ","))]}"#
        )
      case (_, "/api/v1/quarantine/2/requeue"): return .error(409, "not_held", "Sudah diputuskan.")
      case (_, "/api/v1/quarantine/5/requeue"):
        return .ok(#"{"id":"5","outcome":"applied","left":["telepon"],"reason":"Belum semua: telepon."}"#)
      default: return .ok(#"{"id":"x","outcome":"applied"}"#)
      }
    }).run { daemon in
      let result = await simpulctl("--socket", daemon.socket, "quarantine", "requeue", "--all", "--reason", "x")
      #expect(result.code == 1 && result.output == "2 dimasukkan.\n", "\(result)")
      #expect(result.error.contains("1 tidak ditahan lagi"))
      #expect(result.error.contains("5: Belum semua: telepon."))
      #expect(result.error.contains("1 dari kantor yang dicabut tidak ikut"))
      #expect(
        daemon.requests.map(\.line).filter { $0.hasPrefix("POST") }
          == ["1", "2", "5", "4"].map { "POST /api/v1/quarantine/\($0)/requeue" })
    }
  }

  @Test(arguments: [("requeue", "17"), ("take", "value/17"), ("discard", "17")])
  func `a decision without a reason is a usage error`(action: String, id: String) async throws {
    let result = await simpulctl("--socket", "/nowhere", "quarantine", action, id)
    #expect(result.code == 64)
    #expect(result.error.contains("--reason"))
  }

  @Test func `what a file's value is decided by is not taken for a change in quarantine`() async throws {
    let result = await simpulctl("--socket", "/nowhere", "quarantine", "take", "17", "--reason", "coba")
    #expect(result.code == 64)
    #expect(result.error.contains("value/N") && result.error.contains("requeue"))
  }

  @Test func `a revoked office's backlog is let in with a reason`() async throws {
    try await TestDaemon.answering({ _ in .ok(#"{"node":"kec-citta","taken":3,"held":1}"#) }).run { daemon in
      let result = await simpulctl(
        "--socket", daemon.socket, "nodes", "accept-backlog", "kec-citta", "--reason", "utuh")
      #expect(result == RunResult(code: 0, output: "kec-citta: 3 dimasukkan, 1 masih ditahan.\n", error: ""))
      #expect(daemon.requests.map(\.line) == ["POST /api/v1/nodes/kec-citta/backlog"])
      #expect(daemon.requests.map(\.body) == [#"{"reason":"utuh"}"#])
    }
  }
}

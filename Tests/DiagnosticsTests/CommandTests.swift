import API
import Datasets
import Diagnostics
import Foundation
import HTTPRequesting
import Testing

private let statusBody =
  #"{"role":"agent","node":"disdukcapil","version":"0.1.0","summary":"Terhubung.","state":"online","incarnation":"3-ab","#
  + #""started_at":"2026-10-04T06:00:00+08:00","backlog":{"changes":1234,"bytes":56789,"oldest":"2026-10-04T08:57:00+08:00"},"#
  + #""clock_offset_ms":-12,"streams":[{"dataset":"population","applied":40,"last":1274}],"open_conflicts":2,"from_later":true}"#

@Suite struct CommandTests {
  @Test func `status is a list of names and values`() async throws {
    try await TestDaemon.answering({ _ in .ok(statusBody) }).run { daemon in
      let result = await simpulctl("--socket", daemon.socket, "status")
      #expect(
        result
          == RunResult(
            code: 0,
            output: lines(
              "Node             disdukcapil",
              "Peran            agen",
              "Keadaan          daring",
              "Ringkasan        Terhubung.",
              "Versi            0.1.0",
              "Berjalan sejak   2026-10-04T06:00:00+08:00 (3 jam lalu)",
              "Inkarnasi        3-ab",
              "Belum diakui     1.234 perubahan, 56,7 kB, tertua 3 menit lalu",
              "Selisih jam      -12 ms",
              "Konflik terbuka  2",
              "",
              "Dataset     Terakhir  Diterapkan  Tertinggal",
              "population     1.274          40       1.234"),
            error: ""))
      let request = try #require(daemon.requests.first)
      #expect(request.line == "GET /api/v1/status")
      #expect(request.headers["accept-language"] == "id")
      #expect(request.headers["user-agent"] == "simpulctl/0.1.0")
      #expect(request.headers["simpul-reason"] == nil)
      #expect(request.headers["host"] == "localhost")
    }
  }

  @Test func `what is held counts all that waits for a person, values of files too`() async throws {
    let body = statusBody.replacing(
      #","open_conflicts":2"#, with: #","open_conflicts":2,"held_back":1,"held_values":3,"recovered":1"#)
    try await TestDaemon.answering({ _ in .ok(body) }).run { daemon in
      let result = await simpulctl("--socket", daemon.socket, "status")
      #expect(result.output.contains("\nDitahan untuk diperiksa  5\n"), "\(result.output)")
    }
  }

  @Test func `json is the daemon's own document, also with what is not known here`() async throws {
    try await TestDaemon.answering({ _ in .ok(statusBody) }).run { daemon in
      let result = await simpulctl(
        "status", "--json", "--reason", "keluhan é", environment: ["SIMPUL_SOCKET": daemon.socket])
      #expect(result == RunResult(code: 0, output: statusBody + "\n", error: ""))
      #expect(daemon.requests.first?.headers["simpul-reason"] == "keluhan é")
    }
  }

  @Test func `top shows the nodes of an aggregator`() async throws {
    try await TestDaemon.answering({ request in
      .ok(
        request.target == "/api/v1/nodes"
          ? Self.nodesBody : statusBody.replacing("\"agent\"", with: "\"aggregator\""))
    }).run { daemon in
      let result = await simpulctl("--socket", daemon.socket, "top", "--language", "en")
      #expect(result.code == 0)
      #expect(result.output.contains("Role              aggregator\n"))
      #expect(result.output.contains("kec-citta    offline"))
      let once = await simpulctl("--socket", daemon.socket, "top", "--once", "--json", isTerminal: true)
      guard case .object(let members) = once.document else {
        Issue.record("no document: \(once.output)")
        return
      }
      #expect(members.keys.sorted() == ["nodes", "status"])
    }
  }

  private static let nodesBody =
    #"{"nodes":[{"node":"kec-citta","state":"offline","last_seen":"2026-10-03T09:00:00+08:00","backlog":{"changes":7,"bytes":2048},"#
    + #""streams":[]},{"node":"disdukcapil","state":"online","last_seen":"2026-10-04T08:59:59+08:00","#
    + #""backlog":{"changes":0,"bytes":0,"oldest":null},"streams":[],"open_conflicts":1,"version":"0.1.0"}]}"#

  @Test func `nodes are listed by name`() async throws {
    try await TestDaemon.answering({ _ in .ok(Self.nodesBody) }).run { daemon in
      let result = await simpulctl("--socket", daemon.socket, "nodes", "list")
      #expect(
        result.output
          == lines(
            "Node         Keadaan  Terlihat     Tunggakan  Ukuran  Data terbaru  Konflik  Karantina  Versi",
            "disdukcapil  daring   baru saja            0     0 B  -                   1          -  0.1.0",
            "kec-citta    luring   1 hari lalu          7  2,0 kB  -                   -          -  -"))
      #expect(result.error == "1 luring, 1 daring\n")
    }
  }

  @Test func `an invitation stands alone on standard output`() async throws {
    let body =
      #"{"expires":"2026-10-07T09:00:00+08:00","invitation":"simpul-invitation:1:abc","node":"kec-citta"}"#
    try await TestDaemon.answering({ _ in .ok(body) }).run { daemon in
      let result = await simpulctl(
        "--socket", daemon.socket, "nodes", "invite", "kec-citta", "--valid-hours", "48")
      #expect(result.output == "simpul-invitation:1:abc\n")
      #expect(result.error.contains("simpul-agent join"))
      #expect(daemon.requests.first?.line == "POST /api/v1/nodes/kec-citta/invitation")
      #expect(daemon.requests.first?.body == #"{"valid_hours":48}"#)
      let json = await simpulctl("--socket", daemon.socket, "nodes", "invite", "kec-citta", "--json")
      #expect(json == RunResult(code: 0, output: body + "\n", error: ""))
    }
  }

  @Test func `a revocation needs its reason and takes an empty answer`() async throws {
    try await TestDaemon.answering({ _ in TestDaemon.Answer(status: 204, body: "") }).run { daemon in
      let without = await simpulctl("--socket", daemon.socket, "nodes", "revoke", "kec-citta")
      #expect(without.code == 64)
      #expect(daemon.requests.isEmpty)
      let result = await simpulctl(
        "--socket", daemon.socket, "nodes", "revoke", "kec-citta", "--reason", "hilang", "--json")
      #expect(result == RunResult(code: 0, output: "{}\n", error: ""))
      #expect(daemon.requests.first?.body == #"{"reason":"hilang"}"#)
    }
  }

  @Test func `a digest that differs from the expected one is a problem`() async throws {
    let body = #"{"count":1200,"digest":"AB12","epoch":"e1","position":77,"pending":0}"#
    try await TestDaemon.answering({ _ in .ok(body) }).run { daemon in
      let same = await simpulctl(
        "--socket", daemon.socket, "digest", "population", "--node", "kec-citta", "--expect", "ab12")
      #expect(same.code == 0)
      #expect(same.output.contains("Jumlah data  1.200\n"))
      #expect(daemon.requests.first?.line == "GET /api/v1/datasets/population/digest?node=kec-citta")
      let other = await simpulctl(
        "--socket", daemon.socket, "digest", "population", "--expect", "ab13", "--json")
      #expect(other.code == 1)
      #expect(other.output == body + "\n")
      #expect(other.error.split(separator: "\n").count == 1)
    }
  }

  @Test func `streams, ledger and quarantine are tables with a way to the next page`() async throws {
    try await TestDaemon.answering({ request in
      switch request.target {
      case "/api/v1/streams":
        .ok(
          #"{"streams":[{"dataset":"camera","node":"b","applied":9,"last":9},{"dataset":"camera","node":"a","applied":1,"last":3}]}"#
        )
      case "/api/v1/ledger?limit=2&dataset=camera":
        .ok(
          #"{"ledger":[{"node":"a","dataset":"camera","first":1,"last":500,"count":250,"reason":"thinned","at":"2026-10-04T08:00:00+08:00"}],"next":"c2"}"#
        )
      case "/api/v1/quarantine/a%2F3":
        .ok(
          #"{"id":"a/3","node":"a","dataset":"population","sequence":3,"code":"unknown_field","reason":"x","at":"2026-10-04T08:00:00+08:00","fields":{"rt":"003"}}"#
        )
      default: .ok(#"{"quarantine":[]}"#)
      }
    }).run { daemon in
      let streams = await simpulctl("--socket", daemon.socket, "streams")
      #expect(
        streams.output
          == lines(
            "Node  Dataset  Terakhir  Diterapkan  Tertinggal",
            "a     camera          3           1           2",
            "b     camera          9           9           0"))
      let ledger = await simpulctl(
        "--socket", daemon.socket, "ledger", "--limit", "2", "--dataset", "camera", "--language", "en")
      #expect(
        ledger.output
          == lines(
            "Node  Dataset  First  Last  Count  Reason                        When",
            "a     camera       1   500    250  thinned: the buffer was full  1 hour ago"))
      #expect(ledger.error == "There is more: add --cursor 'c2'\n")
      let entry = await simpulctl("--socket", daemon.socket, "quarantine", "show", "a/3")
      #expect(entry.output.contains("rt       003\n"))
      let empty = await simpulctl("--socket", daemon.socket, "quarantine", "list")
      #expect(empty == RunResult(code: 0, output: "", error: "(tidak ada)\n"))
    }
  }
}

@Suite struct FailureTests {
  @Test func `over TCP the token of the file goes along`() async throws {
    let directory = try TemporaryDirectory()
    let tokenFile = directory.path + "/token"
    try "t0ken\n".write(toFile: tokenFile, atomically: true, encoding: .utf8)
    try await TestDaemon.answering({ request in
      request.headers["authorization"] == "Bearer t0ken"
        ? .ok(statusBody) : .error(401, "unauthorized", "Siapa?")
    }).run(overTCP: true) { daemon in
      let url = "http://127.0.0.1:\(daemon.port)/"
      let known = await simpulctl("--url", url, "--token-file", tokenFile, "status", "--json")
      #expect(known == RunResult(code: 0, output: statusBody + "\n", error: ""))
      let unknown = await simpulctl("--url", url, "status")
      #expect(unknown.code == 77)
      #expect(unknown.error.contains("--token-file"))
    }
  }

  @Test(arguments: [
    (EACCES, CommandFailure.Code.notPermitted), (ENOENT, .unreachable), (ECONNRESET, .unreachable),
  ])
  func `a socket that may not be opened is not permitted`(number: Int32, code: CommandFailure.Code) {
    let failure = CommandFailure.transport(
      HTTPFailure.unreachable(errno: number), endpoint: .socket(path: "/s"), timeout: .seconds(1),
      language: .english)
    #expect(failure.code == code)
    #expect(failure.line.contains("/s"))
  }

  @Test(arguments: [
    (401, Int32(77)), (403, 77), (404, 65), (410, 65), (422, 65), (500, 1), (503, 69), (507, 1),
  ])
  func `a refusal is one line with the daemon's message`(status: Int, code: Int32) async throws {
    try await TestDaemon.answering({ _ in .error(status, "word", "Penjelasan layanan.") }).run { daemon in
      let result = await simpulctl("--socket", daemon.socket, "nodes", "show", "kec-citta", "--json")
      #expect(result.code == code)
      #expect(result.output.isEmpty)
      #expect(result.error.hasPrefix("simpulctl: nodes kec-citta: Penjelasan layanan"))
      // A sentence that something follows has no full stop in the middle.
      #expect(!result.error.contains(".;"))
      #expect(result.error.split(separator: "\n", omittingEmptySubsequences: false).count == 2)
    }
  }

  @Test func `what is no daemon of ours is not reachable`() async throws {
    try await TestDaemon.answering({ request in
      switch request.target {
      case "/api/v1/status": TestDaemon.Answer(contentType: "text/html", body: "<html>")
      case "/api/v1/nodes": .ok(#"{"nodes":5}"#)
      default: TestDaemon.Answer(status: 404, contentType: "text/html", body: "<html>")
      }
    }).run { daemon in
      for command in [["status"], ["nodes", "list"], ["streams"]] {
        let result = await simpulctl(
          "--socket", daemon.socket, command[0], command.count > 1 ? command[1] : "--json")
        #expect(result.code == 69)
        #expect(result.output.isEmpty)
        #expect(result.error.contains("bukan dari layanan Simpul"))
      }
    }
  }

  @Test func `a connection that closes without an answer is not reachable`() async throws {
    try await TestDaemon.answering({ _ in nil }).run { daemon in
      let result = await simpulctl("--socket", daemon.socket, "status")
      #expect(result.code == 69)
      #expect(result.error.contains("menutup sambungan"))
    }
  }

  @Test func `no socket, nobody behind a socket and no default are told apart`() async throws {
    let directory = try TemporaryDirectory()
    let missing = await simpulctl("--socket", directory.path + "/none", "status", "--language", "en")
    #expect(missing.code == 69)
    #expect(missing.error.contains("there is no socket \(directory.path)/none; start the daemon"))
    try Data().write(to: URL(fileURLWithPath: directory.path + "/file"))
    let refused = await simpulctl("--socket", directory.path + "/file", "status", "--language", "en")
    #expect(refused.code == 69)
    #expect(refused.error.contains("nothing listens at"))
  }

  @Test func `a daemon that does not answer in time is not reachable`() async throws {
    let directory = try TemporaryDirectory()
    // Listens, and never accepts.
    let path = directory.path + "/s"
    let descriptor = try silentSocket(path)
    defer { close(descriptor) }
    let result = await simpulctl("--socket", path, "--timeout", "1", "status")
    #expect(result.code == 69)
    #expect(result.error.contains("tidak menjawab dalam 1 detik"))
  }

  private func silentSocket(_ path: String) throws -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let fits = withUnsafeMutableBytes(of: &address.sun_path) { field in
      guard path.utf8.count < field.count else { return false }
      field.copyBytes(from: path.utf8)
      return true
    }
    try #require(fits)
    let bound = withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(bound == 0)
    try #require(listen(descriptor, 4) == 0)
    return descriptor
  }

  @Test(arguments: [
    ["bogus"], ["nodes", "show"], ["status", "--nope"], ["--socket", "/a", "--url", "http://b", "status"],
    ["ledger", "--limit", "0"], ["status", "--language", "fr"], ["status", "--reason", "a\nb"],
    ["conflicts", "resolve", "x", "--value", "1", "--take", "n"], ["records", "put", "population", "nik"],
    ["records", "put", "population", "a=1", "a=2"], ["records", "import", "population", "file.xls"],
    ["records", "put", "population", "a=1", "--seen", "v"], ["status", "--timeout", "0"],
  ])
  func `wrong usage is one line and 64`(arguments: [String]) async {
    let screen = Screen()
    let console = Console(
      environment: [:], outputIsTerminal: false, errorIsTerminal: false, now: { noon },
      write: { screen.write($0, $1) })
    let result = screen.result(code: await ControlProgram.run(arguments, console: console))
    #expect(result.code == 64)
    #expect(result.output.isEmpty)
    #expect(result.error.hasPrefix("simpulctl: "))
    #expect(result.error.split(separator: "\n").count == 1)
  }

  @Test(arguments: [
    (["nodes", "revoke", "kec-citta"], "nodes revoke memerlukan --reason \"ALASAN\".", "nodes revoke needs --reason"),
    (["records", "put", "population", "nik"], "'nik' bukan KOLOM=ISI", "'nik' is no FIELD=VALUE"),
    (["ledger", "--limit", "0"], "--limit berisi 0; beri 1 sampai 1000.", "--limit is 0; give 1 to 1000."),
    (
      ["tokens", "create", "budi", "--role", "oprator"],
      "--role berisi 'oprator'. Maksudnya operator? Yang ada: viewer, operator, admin.",
      "--role is 'oprator'. Did you mean operator? There are: viewer, operator, admin."
    ),
  ])
  func `wrong usage is told in the language of everything else`(
    arguments: [String], indonesian: String, english: String
  ) async {
    #expect(await simpulctl(arguments).error.hasPrefix("simpulctl: \(indonesian)"))
    for chosen in [["--language", "en"], ["--language=en"]] {
      #expect(await simpulctl(arguments + chosen).error.hasPrefix("simpulctl: \(english)"))
    }
    let environment = ["LANG": "en_GB.UTF-8"]
    #expect(await simpulctl(arguments, environment: environment).error.hasPrefix("simpulctl: \(english)"))
    let wished = await simpulctl(arguments + ["--language", "id"], environment: environment)
    #expect(wished.error.hasPrefix("simpulctl: \(indonesian)"))
  }

  @Test func `version and help are answers`() async {
    #expect(await simpulctl("--version") == RunResult(code: 0, output: "simpulctl 0.1.0\n", error: ""))
    for command in [
      ["status"], ["top"], ["streams"], ["ledger"], ["digest"], ["nodes", "invite"], ["records", "import"],
    ] {
      let result =
        await command.count == 1
        ? simpulctl(command[0], "--help") : simpulctl(command[0], command[1], "--help")
      #expect(result.code == 0)
      #expect(result.output.contains("Examples:\n  simpulctl \(command[0])"))
      // Wider lines would be wrapped in the middle of an example.
      #expect(!result.output.split(separator: "\n").contains { $0.hasPrefix("  simpulctl") && $0.count > 80 })
    }
  }

  @Test func `what an office does not have is said to be the centre's`() async throws {
    try await TestDaemon.answering({ _ in .error(404, "not_found", "Alamat ini tidak ada.") }).run { daemon in
      for command in [["duplicates", "list"], ["nodes", "invite", "kec-citta"]] {
        let screen = await simpulctl(["--socket", daemon.socket] + command)
        #expect(screen.code == 65)
        #expect(screen.error.contains("Alamat ini tidak ada; perintah ini milik pusat"), "\(screen.error)")
      }
    }
    // Values of files are held at offices alone.
    try await TestDaemon.answering({ _ in .error(404, "not_found", "Alamat ini tidak ada.") }).run { daemon in
      let take = await simpulctl("--socket", daemon.socket, "quarantine", "take", "value/3", "--reason", "x")
      #expect(take.code == 65 && take.error.contains("Alamat ini tidak ada; perintah ini milik kantor"), "\(take)")
    }
    // The centre's own word needs no other.
    try await TestDaemon.answering({ _ in .error(404, "unknown_node", "Tidak ada kantor itu.") }).run { daemon in
      let result = await simpulctl("--socket", daemon.socket, "nodes", "invite", "kec-cita")
      #expect(result.error == "simpulctl: nodes kec-cita invitation: Tidak ada kantor itu.\n")
    }
  }

  @Test func `doctor says how much a finding matters and since when`() async throws {
    let body =
      #"{"findings":[{"code":"tcp_silent","severity":"critical","subject":"tcp://x:1","what":"Diam.","evidence":"-","#
      + #""consequence":"-","remedy":"-","since":"2026-10-04T08:00:00+08:00"}]}"#
    try await TestDaemon.answering({ _ in .ok(body) }).run { daemon in
      let result = await simpulctl("--socket", daemon.socket, "doctor")
      #expect(
        result.output
          == lines(
            "GAWAT  tcp://x:1: Diam. [tcp_silent]", "  Sejak: 2026-10-04T08:00:00+08:00 (1 jam lalu)"))
      let english = await simpulctl("--socket", daemon.socket, "--language", "en", "doctor")
      #expect(english.output.hasPrefix("CRITICAL  tcp://x:1"))
      #expect(english.error == "simpulctl: 1 thing needs somebody\n" && english.code == 1)
    }
  }

  @Test func `offices that may be invited are asked for and named`() async throws {
    let body =
      #"{"nodes":[{"node":"bpbd","state":"absent","backlog":{"changes":0,"bytes":0,"oldest":null},"streams":[]}]}"#
    try await TestDaemon.answering({ _ in .ok(body) }).run { daemon in
      let result = await simpulctl("--socket", daemon.socket, "nodes", "list", "--all")
      #expect(daemon.requests.last?.line == "GET /api/v1/nodes?all=true")
      #expect(result.output.contains("bpbd  belum diundang"))
      #expect(result.error == "1 belum diundang\n")
      _ = await simpulctl("--socket", daemon.socket, "nodes", "invite", "bpbd", "--replace")
      #expect(daemon.requests.last?.body.contains(#""replace":true"#) == true)
    }
  }
}

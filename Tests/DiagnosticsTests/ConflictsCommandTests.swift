import API
import Diagnostics
import Testing

private let conflict =
  #"{"id":"population/9f/nama","dataset":"population","record":"9f","field":"nama","policy":"review","state":"open","#
  + #""shown":"SITI","base":"STI","version":"v7","siblings":["#
  + #"{"dot":"d1","node":"disdukcapil","value":"SITI","time":"2026-10-04T08:00:00+08:00","suspect":false},"#
  + #"{"dot":"d2","node":"kec-citta","value":"SITTI","time":"2026-10-01T09:00:00+08:00","suspect":true}]}"#

@Suite struct ConflictsCommandTests {
  @Test func `a conflict shows what each office wrote`() async throws {
    try await TestDaemon.answering({ _ in .ok(conflict) }).run { daemon in
      let result = await simpulctl("--socket", daemon.socket, "conflicts", "show", "population/9f/nama")
      #expect(
        result.output
          == lines(
            "Konflik      population/9f/nama",
            "Dataset      population",
            "Data         9f",
            "Kolom        nama",
            "Aturan       diputuskan orang",
            "Keadaan      terbuka",
            "Semula       STI",
            "Ditampilkan  SITI",
            "Versi        v7",
            "",
            "Kantor       Nilai  Waktu                                    Jam        Dot",
            "disdukcapil  SITI   2026-10-04T08:00:00+08:00 (1 jam lalu)   baik       d1",
            "kec-citta    SITTI  2026-10-01T09:00:00+08:00 (3 hari lalu)  diragukan  d2"))
      #expect(result.error.contains("conflicts resolve 'population/9f/nama' --take disdukcapil --seen 'v7'"))
      #expect(daemon.requests.first?.target == "/api/v1/conflicts/population%2F9f%2Fnama")
    }
  }

  @Test func `the list asks for open ones unless told otherwise`() async throws {
    try await TestDaemon.answering({ _ in .ok(#"{"conflicts":[\#(conflict)],"next":null}"#) }).run { daemon in
      let result = await simpulctl("--socket", daemon.socket, "conflicts", "list", "--language", "en")
      #expect(
        result.output
          == lines(
            "Id                  State  Shown  Offices                 Latest",
            "population/9f/nama  open   SITI   disdukcapil, kec-citta  1 hour ago"))
      _ = await simpulctl(
        "--socket", daemon.socket, "conflicts", "list", "--state", "all", "--dataset", "population", "--json")
      #expect(
        daemon.requests.map(\.target) == [
          "/api/v1/conflicts?state=open&limit=100",
          "/api/v1/conflicts?state=all&limit=100&dataset=population",
        ])
    }
  }

  @Test func `one office's value is taken with the version that was shown`() async throws {
    try await TestDaemon.answering({ _ in .ok(conflict) }).run { daemon in
      let result = await simpulctl(
        "--socket", daemon.socket, "conflicts", "resolve", "population/9f/nama", "--take", "kec-citta",
        "--reason", "akta")
      #expect(result == RunResult(code: 0, output: "population/9f/nama diputuskan: SITTI\n", error: ""))
      #expect(
        daemon.requests.map(\.line) == [
          "GET /api/v1/conflicts/population%2F9f%2Fnama",
          "POST /api/v1/conflicts/population%2F9f%2Fnama/resolution",
        ])
      // By its name: a number would be masked here. Nobody looks at one either.
      #expect(daemon.requests.last?.body == #"{"reason":"akta","take":"kec-citta","version":"v7"}"#)
      #expect(daemon.requests.map { $0.headers["simpul-reason"] } == [nil, "akta"])
    }
  }

  @Test func `a value with the version that was seen needs no further look`() async throws {
    try await TestDaemon.answering({ _ in .ok(conflict) }).run { daemon in
      let result = await simpulctl(
        "--socket", daemon.socket, "conflicts", "resolve", "population/9f/nama", "--null", "--seen", "v6",
        "--json")
      #expect(result == RunResult(code: 0, output: conflict + "\n", error: ""))
      #expect(daemon.requests.map(\.body) == [#"{"value":null,"version":"v6"}"#])
    }
  }

  @Test func `a sibling that came since is explained`() async throws {
    try await TestDaemon.answering({ request in
      request.method == "GET" ? .ok(conflict) : .error(409, "newer_sibling", "Ada nilai baru.")
    }).run { daemon in
      let result = await simpulctl(
        "--socket", daemon.socket, "conflicts", "resolve", "population/9f/nama", "--value", "SITI")
      #expect(result.code == 65)
      #expect(result.error.contains("Ada nilai baru; "))
      #expect(result.error.contains("simpulctl conflicts show 'population/9f/nama'"))
    }
  }

  @Test func `an office that wrote nothing there is bad input`() async throws {
    try await TestDaemon.answering({ _ in .ok(conflict) }).run { daemon in
      let result = await simpulctl(
        "--socket", daemon.socket, "conflicts", "resolve", "population/9f/nama", "--take", "dinkes")
      #expect(result.code == 65)
      #expect(result.error.contains("disdukcapil, kec-citta"))
      #expect(daemon.requests.count == 1)
    }
  }
}

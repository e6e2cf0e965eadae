import Diagnostics
import Testing

@Suite struct TerminalsCommandTests {
  private static let terminal =
    #"{"serial":"CKJF200360188","adoption":"command","heard_at":"2026-10-04T08:57:00+08:00","#
    + #""punches_at":"2026-10-04T08:00:00+08:00","accepted":1200,"duplicates":3,"punches":5000,"#
    + #""shelf":[{"reason":"unreadable","count":2,"first_at":"2026-10-04T08:00:00+08:00","#
    + #""last_at":"2026-10-04T08:00:00+08:00"}]}"#

  private static func order(accepted: Int = 0, unreadable: Int = 0, discarded: Int = 0) -> String {
    #"{"terminal":\#(terminal),"accepted":\#(accepted),"duplicates":1,"unreadable":\#(unreadable),"#
      + #""discarded":\#(discarded)}"#
  }

  @Test func `the list is a table`() async throws {
    let stranger = #"{"serial":"X1","adoption":"none","accepted":0,"duplicates":0,"shelf":[]}"#
    let body = #"{"terminals":[\#(Self.terminal),\#(stranger)]}"#
    try await TestDaemon.answering({ _ in .ok(body) }).run { daemon in
      let result = await simpulctl("--socket", daemon.socket, "terminals", "list")
      #expect(
        result
          == RunResult(
            code: 0,
            output: lines(
              "Nomor seri     Diakui    Terdengar     Absensi     Diterima  Ganda  Menunggu  Tak terbaca  Di mesin",
              "CKJF200360188  perintah  3 menit lalu  1 jam lalu     1.200      3         0            2     5.000",
              "X1             belum     -             -                  0      0         0            0         -"),
            error: ""))
      let json = await simpulctl("--socket", daemon.socket, "terminals", "list", "--json")
      #expect(json == RunResult(code: 0, output: body + "\n", error: ""))
      #expect(daemon.requests.map(\.line) == ["GET /api/v1/terminals", "GET /api/v1/terminals"])
    }
  }

  @Test func `without terminals it says where it is written how they are set up`() async throws {
    try await TestDaemon.answering({ _ in .ok(#"{"terminals":[]}"#) }).run { daemon in
      let result = await simpulctl("--socket", daemon.socket, "terminals", "list")
      #expect(result.code == 0 && result.output == "" && result.error.contains("docs/collectors.md"))
    }
  }

  @Test func `adopting says what became of what waited`() async throws {
    try await TestDaemon.answering({ _ in .ok(Self.order(accepted: 40, unreadable: 2)) }).run { daemon in
      let result = await simpulctl(
        "--socket", daemon.socket, "terminals", "adopt", "CKJF200360188", "--reason", "pintu depan")
      #expect(
        result
          == RunResult(
            code: 0,
            output: "Mesin CKJF200360188 diakui; yang menunggu: 40 absensi diterima (1 sudah ada).\n",
            error: "2 baris tidak terbaca dan tetap disimpan.\n"))
      #expect(daemon.requests.map(\.line) == ["PUT /api/v1/terminals/CKJF200360188"])
      #expect(daemon.requests.first?.headers["simpul-reason"] == "pintu depan")
    }
  }

  @Test func `releasing and discarding say what was done`() async throws {
    try await TestDaemon.answering({ _ in .ok(Self.order(discarded: 7)) }).run { daemon in
      let released = await simpulctl("--socket", daemon.socket, "terminals", "release", "CKJF200360188")
      #expect(released.code == 0 && released.output.hasPrefix("Mesin CKJF200360188 dilepas"))
      let discarded = await simpulctl(
        "--socket", daemon.socket, "terminals", "discard", "CKJF200360188", "--reason", "bukan milik kantor")
      #expect(discarded == RunResult(code: 0, output: "7 baris dari mesin CKJF200360188 dibuang.\n", error: ""))
      let unexplained = await simpulctl("--socket", daemon.socket, "terminals", "discard", "CKJF200360188")
      #expect(unexplained.code == 64)
      #expect(
        daemon.requests.map(\.line) == [
          "DELETE /api/v1/terminals/CKJF200360188", "DELETE /api/v1/terminals/CKJF200360188/shelf",
        ])
    }
  }
}

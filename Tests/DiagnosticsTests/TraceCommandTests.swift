import API
import Diagnostics
import Foundation
import Testing

@Suite struct TraceCommandTests {
  private static let reply = #"""
    {"id":"0101","dataset":"population","now":"merged","why":"Sudah diterapkan di pusat.","changes":22,"omitted":2,
    "stages":[{"stage":"recorded","node":"disdukcapil","stream":"population","at":"2026-10-04T08:00:00+08:00",
    "change":"disdukcapil/1.00000000000000aa:7","suspect":true},
    {"stage":"sent","node":"disdukcapil","stream":"population","at":null,"change":"disdukcapil/1.00000000000000aa:7"},
    {"stage":"merged","node":"scc","stream":"population","at":"2026-10-04T08:01:00+08:00","position":9}],
    "waiting":[{"stage":"delivered","node":"kec-citta","stream":"population","since":"2026-10-04T07:00:00+08:00",
    "why":"Jaringan putus."}]}
    """#

  @Test func `the steps and what they wait for are shown, and what is unknown is a dash`() async throws {
    try await TestDaemon.answering({ _ in .ok(Self.reply) }).run { daemon in
      let result = await simpulctl("--socket", daemon.socket, "trace", "population", "0101")
      #expect(result.code == 0)
      #expect(daemon.requests.map(\.line) == ["GET /api/v1/datasets/population/records/0101/trace"])
      let rows = result.output.split(separator: "\n").map(String.init)
      #expect(rows.first == "population 0101: diterapkan")
      #expect(rows.contains { $0.hasPrefix("tercatat") && $0.contains("jam meragukan") })
      #expect(rows.contains { $0.hasPrefix("terkirim") && $0.contains(" - ") })
      #expect(rows.contains { $0.hasPrefix("diterapkan") && $0.hasSuffix("posisi 9") })
      #expect(
        rows.contains { $0.hasPrefix("belum sampai") && $0.contains("kec-citta") && $0.hasSuffix("Jaringan putus.") })
      #expect(result.error == "2 perubahan yang lebih lama tidak ditampilkan\n")
      let json = await simpulctl("--socket", daemon.socket, "--json", "trace", "population", "0101")
      let document = try APICoding.decoder.decode(TraceReply.self, from: Data(json.output.utf8))
      #expect(document.omitted == 2 && document.stages.map(\.at).contains(nil))
    }
  }

  @Test(arguments: [("7312040101900001", "731204******0001"), ("7312040113900001", "****************")])
  func `a NIK that is asked for, mistyped too, is not repeated when nothing is found`(
    number: String, shown: String
  ) async throws {
    let script: TestDaemon.Script = { _ in .error(404, "unknown_record", "Tidak ada data di sini.") }
    try await TestDaemon.answering(script).run { daemon in
      let result = await simpulctl("--socket", daemon.socket, "trace", "population", number)
      #expect(result.code == 65)
      #expect(result.error.contains(shown) && !result.error.contains(number))
      #expect(daemon.requests.map(\.line) == ["GET /api/v1/datasets/population/records/\(number)/trace"])
    }
  }
}

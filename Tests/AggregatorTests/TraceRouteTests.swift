import API
import CentreStorage
import Datasets
import Foundation
import HTTPServing
import HTTPTypes
import Replication
import RouterSupport
import Testing
import Wire

@testable import Aggregator

@Suite struct TraceRouteTests {
  private func path(_ id: String) -> String { "/api/v1/datasets/population/records/\(id)/trace" }

  @Test func `the steps of the newest change, who has confirmed it, and the conflict that waits`() async throws {
    try await Centre.with { centre in
      try await centre.fill()
      let id = id(1).description
      let trace = try await centre.get(path(id), as: TraceReply.self)
      #expect(trace.id == id && trace.now == .merged && trace.changes == 2 && trace.omitted == 0)
      #expect(
        trace.stages.map { "\($0.stage.rawValue) \($0.node)" } == [
          "recorded kec-lalabata", "sent kec-lalabata", "stored scc", "merged scc", "recorded disdukcapil",
          "sent disdukcapil", "stored scc", "merged scc",
        ])
      #expect(trace.stages.filter { $0.stage == .sent }.allSatisfy { $0.at == nil })
      #expect(trace.waiting.map(\.node) == ["disdukcapil", "kec-lalabata"])
      #expect(trace.why.contains("Konflik terbuka pada nama"), "\(trace.why)")

      let end = FeedCursor(epoch: centre.store.epoch, position: try await centre.store.feedEnd())
      try await centre.store.store(
        ["disdukcapil", "kec-lalabata"].map {
          NodeSighting(node: Names.node($0), seen: start.advanced(byMilliseconds: 9), cursor: end)
        }, now: start)
      let delivered = try await centre.get(path(id), as: TraceReply.self)
      #expect(delivered.now == .delivered && delivered.waiting.isEmpty)
      let last = delivered.stages.filter { $0.stage == .delivered }
      #expect(last.map(\.node) == ["disdukcapil", "kec-lalabata"])
      #expect(last.first?.at == InstantText.of(start.advanced(byMilliseconds: 9)))
    }
  }

  @Test func `an office out of the record's scope has nothing to confirm, one that reads some fields has`() async throws
  {
    try await Centre.with { centre in
      try await centre.fill()
      _ = try await centre.office("kec-citta", random: 70)
      _ = try await centre.office("dinsos", random: 80)
      let trace = try await centre.get(path(id(2).description), as: TraceReply.self)
      #expect(trace.waiting.map(\.node) == ["dinsos", "disdukcapil", "kec-lalabata"])
      #expect(trace.waiting.first?.why.contains("kolom yang boleh dibacanya") == true)
      let outside = try await centre.get(path(id(2).description) + "?node=kec-citta", as: TraceReply.self)
      #expect(outside.now == .merged)
      #expect(
        outside.waiting.isEmpty && outside.why.contains("Di luar lingkup kec-citta (wilayah data ini: 73.12.04.1001)"))
      let absent = try await centre.get(path(id(2).description) + "?node=kec-ganra", as: TraceReply.self)
      #expect(absent.now == .merged && absent.why.contains("kec-ganra belum pernah tersambung"), "\(absent.why)")
      let asked = try await centre.get(path(id(2).description) + "?node=dinsos", as: TraceReply.self)
      #expect(asked.waiting.map(\.node) == ["dinsos"])
      #expect(try await centre.ask(.get, path(id(2).description) + "?node=nirwana").status == .notFound)
    }
  }

  @Test func `a merged record says into whom, and a NIK finds the one that shows it`() async throws {
    try await Centre.with { centre in
      try await centre.fill()
      let (kept, other) = (id(1), id(2))
      _ = try await centre.store.merge(
        population, other, into: kept,
        match: PersonMatch(kind: .similar, score: 90), reason: "uji", now: start)
      let trace = try await centre.get(path(other.description), as: TraceReply.self)
      #expect(trace.aliasOf == kept.description && trace.why.contains(kept.description))
      #expect(trace.stages.first?.node == "scc" && trace.stages.first?.stage == .recorded)
      let found = try await centre.get(path("7312040101900001"), as: TraceReply.self)
      #expect(found.id == kept.description)
      let gone = try await centre.ask(.get, path("7312044507850002"))
      #expect(gone.status == .notFound && !gone.text.contains("7312044507850002"))
    }
  }

  @Test func `what is held says why and where to decide, and what never came is told so`() async throws {
    try await Centre.with { centre in
      var office = try await centre.office("kec-citta")
      try await centre.apply(
        office,
        try office.batch(
          population, [edit(id(3), person("BUDI", nik: "7312040101900009", address: "Jl. D"), at: 0)]))
      let trace = try await centre.get(path(id(3).description), as: TraceReply.self)
      #expect(trace.now == .held && trace.why.contains("simpulctl quarantine show"), "\(trace.why)")
      #expect(trace.stages.map(\.stage) == [.recorded, .sent, .stored] && trace.stages.last?.note != nil)
      let unknown = try await centre.ask(.get, path(id(77).description))
      #expect(unknown.status == .notFound)
      #expect(try unknown.problem().message.contains("belum pernah menerimanya"))
    }
  }

  @Test func `a change that was given up is a remark on a record that lives, and the whole of one that never came in`()
    async throws
  {
    try await Centre.with { centre in
      try await centre.fill()
      var office = try await centre.office("kec-citta", random: 70)
      let batch = try office.batch(
        population,
        [
          edit(id(2), [("alamat", .text("Jl. E"))], at: 70_000),
          edit(id(3), person("BUDI", nik: "7312040101900009", address: "Jl. D"), at: 70_001),
        ])
      _ = try await centre.store.apply(
        [IncomingBatch(node: office.node, batch: batch)], now: start.advanced(byMilliseconds: 80_000))
      for entry in try await centre.get("/api/v1/quarantine", as: QuarantineReply.self).quarantine {
        let answer = try await centre.ask(
          .post, "/api/v1/quarantine/\(entry.id)/discard", body: #"{"reason":"salah orang"}"#)
        #expect(answer.status == .ok, "\(answer.text)")
      }
      let trace = try await centre.get(path(id(2).description), as: TraceReply.self)
      #expect(trace.now == .merged && trace.why.hasPrefix("Sudah diterapkan di pusat."), "\(trace.why)")
      #expect(trace.why.contains("Perubahan atas Alamat dibuang dari karantina"), "\(trace.why)")
      #expect(trace.why.contains("alasannya: \"salah orang\""), "\(trace.why)")
      #expect(
        trace.stages.first?.node == "kec-citta" && trace.stages.contains { $0.note?.contains("salah orang") == true })
      let never = try await centre.get(path(id(3).description), as: TraceReply.self)
      #expect(never.now == .discarded && never.why.contains("Nama"), "\(never.why)")
      #expect(never.why.components(separatedBy: "salah orang").count == 2, "\(never.why)")
    }
  }

  @Test func `an event is found by its key with what came of it`() async throws {
    try await Centre.with { centre in
      var office = try await centre.office("setda")
      try await centre.apply(office, try office.batch(attendance, [punch(pin: "7", second: 1)]))
      let records = try await centre.get(
        "/api/v1/datasets/attendance/records", as: RecordsReply.self, reason: "uji"
      ).records
      let name = try #require(records.first?.id)
      let escaped = name.map { $0.isLetter || $0.isNumber ? "\($0)" : "%" + hex($0) }.joined()
      let trace = try await centre.get(
        "/api/v1/datasets/attendance/records/\(escaped)/trace", as: TraceReply.self, reason: "uji")
      #expect(trace.id == name && trace.now == .delivered, "\(trace)")
      #expect(trace.stages.map(\.stage) == [.recorded, .sent, .stored, .merged])
      #expect(trace.stages.last?.at == InstantText.of(start))
      #expect(trace.why.contains("Tidak ada kantor lain"))
    }
  }

  private func hex(_ character: Character) -> String {
    let digits = String(character.asciiValue ?? 0, radix: 16, uppercase: true)
    return digits.count == 1 ? "0" + digits : digits
  }
}

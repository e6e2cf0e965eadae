import Datasets
import Foundation
import HTTPServing
import HTTPTypes
import NodeStorage
import Replication
import RouterSupport
import Testing
import Wire

@testable import Agent

@Suite struct StateRouteTests {
  @Test func `status tells how the agent is doing`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      _ = try await client.createPerson()
      let status = try await client.get("/api/v1/status")
      #expect(status.string("role") == "agent")
      #expect(status.string("node") == "kec-lalabata")
      #expect(status.string("state") == "offline")
      #expect(status.string("why")?.isEmpty == false)
      #expect(status.object("backlog")["changes"] as? Int == 1)
      #expect(status.object("backlog")["oldest"] is String)
      #expect(status.integer("store_bytes") ?? 0 > 0)
      #expect(
        status.list("streams").contains {
          $0["dataset"] as? String == "population" && $0["last"] as? Int == 1
        })
      let english = try await client.get("/api/v1/status", language: "en-GB, id;q=0.5")
      #expect(english.string("summary")?.hasPrefix("Not connected") == true)
      #expect(status.string("summary")?.hasPrefix("Tidak tersambung") == true)
    }
  }

  @Test func `streams and this node are listed`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let streams = try await client.get("/api/v1/streams").list("streams")
      #expect(
        streams.map { $0["dataset"] as? String } == ["attendance", "camera", "link", "population", "site"])
      let nodes = try await client.get("/api/v1/nodes").list("nodes")
      #expect(nodes.map { $0["node"] as? String } == ["kec-lalabata"])
      let node = try await client.get("/api/v1/nodes/kec-lalabata")
      #expect(node.string("kind") == "kecamatan")
      #expect(node.string("state") == "offline")
      #expect(try await client.get("/api/v1/nodes/disdukcapil").status == .notFound)
    }
  }

  @Test func `samples thinned under pressure stand in the ledger`() async throws {
    let office = try await Office("dinkes")
    try await office.application().asking { client in
      let rows = (0..<50).map {
        #"{"camera": "c1", "time": "2026-11-02T07:00:\#(String(format: "%02d", $0))+08:00", "verdict": "ok"}"#
      }
      let taken = try await client.post(
        "/api/v1/datasets/camera/records", rows.joined(separator: "\n"), type: "application/x-ndjson")
      try #require(taken.integer("accepted") == 50)
      #expect(try await client.get("/api/v1/ledger").list("ledger").isEmpty)
      // Tight when room is asked for, and once more while it is made.
      office.disk.beFull(forQuestions: 2)
      _ = try await client.post(
        "/api/v1/datasets/camera/records",
        #"{"camera": "c1", "time": "2026-11-02T08:00:00+08:00", "verdict": "ok"}"#)
      let ledger = try await client.get("/api/v1/ledger?dataset=camera")
      let entry = ledger.list("ledger").first
      #expect(entry?["reason"] as? String == "thinned")
      #expect(entry?["node"] as? String == "dinkes")
      #expect(try await client.get("/api/v1/ledger?dataset=site").list("ledger").isEmpty)
      #expect(try await !client.get("/api/v1/ledger?node=dinkes").list("ledger").isEmpty)
    }
  }

  @Test func `of another office an agent says that it is to be asked about at the centre`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await client.createPerson(1)
      let population = "/api/v1/datasets/population"
      for path in [
        "/api/v1/nodes/kec-citta", "/api/v1/ledger?node=kec-citta", "/api/v1/quarantine?node=kec-citta",
        population + "/digest?node=kec-citta", population + "/records/\(id)/trace?node=kec-citta",
      ] {
        let answer = try await client.get(path)
        #expect(answer.status == .notFound && answer.string("error") == "unknown_node", "\(path)")
        #expect(answer.string("message")?.contains("hanya tahu kantornya sendiri (kec-lalabata)") == true, "\(path)")
      }
      for path in [population + "/digest?node=kec-lalabata", "/api/v1/ledger?node=kec-lalabata"] {
        #expect(try await client.get(path).status == .ok, "\(path)")
      }
    }
  }

  @Test func `what is held back is listed and shown with what it would have written`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await client.createPerson(1, #", "alamat": "JL. A""#)
      _ = try await client.send(
        .patch, "/api/v1/datasets/population/records/\(id)", #"{"alamat": "JL. B"}"#, type: "application/json"
      )
      let imported = try await client.post(
        "/api/v1/datasets/population/records?source=siak",
        #"{"nik": "\#(Fixture.nik(1))", "tanggal_lahir": "1990-03-02", "alamat": "JL. C"}"#)
      #expect(imported.text.contains("di kantor ini atau kantor lain"), "\(imported.text)")
      let list = try await client.get("/api/v1/quarantine?dataset=population")
      #expect(list.list("quarantine").count == 1)
      let status = try await client.get("/api/v1/status")
      #expect(status.integer("held_back") == 0 && status.integer("held_values") == 1, "\(status.text)")
      let entry = try #require(list.list("quarantine").first)
      #expect(entry["code"] as? String == "held_value")
      #expect(entry["record"] as? String == id)
      let name = try #require(entry["id"] as? String).replacingOccurrences(of: "/", with: "%2F")
      let one = try await client.get("/api/v1/quarantine/\(name)")
      #expect(one.object("fields")["alamat"] as? String == "JL. C")
      #expect(try await client.get("/api/v1/quarantine/population%2F99").status == .notFound)
      let path = "/api/v1/quarantine/\(name)/discard"
      #expect(try await client.post(path, #"{"reason": ""}"#).status == .unprocessableContent)
      #expect(try await client.post(path, #"{"reason": "alamat kantor benar"}"#).status == .ok)
      #expect(try await client.get("/api/v1/quarantine").list("quarantine").isEmpty)
      #expect(try await client.post(path, #"{"reason": "lagi"}"#).status == .notFound)
    }
  }

  @Test func `a change that the centre quarantined is held back here`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await client.createPerson()
      let batch = try #require(
        try await office.store.loadBatch(
          Fixture.population, after: .none, rawBytesMax: 1 << 20, now: Fixture.clock)?.batch)
      let ack = Ack(
        session: 1, dataset: Fixture.population, incarnation: batch.incarnation,
        applied: StreamMark(sequence: batch.last, head: batch.head),
        quarantined: [Ack.Quarantined(sequence: batch.last, code: "schema", reason: "Tidak sesuai.")],
        visibleAt: FeedCursor(epoch: Incarnation(generation: 1, random: 1), position: 1), backedUp: nil,
        credit: Credit(bytes: 1, messages: 1))
      #expect(try await office.store.apply(ack, now: Fixture.clock) == .taken)
      let entry = try #require(try await client.get("/api/v1/quarantine").list("quarantine").first)
      #expect(entry["id"] as? String == "population/1")
      #expect(entry["code"] as? String == "schema")
      #expect(entry["reason"] as? String == "Tidak sesuai.")
      #expect(entry["record"] as? String == id)
      let one = try await client.get("/api/v1/quarantine/population%2F1")
      #expect(one.object("fields")["nama"] as? String == "BUDI")
      #expect(one.object("fields")["nik"] as? String == "731204******0001")
      #expect(try await client.get("/api/v1/status").integer("held_back") == 1)
      // The centre's to decide.
      let answer = try await client.post("/api/v1/quarantine/population%2F1/discard", #"{"reason": "x"}"#)
      #expect(answer.status == .conflict && answer.string("error") == "decided_at_the_centre")
      let again = try await client.post("/api/v1/quarantine/population%2F1/requeue", #"{"reason": "x"}"#)
      #expect(again.status == .conflict && again.string("error") == "decided_at_the_centre")

      // A restored centre has lost it, and the office no longer keeps it to send: what it said is the office's to close.
      let cursor = FeedCursor(epoch: Incarnation(generation: 1, random: 1), position: 1)
      _ = try await office.store.apply(Feed(session: 1, cursor: cursor, part: .nothing), now: Fixture.clock)
      let later = ClockReading(
        wall: Fixture.clock.wall.advanced(byMilliseconds: 30 * 86_400_000),
        uptimeMilliseconds: Fixture.clock.uptimeMilliseconds + 30 * 86_400_000)
      while try await office.store.trim(now: later) {}
      _ = try await office.store.applyWelcomePositions([], now: later)
      _ = try await office.store.loadBatch(Fixture.population, after: .none, rawBytesMax: 1 << 20, now: later)
      let lost = try #require(try await client.get("/api/v1/quarantine").list("quarantine").first)
      #expect(lost["code"] as? String == "trimmed")
      #expect((lost["reason"] as? String)?.contains("Pusat yang dipulihkan") == true)
      let close = #"{"reason": "sudah dicatat lagi"}"#
      #expect(try await client.post("/api/v1/quarantine/population%2F1/discard", close).status == .ok)
      #expect(try await client.get("/api/v1/quarantine").list("quarantine").isEmpty)
    }
  }

  @Test func `health is open, readiness says why not`() async throws {
    let office = try await Office(isKnown: false)
    try await office.application().asking { client in
      #expect(try await client.get("/healthz").status == .ok)
      let ready = try await client.get("/readyz")
      #expect(ready.status == .serviceUnavailable)
      #expect((ready["why"] as? [String])?.first?.contains("belum diterima") == true)
    }
    let known = try await Office()
    try await known.application().asking { client in
      let ready = try await client.get("/readyz")
      #expect(ready.status == .ok)
    }
  }

  @Test func `metrics count rows and backlog and name no person`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await client.createPerson()
      _ = try await client.post("/api/v1/datasets/population/records", #"{"nama": "ANI"}"#)
      let metrics = try await client.get("/metrics")
      #expect(metrics.headers[.contentType]?.hasPrefix("text/plain") == true)
      let lines = metrics.text.split(separator: "\n")
      #expect(lines.contains("simpul_backlog_changes 1"))
      #expect(lines.contains("simpul_link_up 0"))
      #expect(lines.contains(#"simpul_rows_accepted_total{dataset="population"} 1"#))
      #expect(lines.contains(#"simpul_rows_rejected_total{dataset="population"} 1"#))
      #expect(lines.contains(#"simpul_rows_accepted_total{dataset="attendance"} 0"#))
      #expect(lines.contains { $0.hasPrefix("simpul_disk_free_bytes ") })
      #expect(lines.contains { $0.hasPrefix("simpul_store_bytes ") })
      #expect(!metrics.text.contains(id) && !metrics.text.contains(Fixture.nik(1)))
    }
  }

  @Test func `the document names every route`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let document = try await client.get("/openapi.json")
      let paths = document.object("paths")
      for route in AgentRoutes(context: office.context, realm: .admin).guarded
      where route.path != "/openapi.json" {
        let operations = paths[route.path] as? [String: Any]
        #expect(operations?[route.method.rawValue.lowercased()] != nil, "\(route.method) \(route.path)")
      }
      // Every schema that is referred to is there.
      let schemas = document.object("components")["schemas"] as? [String: Any] ?? [:]
      let references = document.text.matches(of: /#\/components\/schemas\/([A-Za-z]+)/).map { String($0.1) }
      #expect(!references.isEmpty)
      for name in Set(references) { #expect(schemas[name] != nil, "\(name)") }
    }
  }

  @Test func `an unknown address is 404 in the caller's language`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let answer = try await client.get("/api/v1/nothing", language: "en")
      #expect(answer.status == .notFound)
      #expect(answer.string("message") == "There is nothing at this address.")
    }
  }
}

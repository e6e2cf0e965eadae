import API
import Datasets
import Foundation
import TestSupport
import Testing

@testable import Diagnostics

/// Where something is and why, asked at each place on its way.
@Suite(.serialized) struct TraceTests {
  @Test func `a record is followed from an office over a cut link to the centre and to another office`() async throws {
    try await RealFleet.run { fleet in
      let registry = try await fleet.open("disdukcapil")
      let district = try await fleet.open("kec-lalabata")
      let (here, there) = (fleet.layout.socket(of: registry.name), fleet.layout.socket(of: district.name))
      let centre = fleet.layout.centreSocket
      await registry.relay.cut(.refused)
      try await eventually("the registry is cut off") { try await registry.daemon.status().state != "online" }
      _ = try await registry.daemon.client.body(of: try .upsert("population", Clerk.resident(1), source: nil))
      let id = try #require(try await fleet.all("population", at: registry.daemon).first?.id)
      let nik = try #require(Clerk.resident(1)["nik"]?.text)

      // Recorded, and nowhere else.
      let waiting = try await fleet.trace("population", id, at: here)
      #expect(waiting.now == .recorded && waiting.taken == ["recorded disdukcapil"])
      // Which of the two depends on whether it has tried to reach the centre again since.
      #expect(
        waiting.why.contains("link to the centre is down since")
          || waiting.why.contains("centre is out of reach since"), "\(waiting.why)")
      #expect(waiting.waiting.map(\.stage) == [.sent] && waiting.stages.first?.at != nil)
      let byNumber = try await fleet.run("simpulctl", ["--socket", here, "trace", "population", nik])
      #expect(byNumber.end.isSuccess && byNumber.output.contains(id) && !byNumber.output.contains(nik), "\(byNumber)")
      for (socket, advice) in [
        (centre, "at that office with the same command"), (there, "there: simpulctl trace DATASET ID"),
      ] {
        let unknown = try await fleet.run(
          "simpulctl", ["--socket", socket, "--language", "en", "trace", "population", id])
        #expect(unknown.end.exitCode == 65 && unknown.output.contains(advice), "\(unknown)")
      }
      let unknownNumber = try await fleet.run("simpulctl", ["--socket", there, "trace", "population", nik])
      #expect(unknownNumber.end.exitCode == 65 && !unknownNumber.output.contains(nik), "\(unknownNumber)")

      // At the centre, and not yet at the district.
      await district.relay.cut(.refused)
      try await eventually("the district is cut off") { try await district.daemon.status().state != "online" }
      try await registry.relay.heal()
      try await eventually("the registry knows that it is through") {
        try await fleet.trace("population", id, at: here).now == .delivered
      }
      let through = try await fleet.trace("population", id, at: here)
      #expect(
        through.taken == [
          "recorded disdukcapil", "sent disdukcapil", "stored scc", "merged scc", "delivered disdukcapil",
        ])
      #expect(through.stages.prefix(4).allSatisfy { $0.at != nil }, "\(through.stages)")
      try await eventually("the centre waits for the district alone, because its link is down") {
        let trace = try await fleet.trace("population", id, at: centre)
        return trace.now == .merged && trace.waiting.map(\.node) == ["kec-lalabata"]
          && trace.waiting.first?.why.contains("link of that office is down") == true
      }
      let merged = try await fleet.trace("population", id, at: centre)
      #expect(
        merged.taken == [
          "recorded disdukcapil", "sent disdukcapil", "stored scc", "merged scc", "delivered disdukcapil",
        ])
      #expect(merged.why.contains("1 of 2 offices") && merged.why.contains("kec-lalabata"), "\(merged.why)")

      // Everywhere.
      try await district.relay.heal()
      try await fleet.agree([registry, district], on: ["population"])
      try await eventually("the centre knows that the district has it") {
        try await fleet.trace("population", id, at: centre).now == .delivered
      }
      let delivered = try await fleet.trace("population", id, at: centre)
      #expect(delivered.taken.suffix(2) == ["delivered disdukcapil", "delivered kec-lalabata"])
      #expect(delivered.waiting.isEmpty && !delivered.why.contains(nik))
      let copy = try await fleet.trace("population", id, at: there)
      #expect(copy.now == .delivered && copy.taken == ["recorded disdukcapil", "delivered kec-lalabata"])
      let printed = try await fleet.control(["trace", "population", id])
      #expect(
        printed.end.isSuccess && printed.output.contains("delivered") && printed.output.contains("kec-lalabata"),
        "\(printed)")
    }
  }

  @Test func `an event is followed to the centre and to the office that reads it`() async throws {
    try await RealFleet.run { fleet in
      let office = try await fleet.open("setda")
      let personnel = try await fleet.open("bkpsdm")
      await personnel.relay.cut(.refused)
      try await eventually("the reader is cut off") { try await personnel.daemon.status().state != "online" }
      let body = APIRequest.Body(
        contentType: "application/x-ndjson", bytes: Array(PunchProducer.row(device: "T1", 1).utf8))
      _ = try await office.daemon.client.body(of: .intake("attendance", body, source: nil))
      let id = PunchProducer.id(device: "T1", 1)
      try await eventually("the centre has it, and its reader not yet") {
        guard let trace = try? await fleet.trace("attendance", id, at: fleet.layout.centreSocket) else { return false }
        return trace.now == .merged && trace.waiting.map(\.node) == ["bkpsdm"]
      }
      try await personnel.relay.heal()
      try await eventually("its reader has it") {
        try await fleet.trace("attendance", id, at: fleet.layout.centreSocket).now == .delivered
      }
      let trace = try await fleet.trace("attendance", id, at: fleet.layout.centreSocket)
      // The person's number stays masked.
      #expect(trace.id.hasPrefix("T1,***,2026-"), "\(trace.id)")
      #expect(trace.taken == ["recorded setda", "sent setda", "stored scc", "merged scc", "delivered bkpsdm"])
      #expect(trace.stages.filter { $0.node == "scc" }.allSatisfy { $0.at != nil })
      let own = try await fleet.trace("attendance", id, at: fleet.layout.socket(of: office.name))
      #expect(own.now == .delivered && own.taken.prefix(2) == ["recorded setda", "sent setda"])
      let read = try await fleet.trace("attendance", id, at: fleet.layout.socket(of: personnel.name))
      #expect(read.taken == ["recorded setda", "delivered bkpsdm"])
    }
  }

  @Test func `a change that the centre does not take says so at both ends, until somebody decides`() async throws {
    try await RealFleet.run(hasOwnFiles: true) { fleet in
      let district = try await fleet.open("kec-lalabata")
      let here = fleet.layout.socket(of: district.name)
      await district.relay.cut(.refused)
      try await eventually("it is cut off") { try await district.daemon.status().state != "online" }
      _ = try await district.daemon.client.body(of: try .upsert("population", Clerk.resident(1), source: nil))
      let id = try #require(try await fleet.all("population", at: district.daemon).first?.id)

      // Meanwhile districts may not write any more, and a file is broken on the way, which is a finding.
      let path = fleet.fleetFiles + "/datasets/population.toml"
      let text = try String(contentsOfFile: path, encoding: .utf8)
      let rule = "[[write]]\nroles = [\"kecamatan\"]\nregion = \"own\"\n"
      try #require(text.contains(rule))
      try (text + "\n[fields.baru]\ntipe = \"text\"\n").write(toFile: path, atomically: true, encoding: .utf8)
      try await eventually("the broken file is found") {
        let found = try await fleet.doctor(fleet.layout.centreSocket).findings.filter { $0.code == "fleet_file" }
        return found.contains {
          $0.subject.contains("datasets/population.toml:") && $0.evidence.contains("fields.baru.tipe: ")
        }
      }
      try text.replacing(rule, with: "").write(toFile: path, atomically: true, encoding: .utf8)
      try await eventually("the new rule is in force") {
        let found = try await fleet.doctor(fleet.layout.centreSocket).findings
        return !found.contains { $0.code == "fleet_file" }
      }
      try await district.relay.heal()
      try await eventually("the district knows that it is held back") {
        try await fleet.trace("population", id, at: here).now == .held
      }
      let held = try await fleet.trace("population", id, at: here)
      #expect(held.why.contains("Held back (write_rule)") && held.taken.last == "stored scc", "\(held)")
      #expect(try await fleet.problems(of: district).contains("held_back"))
      let centre = try await fleet.trace("population", id, at: fleet.layout.centreSocket)
      #expect(centre.now == .held && centre.why.contains("simpulctl quarantine show"), "\(centre)")
      let found = try await fleet.doctor(fleet.layout.centreSocket).findings.first { $0.code == "quarantine" }
      #expect(found?.evidence == "kec-lalabata write_rule 1")

      try text.write(toFile: path, atomically: true, encoding: .utf8)
      let entries = try await fleet.centre.client.reply(
        QuarantineReply.self, to: .quarantine(Page(), dataset: nil, node: nil)
      ).reply.quarantine
      let entry = try #require(entries.first?.id)
      try await eventually("it is taken in once the old rule is in force again") {
        try await fleet.control(["quarantine", "requeue", entry, "--reason", "aturan dipulihkan"]).end.isSuccess
      }
      try await eventually("it is through") {
        try await fleet.trace("population", id, at: here).now == .delivered
      }
    }
  }
}

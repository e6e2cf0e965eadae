import API
import Datasets
import Foundation
import Settings
import TestSupport
import Testing

@testable import Diagnostics

/// Disks that go back in time: the centre's from a backup, an office's from an older copy, and copies that both run.
@Suite(.serialized) struct RestoreTests {
  // MARK: The centre

  @Test func `a centre set back to a backup gets back what offices sent since, once and then again`() async throws {
    try await RealFleet.run { fleet in
      let registry = try await fleet.open("disdukcapil")
      let district = try await fleet.open("kec-lalabata")
      let offices = [registry, district]
      let residents = try await register(4, fleet, registry, seenBy: district)
      try await punch(0..<20, at: district)
      try await fleet.agree(offices, on: ["population", "attendance"])

      let backup = fleet.layout.root + "/backup.sqlite"
      let made = try await fleet.control(["backup", backup])
      #expect(made.end.isSuccess && made.output.contains("2 offices, 4 records, 20 events; checked"), "\(made)")
      let mode = try FileManager.default.attributesOfItem(atPath: backup)[.posixPermissions] as? NSNumber
      #expect(mode?.intValue == 0o600)
      // It takes nobody's place unasked, and running centres are not restored.
      #expect(try await fleet.control(["backup", backup]).end.exitCode == 65)
      let store = fleet.layout.centreDirectory + "/data/aggregator.sqlite"
      let onStore = try await fleet.control(["backup", "--replace", store])
      #expect(onStore.end.exitCode == 65 && onStore.output.contains("store in use"), "\(onStore)")
      #expect(try await fleet.control(["backup", "--replace", backup]).end.isSuccess)
      #expect(try await restore(backup, fleet).end.exitCode == 1)
      // To look at one is no danger to it.
      #expect(try await restore(backup, fleet, "--dry-run").end.isSuccess)

      for round in 1...2 {
        try await save(["alamat": .string("JL. \(round)")], of: residents[0], at: district)
        try await save(["telepon": .string("0811\(round)")], of: residents[1], at: registry)
        try await punch(round * 100..<round * 100 + 10, at: district)
        try await fleet.agree(offices, on: ["population", "attendance"])
        try await fleet.kill(RealFleet.centreName)
        let dry = try await restore(backup, fleet, "--dry-run")
        #expect(dry.end.isSuccess && dry.output.contains("nothing was changed"), "\(dry)")
        let done = try await restore(backup, fleet)
        #expect(done.end.isSuccess && done.output.contains("2 offices, 4 records"), "\(done)")
        try await fleet.startCentre()
        try await fleet.agree(offices, on: ["population", "attendance"])
        #expect(try await fleet.centre.record("population", residents[0]).fields["alamat"] == .string("JL. \(round)"))
        #expect(
          try await fleet.centre.record("population", residents[1]).fields["telepon"] == .string("0811\(round)"))
        #expect(try await fleet.centre.digest("attendance").count == 20 + round * 10)
      }
      let replies = try await fleet.centre.client.reply(LedgerReply.self, to: .ledger(Page(), dataset: nil, node: nil))
      #expect(replies.reply.ledger.isEmpty)
    }
  }

  @Test func `a centre set back further than offices keep what they sent misses no event, and names what is missing`()
    async throws
  {
    try await RealFleet.run { fleet in
      let registry = try await fleet.open("disdukcapil")
      // Keeps nothing that was acknowledged: at its next start all of it goes.
      let district = try await fleet.open("kec-lalabata") { $0.buffer.retainAcknowledged = .zero }
      let offices = [registry, district]
      let residents = try await register(2, fleet, registry, seenBy: district)
      try await punch(0..<20, at: district)
      try await fleet.agree(offices, on: ["population", "attendance"])
      // A copy by hand: offices do not know of it.
      try await fleet.kill(RealFleet.centreName)
      let data = fleet.layout.centreDirectory + "/data"
      let copy = fleet.layout.root + "/copy"
      try FileManager.default.copyItem(atPath: data, toPath: copy)
      try await fleet.startCentre()

      try await punch(20..<50, at: district)
      try await save(["alamat": "JL. SESUDAH"], of: residents[0], at: district)
      try await fleet.agree(offices, on: ["population", "attendance"])
      await fleet.stop(district)
      try await fleet.start(district)
      try await eventually("the office has trimmed what it sent") {
        let streams = try await district.daemon.client.reply(StreamsReply.self, to: .streams).reply.streams
        return streams.filter { $0.last > 0 }.allSatisfy { ($0.earliestKept ?? 0) > $0.last }
      }
      try await fleet.kill(RealFleet.centreName)
      try FileManager.default.removeItem(atPath: data)
      try FileManager.default.moveItem(atPath: copy, toPath: data)
      try await fleet.startCentre()

      // Every event comes back from the office's own table. The edit is nobody's any more but its author's to see.
      try await fleet.agree(offices, on: ["population", "attendance"])
      #expect(try await fleet.centre.digest("attendance").count == 50)
      let ledger = try await fleet.centre.client.reply(LedgerReply.self, to: .ledger(Page(), dataset: nil, node: nil))
        .reply.ledger
      #expect(ledger.map(\.dataset) == ["population"] && ledger.map(\.reason) == ["trimmed"])
      #expect(ledger.first?.count == 1)
      let kept = try await fleet.held(at: district.daemon)
      #expect(kept.map(\.code) == ["recovered"] && kept.first?.record == residents[0])
      #expect(try await fleet.problems(of: district).contains("recovered"))
      // The office sends it back as an edit of its own.
      let id = try #require(kept.first?.id)
      let offered = try await fleet.control(district, ["quarantine", "requeue", id, "--reason", "masih benar"])
      #expect(offered.end.isSuccess && offered.output.contains("applied"), "\(offered)")
      try await fleet.agree(offices, on: ["population", "attendance"])
      #expect(try await fleet.centre.record("population", residents[0]).fields["alamat"] == "JL. SESUDAH")
      #expect(try await fleet.held(at: district.daemon).isEmpty)
    }
  }

  @Test func `a centre set back to before an office's restarts is told of all of them`() async throws {
    try await RealFleet.run { fleet in
      let office = try await fleet.open("setda")
      try await punch(0..<5, at: office)
      try await fleet.agree([office], on: ["attendance"])
      let backup = fleet.layout.root + "/backup.sqlite"
      #expect(try await fleet.control(["backup", backup]).end.isSuccess)
      // The centre welcomes each, so the office's hello would name none that the backup knows.
      for round in 1...3 {
        await fleet.stop(office)
        try await fleet.start(office)
        try await punch(round * 10..<round * 10 + 5, at: office)
        try await fleet.agree([office], on: ["attendance"])
      }
      try await fleet.kill(RealFleet.centreName)
      #expect(try await restore(backup, fleet).end.isSuccess)
      try await fleet.startCentre()
      try await fleet.agree([office], on: ["attendance"])
      #expect(try await fleet.centre.digest("attendance").count == 20)
      #expect(try await fleet.centre.node(office.name).state == "online")
    }
  }

  @Test func `a centre set back to before an office's new key lets that disk in again by an invitation`() async throws {
    try await RealFleet.run { fleet in
      let office = try await fleet.open("setda")
      try await punch(0..<5, at: office)
      try await fleet.agree([office], on: ["attendance"])
      let backup = fleet.layout.root + "/backup.sqlite"
      #expect(try await fleet.control(["backup", backup]).end.isSuccess)
      await fleet.stop(office)
      try await fleet.joinAgain(office)
      for round in 1...3 {
        try await fleet.start(office)
        try await punch(round * 10..<round * 10 + 5, at: office)
        try await fleet.agree([office], on: ["attendance"])
        await fleet.stop(office)
      }
      try await fleet.kill(RealFleet.centreName)
      #expect(try await restore(backup, fleet).end.isSuccess)
      try await fleet.startCentre()
      // The centre knows neither the key nor the parents that the next hello names.
      try await fleet.joinAgain(office)
      try await fleet.start(office)
      try await fleet.agree([office], on: ["attendance"])
      #expect(try await fleet.centre.digest("attendance").count == 20)
      let problems = try await fleet.problemsAtCentre(of: office)
      #expect(problems.isDisjoint(with: ["node_unknown_history", "node_replaced", "node_restored"]), "\(problems)")
      let ledger = try await fleet.centre.client.reply(LedgerReply.self, to: .ledger(Page(), dataset: nil, node: nil))
      #expect(ledger.reply.ledger.isEmpty)
    }
  }

  @Test func `a file that is no sound backup restores nothing and says why`() async throws {
    try await RealFleet.run { fleet in
      let backup = fleet.layout.root + "/backup.sqlite"
      #expect(try await fleet.control(["backup", backup]).end.isSuccess)
      try await fleet.kill(RealFleet.centreName)
      let store = fleet.layout.centreDirectory + "/data/aggregator.sqlite"
      let before = try Data(contentsOf: URL(fileURLWithPath: store))
      // One letter of a name, which no check of pages notices.
      let made = try Data(contentsOf: URL(fileURLWithPath: backup))
      var bytes = made
      let word = try #require(bytes.range(of: Data("disdukcapil".utf8), options: .backwards))
      bytes[word.lowerBound] = UInt8(ascii: "c")
      try bytes.write(to: URL(fileURLWithPath: backup))
      let changed = try await restore(backup, fleet)
      #expect(changed.end.exitCode == 65 && changed.output.contains("not what was backed up"), "\(changed)")
      let checksum = BackupChecksum.path(of: backup)
      let note = try Data(contentsOf: URL(fileURLWithPath: checksum))
      try FileManager.default.removeItem(atPath: checksum)
      let unknown = try await restore(backup, fleet, "--dry-run")
      #expect(unknown.end.isSuccess && unknown.output.contains("nobody knows whether"), "\(unknown)")
      try note.write(to: URL(fileURLWithPath: checksum))
      try made.write(to: URL(fileURLWithPath: backup))
      let sound = try await restore(backup, fleet, "--dry-run")
      #expect(sound.end.isSuccess && sound.output.contains("the same as when it was made"), "\(sound)")
      // From here on as where the checksum was left behind.
      try FileManager.default.removeItem(atPath: checksum)
      // A page in the middle is overwritten, as by a bad disk.
      bytes = made
      let page = 4096 * (bytes.count / 4096 / 2)
      bytes.replaceSubrange(page..<page + 4096, with: Data(repeating: 0xA5, count: 4096))
      try bytes.write(to: URL(fileURLWithPath: backup))
      let damaged = try await restore(backup, fleet)
      #expect(damaged.end.exitCode == 65 && damaged.output.contains("damaged"), "\(damaged)")
      // A store that was merely copied lacks the centre's key and says nothing of when it was made.
      let copied = try await restore(store, fleet)
      #expect(copied.end.exitCode == 65 && copied.output.contains("is no "), "\(copied)")
      try Data("name,value\n".utf8).write(to: URL(fileURLWithPath: backup))
      let foreign = try await restore(backup, fleet)
      #expect(foreign.end.exitCode == 65 && foreign.output.contains("no store"), "\(foreign)")
      #expect(try Data(contentsOf: URL(fileURLWithPath: store)) == before)
      try await fleet.startCentre()
    }
  }

  // MARK: An office

  @Test func `an office set back to an older disk gets back by the feed what it had sent since`() async throws {
    try await RealFleet.run { fleet in
      let registry = try await fleet.open("disdukcapil")
      let district = try await fleet.open("kec-lalabata")
      let residents = try await register(3, fleet, registry, seenBy: district)
      try await punch(0..<10, at: district)
      try await fleet.agree([registry, district], on: ["population", "attendance"])
      await fleet.stop(district)
      let copy = try fleet.copyDisk(of: district)

      try await fleet.start(district)
      try await save(["alamat": "JL. SESUDAH 1"], of: residents[0], at: district)
      try await save(["telepon": "08112"], of: residents[1], at: district)
      try await punch(10..<25, at: district)
      try await fleet.agree([registry, district], on: ["population", "attendance"])
      await fleet.stop(district)
      try fleet.exchangeDisk(of: district, for: copy)
      await district.relay.cut(.refused)
      try await fleet.start(district)
      // What it does before it has heard of the centre is kept beside what comes back.
      try await save(["telepon": "08119"], of: residents[1], at: district)
      try await punch(20..<30, at: district)
      try await district.relay.heal()
      try await fleet.agree([registry, district], on: ["population", "attendance"])
      #expect(try await district.daemon.record("population", residents[0]).fields["alamat"] == "JL. SESUDAH 1")
      #expect(try await fleet.centre.digest("attendance").count == 30)
      #expect(try await district.daemon.digest("attendance").count == 30)
      let phone = try await fleet.centre.record("population", residents[1])
      #expect(phone.fields["telepon"] == "08119")
    }
  }

  @Test func `two copies of an office's disk that both run are stopped, and nothing unsent is lost`() async throws {
    try await RealFleet.run { fleet in
      let office = try await fleet.open("setda")
      try await punch(0..<5, at: office)
      try await fleet.agree([office], on: ["attendance"])
      await fleet.stop(office)
      let clone = try fleet.copyDisk(of: office)

      try await fleet.start(office)
      try await punch(5..<10, at: office)
      try await fleet.agree([office], on: ["attendance"])
      await fleet.stop(office)
      // The clone speaks: until the other is heard again, that is an office whose disk was set back.
      let own = try fleet.exchangeDisk(of: office, for: clone)
      try await fleet.start(office)
      try await punch(10..<15, at: office)
      try await fleet.agree([office], on: ["attendance"])
      await fleet.stop(office)
      // And the first one again.
      let second = try fleet.exchangeDisk(of: office, for: own)
      try await fleet.start(office)
      try await punch(15..<20, at: office)
      try await eventually("both are fenced") { try await fleet.centre.node(office.name).state == "fenced" }
      try await eventually("the office says so") { try await office.daemon.status().state == "refused" }
      #expect(try await fleet.problems(of: office) == ["fenced"])
      let fenced = try await fleet.doctor(fleet.layout.centreSocket).findings.first { $0.code == "node_fenced" }
      let refused = try await fleet.doctor(fleet.layout.centreSocket).findings.first { $0.code == "office_refused" }
      #expect(refused?.subject == "setda" && refused?.evidence.hasPrefix("fenced") == true)
      #expect(fenced?.subject == "setda" && fenced?.remedy.contains("nodes invite setda") == true)
      #expect(try await office.daemon.status().backlog?.changes == 5)
      await fleet.stop(office)
      try fleet.exchangeDisk(of: office, for: second)
      try await fleet.start(office)
      try await punch(20..<25, at: office)
      try await eventually("the other is refused too") { try await office.daemon.status().state == "refused" }
      #expect(try await office.daemon.status().backlog?.changes == 5)

      // The admin chooses this one: it gets a new key and goes on, with all that it kept.
      await fleet.stop(office)
      try await fleet.joinAgain(office)
      try await fleet.start(office)
      try await eventually("the chosen one is back") { try await office.daemon.status().state == "online" }
      try await fleet.agree([office], on: ["attendance"])
      #expect(try await fleet.centre.digest("attendance").count == 20)
    }
  }

  @Test func `a revoked office that joined again is heard, but for its old backlog until the admin takes it`()
    async throws
  {
    try await RealFleet.run { fleet in
      let office = try await fleet.open("setda")
      try await punch(0..<5, at: office)
      try await fleet.agree([office], on: ["attendance"])
      _ = try await fleet.centre.client.body(of: try .revocation("setda", reason: "laptop hilang"))
      try await eventually("it is refused") { try await office.daemon.status().state == "refused" }
      try await punch(5..<12, at: office)
      await fleet.stop(office)
      try await fleet.joinAgain(office)
      try await fleet.start(office)
      try await eventually("it is back, and its backlog is held") {
        let status = try await office.daemon.status()
        return status.state == "online" && status.backlog?.changes == 0
      }
      // What is held is shown as held, and in neither copy.
      try await fleet.agree([office], on: ["attendance"])
      #expect(try await fleet.centre.digest("attendance").count == 5)
      #expect(try await fleet.held(at: office.daemon).count == 7)
      #expect(try await fleet.problems(of: office) == ["held_back"])
      let backlog = try await fleet.doctor(fleet.layout.centreSocket).findings.first { $0.code == "backlog_held" }
      #expect(backlog?.subject == "setda" && backlog?.evidence == "7")
      #expect(backlog?.remedy.contains("nodes accept-backlog setda") == true)
      try await punch(12..<15, at: office)
      try await eventually("what it records now is taken") {
        try await fleet.centre.digest("attendance").count == 8
      }
      let entries = try await fleet.centre.client.reply(
        QuarantineReply.self, to: .quarantine(Page(), dataset: nil, node: nil)
      ).reply.quarantine
      let given = try await fleet.control([
        "quarantine", "discard", try #require(entries.last).id, "--reason", "percobaan",
      ])
      #expect(given.end.isSuccess, "\(given)")
      try await eventually("the office knows what was given up") { try await fleet.held(at: office.daemon).count == 6 }
      let ledger = try await office.daemon.client.reply(LedgerReply.self, to: .ledger(Page(), dataset: nil, node: nil))
        .reply.ledger
      #expect(ledger.map(\.reason) == ["discarded"] && ledger.first?.count == 1)
      let taken = try await fleet.control(["nodes", "accept-backlog", "setda", "--reason", "laptop ketemu"])
      #expect(taken.end.isSuccess, "\(taken)")
      #expect(try await fleet.centre.digest("attendance").count == 14)
      try await fleet.agree([office], on: ["attendance"])
      #expect(try await fleet.held(at: office.daemon).isEmpty)
    }
  }

  // MARK: Doing

  private func restore(
    _ backup: String, _ fleet: RealFleet, _ options: String...
  ) async throws -> (end: DemoProgram.End, output: String) {
    try await fleet.run(
      "simpul-aggregator", ["restore", "--config", fleet.layout.centreConfiguration, backup] + options)
  }

  private func punch(_ range: Range<Int>, at office: RealFleet.Office) async throws {
    let rows = range.map { PunchProducer.row(device: "T1", $0) + "\n" }.joined()
    let body = APIRequest.Body(contentType: "application/x-ndjson", bytes: Array(rows.utf8))
    _ = try await office.daemon.client.body(of: .intake("attendance", body, source: nil))
  }

  private func save(_ fields: [String: JSONValue], of resident: String, at office: RealFleet.Office) async throws {
    let version = try await office.daemon.record("population", resident).version
    _ = try await office.daemon.client.body(
      of: try .edit("population", resident, fields, version: version, isCorrection: false))
  }

  private func register(
    _ count: Int, _ fleet: RealFleet, _ registry: RealFleet.Office, seenBy district: RealFleet.Office
  ) async throws -> [String] {
    for serial in 1...count {
      _ = try await registry.daemon.client.body(of: try .upsert("population", Clerk.resident(serial), source: nil))
    }
    try await fleet.agree([registry, district], on: ["population"])
    return try await fleet.all("population", at: district.daemon).map(\.id)
  }
}

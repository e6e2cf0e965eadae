import API
import Datasets
import Foundation
import Settings
import TestSupport
import Testing

@testable import Diagnostics

/// What is provoked on real daemons is what doctor says.
@Suite(.serialized) struct DoctorTests {
  private static let isRoot = geteuid() == 0 || ProcessInfo.processInfo.environment["SIMPUL_REQUIRE_ALL"] == "1"

  @Test func `a link is told apart by how far it goes and why no session stands`() async throws {
    try await RealFleet.run { fleet in
      let office = try await fleet.open("setda")
      let socket = fleet.layout.socket(of: office.name)
      try await eventually("a connected office has nothing to say") { try await fleet.problems(of: office).isEmpty }
      #expect(try await fleet.doctor(socket).exitCode == 0)
      // The centre: nobody has made a backup yet.
      #expect(try await fleet.problems(fleet.layout.centreSocket) == ["backup_old"])

      await office.relay.cut(.refused)
      try await eventually("nothing listens") { try await fleet.problems(of: office) == ["tcp_refused"] }
      try await office.relay.heal()
      await office.relay.cut(.silent)
      try await eventually("nobody speaks") { try await fleet.problems(of: office) == ["handshake_timeout"] }
      try await office.relay.heal()
      try await eventually("it is back") { try await office.daemon.status().state == "online" }
      await fleet.stop(office)

      let address = "tcp://127.0.0.1:\(office.relay.port)"
      let silence = try SilentPort()
      // RFC 6761: no resolver may find this.
      let ways = [
        ("tcp://pusat.invalid:7312", "name_resolution"), ("tcp://127.0.0.1:\(silence.port)", "tcp_silent"),
      ]
      var present = address
      for (way, code) in ways {
        try fleet.replace(present, with: way, inSettingsOf: office)
        present = way
        try await fleet.start(office)
        try await eventually(code) { try await fleet.problems(of: office) == [code] }
        await fleet.stop(office)
      }
      withExtendedLifetime(silence) {}
    }
  }

  @Test func `keys that do not fit are told apart at the office, and the centre says whom it refused`() async throws {
    try await RealFleet.run { fleet in
      let office = try await fleet.open("setda")
      _ = try await fleet.centre.client.body(of: try .revocation("setda", reason: "laptop hilang"))
      try await eventually("a revoked key") { try await fleet.problems(of: office) == ["revoked"] }
      await fleet.stop(office)
      try await fleet.start(office)
      try await eventually("a key that the centre does not know any more") {
        try await fleet.problems(of: office) == ["key_refused"]
      }
      let revoked = try await fleet.doctor(fleet.layout.centreSocket).findings
      #expect(revoked.contains { $0.code == "stranger_refused" && $0.subject == "127.0.0.1" }, "\(revoked)")

      // Another key in the settings than the centre's.
      await fleet.stop(office)
      let text = try String(contentsOfFile: fleet.layout.configuration(of: office.name), encoding: .utf8)
      let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("public_key") })
      let foreign = "public_key = \"Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID\""
      try fleet.replace(line, with: foreign, inSettingsOf: office)
      try await fleet.start(office)
      try await eventually("a foreign key") { try await fleet.problems(of: office) == ["key_mismatch"] }
      try await eventually("the centre's doctor names the wrong key") {
        try await fleet.doctor(fleet.layout.centreSocket).findings.contains {
          $0.code == "stranger_refused" && $0.evidence.hasPrefix("wrong_key") && $0.remedy.contains("public_key")
        }
      }
      await fleet.stop(office)
    }
  }

  @Test func `without a daemon the settings say why, with file and line`() async throws {
    try await RealFleet.run { fleet in
      let office = try await fleet.open("setda")
      let (socket, path) = (fleet.layout.socket(of: office.name), fleet.layout.configuration(of: office.name))
      await fleet.stop(office)
      #expect(try await fleet.doctor(socket, "--agent-config", path).findings.map(\.code) == ["daemon_unreachable"])
      try fleet.replace("[buffer]", with: "[bufer]", inSettingsOf: office)
      let unknown = try await fleet.doctor(socket, "--agent-config", path)
      #expect(unknown.exitCode == 1 && Set(unknown.findings.map(\.code)) == ["configuration"])
      #expect(unknown.findings.contains { $0.subject.hasPrefix("\(path):") && $0.evidence.contains("bufer") })
      try "node = ".write(toFile: path, atomically: true, encoding: .utf8)
      let broken = try await fleet.doctor(socket, "--agent-config", path).findings
      #expect(broken.map(\.code) == ["configuration"] && broken.first?.subject == "\(path):1", "\(broken)")
    }
  }

  @Test func `a disk without its reserve, a file's value that waits, and damage are found`() async throws {
    try await RealFleet.run { fleet in
      let registry = try await fleet.open("disdukcapil")
      var row = Clerk.resident(1)
      row["alamat"] = "JL. KERUSAKAN 12345"
      for address in ["JL. KERUSAKAN 12345", "JL. BERKAS 2"] {
        row["alamat"] = .string(address)
        // The second is held as a whole: 422.
        _ = try await registry.daemon.client.answer(to: try .upsert("population", row, source: "siak"))
        guard let record = try await fleet.all("population", at: registry.daemon).first, address.contains("12345")
        else {
          continue
        }
        _ = try await registry.daemon.client.body(
          of: try .edit(
            "population", record.id, ["alamat": "JL. KERUSAKAN 54321"], version: record.version, isCorrection: false))
      }
      try await fleet.agree([registry], on: ["population"])
      #expect(try await fleet.problems(of: registry) == ["held_values"])

      await fleet.stop(registry)
      try await fleet.damage("JL. KERUSAKAN 54321", inStoreOf: registry)
      try fleet.replace("reserve = \"1MB\"", with: "reserve = \"900TB\"", inSettingsOf: registry)
      await registry.relay.cut(.refused)
      try await fleet.start(registry)
      // Who looks at it finds the damage; the next write notes it.
      _ = try? await fleet.all("population", at: registry.daemon)
      try await eventually("the damage and the full disk") {
        try await fleet.problems(of: registry).isSuperset(of: ["store_damaged", "disk_full", "tcp_refused"])
      }
    }
  }

  @Test func `a spool that cannot be read, and one that cannot be emptied, are found`() async throws {
    try await RealFleet.run { fleet in
      let office = try await fleet.open("setda")
      try await eventually("its directories are made") {
        FileManager.default.fileExists(atPath: office.spool + "/attendance")
      }
      let aside = office.spool + ".aside"
      try FileManager.default.moveItem(atPath: office.spool, toPath: aside)
      try await eventually("the directory is gone") { try await fleet.problems(of: office) == ["spool_unreadable"] }
      try FileManager.default.moveItem(atPath: aside, toPath: office.spool)
      try await eventually("it is back") { try await fleet.problems(of: office).isEmpty }
      // A link where a dataset's directory is to be: it is never followed.
      try FileManager.default.removeItem(atPath: office.spool + "/attendance")
      try FileManager.default.createSymbolicLink(atPath: office.spool + "/attendance", withDestinationPath: "/tmp")
      try await eventually("no file can be taken out of it") {
        let found = try await fleet.doctor(fleet.layout.socket(of: office.name)).findings
        return found.contains { $0.code == "spool_not_writable" && $0.subject == office.spool + "/attendance" }
      }
    }
  }

  @Test(.enabled(if: isRoot, "needs root, to run an agent without CAP_LEASE"))
  func `files that the kernel cannot answer for are told, and directories of others`() async throws {
    try await RealFleet.run { fleet in
      let office = try await fleet.open("setda")
      await fleet.stop(office)
      let directory = office.spool + "/attendance"
      let path = directory + "/export.ndjson"
      try fleet.layout.makeDirectory(directory, .english)
      try (PunchProducer.row(device: "T9", 1) + "\n").write(toFile: path, atomically: true, encoding: .utf8)
      for foreign in [path, directory] { try #require(chown(foreign, 65534, 65534) == 0) }
      try #require(chmod(path, 0o644) == 0 && chmod(directory, 0o755) == 0)
      // As a unit without its capabilities would run it: neither leases nor others' directories.
      let bound = "--bounding-set=-lease,-dac_override,-dac_read_search,-fowner"
      try await fleet.start(office, by: ["/usr/bin/setpriv", bound])
      try await eventually("both are found") {
        let found = try await fleet.doctor(fleet.layout.socket(of: office.name)).findings
        return found.contains { $0.code == "spool_without_lease" && $0.subject == office.spool }
          && found.contains { $0.code == "spool_not_writable" && $0.subject == directory }
      }
    }
  }
}

import API
import Datasets
import Diagnostics
import Foundation
import Replication
import Testing
import Wire

@Suite struct AuditCommandTests {
  /// An export of `count` entries.
  private func lines(_ count: Int) throws -> [String] {
    var chain = StreamChain(at: .start)
    return try (1...count).map { number in
      let at = Timestamp(milliseconds: 1_795_000_000_000 + Int64(number))
      let act = AuditAct(
        caller: "socket", role: .admin, .reveal, "population", count: 1,
        records: [RecordID(high: 1, low: UInt64(number))], reason: "cek \(number)")
      let audited = chain.append(AuditEntry(sequence: chain.last.next, at: at, act: act))
      let entry = AuditReply.Entry(
        sequence: audited.entry.sequence.value, at: ZonedInstant(timestamp: at, offsetMinutes: 480).description,
        caller: act.caller, role: act.role, office: nil, action: act.action, subject: act.subject, count: 1,
        records: act.records.map(\.description), reason: act.reason, outcome: nil, head: "\(audited.head)")
      return String(decoding: try APICoding.encoder.encode(entry), as: UTF8.self)
    }
  }

  private func verify(_ lines: [String], _ more: String...) async throws -> RunResult {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/audit.ndjson"
    try lines.map { $0 + "\n" }.joined().write(toFile: path, atomically: true, encoding: .utf8)
    guard let head = more.first else { return await simpulctl("audit", "verify", path, "--language", "en") }
    return await simpulctl("audit", "verify", path, "--language", "en", "--head", head)
  }

  private func head(_ line: String) throws -> String {
    try APICoding.decoder.decode(AuditReply.Entry.self, from: Data(line.utf8)).head
  }

  @Test func `an order that was not carried out says so in the reader's language`() async throws {
    let entry = AuditReply.Entry(
      sequence: 3, at: "2026-10-04T08:00:00+08:00", caller: "socket", role: "admin", office: nil,
      action: "token_revoke", subject: "budi", count: nil, records: nil, reason: nil, outcome: AuditAct.notDone,
      head: "00")
    let body = String(decoding: try APICoding.encoder.encode(AuditReply(audit: [entry], next: nil)), as: UTF8.self)
    try await TestDaemon.answering({ _ in .ok(body) }).run { daemon in
      let list = await simpulctl("--socket", daemon.socket, "audit", "list")
      #expect(list.output.contains("mencabut token (token_revoke): tidak dilaksanakan"), "\(list.output)")
      let english = await simpulctl("--socket", daemon.socket, "audit", "list", "--language", "en")
      #expect(english.output.contains("token_revoke: not done"), "\(english.output)")
    }
  }

  @Test func `a file that nobody touched is unbroken, and holds the head that was noted`() async throws {
    let file = try lines(30)
    let whole = try await verify(file, try head(file[20]))
    #expect(whole.code == 0, "\(whole)")
    let newest = try head(file[29])
    #expect(whole.output.contains("30 entries") && whole.output.contains(newest))
    #expect(whole.output.contains("stands at entry 21"))
  }

  @Test func `a broken file ends with 1 and names the first entry that does not fit`() async throws {
    let file = try lines(30)
    var edited = file
    edited[11] = edited[11].replacing("cek 12", with: "cek 13")
    var swapped = file
    swapped.swapAt(4, 5)
    var garbled = file
    garbled[7] = "{}"
    let table: [([String], String)] = [
      (edited, "entry 12 is not as it was written"), (swapped, "entry 5 is missing or moved (found 6)"),
      (Array(file.dropFirst()), "entry 1 is missing or moved (found 2)"), (garbled, "line 8 is no entry"),
    ]
    for (lines, words) in table {
      let result = try await verify(lines)
      #expect(result.code == 1 && result.error.contains(words), "\(result)")
    }
    let cut = try await verify(Array(file.prefix(20)), try head(file[25]))
    #expect(cut.code == 1 && cut.error.contains("stands nowhere"), "\(cut)")
    #expect(try await verify(file, "abc").code == 64)
  }

  @Test func `an empty file is no log, and an empty log of a daemon is told as that`() async throws {
    let file = try await verify([])
    #expect(file.code == 1 && file.output.isEmpty, "\(file)")
    #expect(file.error.contains("there is no entry in it"), "\(file)")
    try await TestDaemon.answering { _ in
      TestDaemon.Answer(contentType: "application/x-ndjson", body: "")
    }.run { daemon in
      let result = await simpulctl("--socket", daemon.socket, "audit", "verify")
      #expect(result.code == 0 && result.output == "catatan audit: belum ada catatan di dalamnya\n", "\(result)")
    }
  }

  @Test func `the daemon's log is recomputed here, and exported whole`() async throws {
    let file = try lines(3)
    let text = file.map { $0 + "\n" }.joined()
    try await TestDaemon.answering { _ in
      TestDaemon.Answer(contentType: "application/x-ndjson", body: text)
    }.run { daemon in
      let verified = await simpulctl("--socket", daemon.socket, "audit", "verify", "--json")
      #expect(verified.code == 0, "\(verified)")
      #expect(verified.output.contains(#""entries":3"#))
      let printed = await simpulctl("--socket", daemon.socket, "audit", "export")
      #expect(printed.output == text)
      let directory = try TemporaryDirectory()
      let path = directory.path + "/a.ndjson"
      let exported = await simpulctl("--socket", daemon.socket, "audit", "export", "-o", path)
      #expect(exported.code == 0, "\(exported)")
      #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
      let kept = await simpulctl("--socket", daemon.socket, "audit", "export", "-o", path)
      #expect(kept.code == 65 && kept.error.contains("--replace"), "\(kept)")
      let replaced = await simpulctl("--socket", daemon.socket, "audit", "export", "-o", path, "--replace")
      #expect(replaced.code == 0, "\(replaced)")
      #expect(Set(daemon.requests.map(\.line)) == ["GET /api/v1/audit/export"])
    }
  }

  @Test func `the list says who, what and why`() async throws {
    let entries = try lines(2).joined(separator: ",")
    try await TestDaemon.answering { _ in .ok(#"{"audit":[\#(entries)]}"#) }.run { daemon in
      let listed = await simpulctl("--socket", daemon.socket, "audit", "list", "--action", "reveal")
      #expect(listed.code == 0)
      #expect(listed.output.contains("socket (admin)") && listed.output.contains("cek 2"))
      #expect(daemon.requests.map(\.line) == ["GET /api/v1/audit?limit=100&action=reveal"])
    }
  }

  @Test func `an action that there is none of is told with what was most likely meant`() async throws {
    let result = await simpulctl("--socket", "/nowhere", "audit", "list", "--action", "reveel")
    #expect(result.code == 64)
    #expect(result.error.contains("Maksudnya reveal?") && result.error.contains("restore_backup"), "\(result)")
  }
}

@Suite struct FleetKeyCommandTests {
  private static let reply =
    #"{"version":1,"versions":[{"version":1,"created_at":"2026-10-01T09:00:00+08:00"}],"nodes":["kec-citta"]}"#

  @Test func `without --yes nothing is ordered, and with it the version that was seen goes along`() async throws {
    try await TestDaemon.answering { request in
      .ok(request.method == "GET" ? Self.reply : Self.reply.replacing(#"{"version":1,"v"#, with: #"{"version":2,"v"#))
    }.run { daemon in
      let dry = await simpulctl("--socket", daemon.socket, "fleet-key", "rotate", "--reason", "laptop hilang")
      #expect(dry.code == 0 && dry.output.contains("versi 2") && dry.error.contains("Belum ada yang diubah"))
      #expect(daemon.requests.map(\.line) == ["GET /api/v1/fleet-key"])
      let done = await simpulctl("--socket", daemon.socket, "fleet-key", "rotate", "--reason", "laptop hilang", "--yes")
      #expect(done.code == 0 && done.output.contains("versi 2 berlaku; diberikan kepada: kec-citta"), "\(done)")
      #expect(daemon.requests.last?.line == "POST /api/v1/fleet-key/rotation")
      #expect(daemon.requests.last?.body == #"{"present":1,"reason":"laptop hilang"}"#)
      #expect(await simpulctl("--socket", daemon.socket, "fleet-key", "rotate").code == 64)
      let shown = await simpulctl("--socket", daemon.socket, "fleet-key", "show")
      #expect(shown.output.contains("Dipegang oleh: kec-citta"))
    }
  }
}

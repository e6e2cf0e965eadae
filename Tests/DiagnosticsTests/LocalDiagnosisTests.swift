import API
import Foundation
import Testing

@testable import Diagnostics

/// Where no daemon answers, the files say why.
@Suite final class LocalDiagnosisTests {
  private let directory = FileManager.default.temporaryDirectory.appendingPathComponent("local-\(UUID())")

  init() throws { try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(at: directory) }

  private func write(_ text: String, _ name: String) throws -> String {
    let path = directory.appendingPathComponent(name).path
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  private func doctor(_ option: String, _ path: String, language: String = "en") async throws -> [FindingsReply.Finding]
  {
    let result = await simpulctl(
      "--socket", directory.path + "/none.sock", "--json", "--language", language, "doctor", option, path)
    #expect(result.code == 1, "\(result)")
    let reply = try APICoding.decoder.decode(FindingsReply.self, from: Data(result.output.utf8))
    for finding in reply.findings {
      #expect(FindingCode(rawValue: finding.code) != nil && !finding.remedy.isEmpty && !finding.evidence.isEmpty)
    }
    return reply.findings
  }

  @Test func `each wrong key of the settings is named with its file and line`() async throws {
    let path = try write("node = \"kec-citta\"\n[buffer]\nquotta = \"2GB\"\nreserve = true\n", "agent.toml")
    let found = try await doctor("--agent-config", path)
    #expect(found.map(\.code) == ["configuration", "configuration"])
    #expect(Set(found.map(\.subject)) == ["\(path):3", "\(path):4"])
    #expect(
      found.contains {
        $0.evidence == "buffer.quotta: unknown key" && $0.remedy.contains("(did you mean buffer.quota?)")
      })
    let indonesian = try await doctor("--agent-config", path, language: "id")
    #expect(
      indonesian.contains {
        $0.evidence == "buffer.quotta: kunci tidak dikenal" && $0.remedy.contains("(maksudnya buffer.quota?)")
      })
    let broken = try await doctor("--agent-config", try write("node = \"kec-citta\n", "broken.toml"))
    #expect(broken.map(\.code) == ["configuration"] && broken.first?.subject.hasSuffix("broken.toml:1") == true)
    let missing = try await doctor("--aggregator-config", directory.path + "/nowhere.toml")
    #expect(missing.map(\.code) == ["configuration"])
  }

  @Test func `an office that has not joined is told so`() async throws {
    let found = try await doctor("--agent-config", try write("node = \"kec-citta\"\n", "agent.toml"))
    #expect(found.map(\.code) == ["not_joined"] && found.first?.remedy.contains("join") == true)
  }

  @Test func `a fleet file that keeps the centre from starting is named`() async throws {
    let agents = directory.appendingPathComponent("agents")
    let shipped = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("agents")
    try FileManager.default.copyItem(at: shipped, to: agents)
    let path = try write(
      "[replication]\nlisten = \"tcp://127.0.0.1:7312\"\n[fleet]\ndirectory = \"\(agents.path)\"\n"
        + "[datasets]\ndirectory = \"\(agents.path)/datasets\"\n", "centre.toml")
    #expect(try await doctor("--aggregator-config", path).map(\.code) == ["daemon_unreachable"])
    let profile = agents.appendingPathComponent("skpd/setda.toml")
    let text = try String(contentsOf: profile, encoding: .utf8)
    try (text + "\nwarna = \"biru\"\n").write(to: profile, atomically: true, encoding: .utf8)
    let found = try await doctor("--aggregator-config", path)
    #expect(found.map(\.code) == ["fleet_file"])
    #expect(
      found.first?.subject.contains("skpd/setda.toml:") == true && found.first?.evidence.contains("warna") == true)
  }

  /// As systemd 252 prints them.
  @Test(arguments: [
    ("LoadState=loaded\nActiveState=active\nSubState=running\nResult=success\nExecMainStatus=0\n", nil),
    ("LoadState=not-found\nActiveState=inactive\nSubState=dead\nResult=success\nExecMainStatus=0\n", nil),
    ("LoadState=loaded\nActiveState=inactive\nSubState=dead\nResult=success\nExecMainStatus=0\n", "inactive (dead)"),
    (
      "Result=exit-code\nExecMainStatus=78\nLoadState=loaded\nActiveState=failed\nSubState=failed\n",
      "failed (failed), exit-code, status 78"
    ),
    (
      "LoadState=loaded\nActiveState=activating\nSubState=auto-restart\nResult=exit-code\nExecMainStatus=1\n",
      "activating (auto-restart), exit-code, status 1"
    ),
    ("LoadState=loaded\nActiveState=activating\nSubState=start\nResult=success\nExecMainStatus=0\n", nil),
    ("LoadState=masked\nActiveState=inactive\nSubState=dead\n", "masked"),
  ])
  func `a unit that is installed and does not run is told by systemd's words`(text: String, sentence: String?) {
    #expect(UnitState(text).sentence == sentence)
  }
}

/// docs/findings.md and the code name the same findings.
@Suite struct FindingsDocumentTests {
  @Test func `each finding is in the document, and each of the document's is one`() throws {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("docs/findings.md")
    let rows = try String(contentsOf: path, encoding: .utf8).split(separator: "\n").filter { $0.hasPrefix("| `") }
    let cells = rows.map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
    // Code, Indonesian, English.
    #expect(cells.allSatisfy { $0.count == 3 && $0.allSatisfy { $0.count > 2 } })
    let documented = cells.compactMap { $0.first?.filter { $0 != "`" } }
    #expect(documented.count == Set(documented).count)
    #expect(Set(documented) == Set(FindingCode.allCases.map(\.rawValue)))
  }
}

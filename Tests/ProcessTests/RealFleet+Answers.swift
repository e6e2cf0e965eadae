import API
import Datasets
import Foundation
import Settings
import TestSupport
import Testing

@testable import Diagnostics

extension RealFleet {
  /// The JSON document that simpulctl prints, and how it ended.
  private func document<Reply: Decodable>(
    _ type: Reply.Type, at socket: String, _ arguments: [String]
  ) async throws -> (reply: Reply, exitCode: Int32?) {
    let (end, output) = try await run("simpulctl", ["--socket", socket, "--json", "--language", "en"] + arguments)
    // Standard error goes to the same file here: the document is the first line.
    let text = try #require(output.split(separator: "\n").first { $0.hasPrefix("{") }, "\(output)")
    return (try APICoding.decoder.decode(type, from: Data(text.utf8)), end.exitCode)
  }

  /// What doctor finds, with its exit code.
  func doctor(_ socket: String, _ options: String...) async throws -> (
    findings: [FindingsReply.Finding], exitCode: Int32?
  ) {
    let (reply, exitCode) = try await document(FindingsReply.self, at: socket, ["doctor"] + options)
    for finding in reply.findings {
      #expect(FindingCode(rawValue: finding.code) != nil, "\(finding)")
      #expect(![finding.evidence, finding.consequence, finding.remedy].contains(""), "\(finding)")
    }
    #expect((exitCode == 1) == reply.findings.contains(where: \.isProblem))
    return (reply.findings, exitCode)
  }

  /// Codes of what needs somebody.
  func problems(_ socket: String) async throws -> Set<String> {
    Set(try await doctor(socket).findings.filter(\.isProblem).map(\.code))
  }

  func problems(of office: Office) async throws -> Set<String> { try await problems(layout.socket(of: office.name)) }

  /// Codes of what the centre says of an office.
  func problemsAtCentre(of office: Office) async throws -> Set<String> {
    let findings = try await doctor(layout.centreSocket).findings
    return Set(findings.filter { $0.isProblem && $0.subject == office.name.text }.map(\.code))
  }

  /// The way of a record or event, or nil when it is not known there.
  func trace(_ dataset: String, _ id: String, at socket: String) async throws -> TraceReply {
    try await document(TraceReply.self, at: socket, ["trace", dataset, id]).reply
  }

  /// Changes a text in an office's settings, whose agent does not run.
  func replace(_ old: some StringProtocol, with new: String, inSettingsOf office: Office) throws {
    let path = layout.configuration(of: office.name)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    guard text.contains(old) else { throw TestFailure("no \(old) in \(text)") }
    try text.replacing(old, with: new).write(toFile: path, atomically: true, encoding: .utf8)
  }
}

extension TraceReply {
  /// The steps that were taken: `recorded kec-citta`.
  var taken: [String] { stages.map { "\($0.stage.rawValue) \($0.node)" } }
}

extension RealFleet {
  /// Flips a bit in every place of an office's store that holds this text; its agent does not run.
  func damage(_ text: String, inStoreOf office: Office) async throws {
    try await damage(text, inStore: layout.directory(of: office.name) + "/data/agent.sqlite")
  }

  /// The same in a store's file, whose daemon does not run.
  func damage(_ text: String, inStore path: String) async throws {
    let url = URL(fileURLWithPath: path)
    // What was written last may be in the WAL still, whose own checksums would drop the transaction.
    let end = try await processes.run(
      DemoProgram(
        name: "sqlite3 \(UUID())", path: "/usr/bin/env",
        arguments: ["sqlite3", url.path, "PRAGMA wal_checkpoint(TRUNCATE)"], logPath: layout.root + "/\(UUID()).txt"))
    guard end.isSuccess else { throw TestFailure("sqlite3 \(end.text)") }
    var bytes = try Data(contentsOf: url)
    var from = bytes.startIndex
    var count = 0
    while let range = bytes.range(of: Data(text.utf8), in: from..<bytes.endIndex) {
      bytes[range.lowerBound + 4] ^= 0x10
      from = range.upperBound
      count += 1
    }
    guard count > 0 else { throw TestFailure("\(url.path) does not hold \(text)") }
    try bytes.write(to: url)
  }
}

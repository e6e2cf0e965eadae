import API
import Datasets
import Failpoints
import Foundation
import Settings
import TestSupport
import Testing

@testable import Diagnostics

/// What was promised to producers, held against what the centre has.
extension RealFleet {
  /// Every acknowledged punch is there, none twice, and none that nobody sent.
  ///
  /// - Parameter words: what a failure is to say beside.
  func prove(acknowledged: [Set<String>], offered: Int, _ words: String) async throws {
    let found = try await query("SELECT device || '/' || pin FROM attendance")
    let unique = Set(found)
    #expect(found.count == unique.count, "no record is doubled (\(words))")
    let acknowledged = acknowledged.reduce(into: Set()) { $0.formUnion($1) }
    #expect(acknowledged.subtracting(unique).isEmpty, "nothing acknowledged is lost (\(words))")
    #expect(unique.count <= offered, "nothing is invented (\(words))")
  }

  /// Every answered save is in the record's history once; one that was not answered is there once or not at all.
  func prove(_ clerk: Clerk, _ words: String) async throws {
    let (answered, unanswered) = await (clerk.answered, clerk.unanswered)
    #expect(!answered.isEmpty)
    for record in Set(answered.keys).union(unanswered.keys) {
      let request = APIRequest.history("population", record)
      let history = try await centre.client.reply(HistoryReply.self, to: request).reply.history
      func count(_ address: String) -> Int { history.count { $0.fields["alamat"] == .string(address) } }
      for address in answered[record] ?? [] { #expect(count(address) == 1, "\(address) is there once (\(words))") }
      for address in unanswered[record] ?? [] { #expect(count(address) <= 1, "\(address) (\(words))") }
    }
  }
}

/// Daemons that end themselves at a named place.
extension RealFleet {
  var centreProgram: DemoProgram {
    get throws {
      DemoProgram(
        name: Self.centreName, path: try Self.program("simpul-aggregator"),
        arguments: ["run", "--config", layout.centreConfiguration], logPath: layout.centreLog, isLast: true)
    }
  }

  func program(of office: Office) throws -> DemoProgram {
    DemoProgram(
      name: office.name.text, path: try Self.program("simpul-agent"),
      arguments: ["run", "--config", layout.configuration(of: office.name)], logPath: layout.log(of: office.name))
  }

  /// An invitation for an office that is there already, whether the centre has noticed that it is gone or not.
  func invite(_ office: Office) async throws -> String {
    let request = try APIRequest.invitation(office.name.text, validHours: 1, replaces: true)
    return try await centre.client.reply(InvitationReply.self, to: request).reply.invitation
  }

  /// The office's agent joining with an invitation, which may be repeated with the same one.
  func joining(_ office: Office, with invitation: String) throws -> DemoProgram {
    DemoProgram(
      name: "\(office.name) joins", path: try Self.program("simpul-agent"),
      arguments: ["join", "--config", layout.configuration(of: office.name), "-"],
      logPath: layout.log(of: office.name), input: invitation + "\n")
  }

  /// Runs a program that is to end itself at a failpoint, and waits until it has.
  ///
  /// - Throws: `TestFailure` when it ended otherwise, or not in time.
  func perish(_ program: DemoProgram, at order: FailpointOrder, within limit: Duration = .seconds(60)) async throws {
    let said = "failpoint \(order.text)\n"
    let before = try count(said, in: program.logPath)
    async let run = processes.run(program.armed(with: order))
    do {
      try await eventually("\(program.name) passes \(order.text)", within: limit) {
        try count(said, in: program.logPath) > before
      }
    } catch {
      await processes.stop(program.name)
      throw error
    }
    let end = try await run
    guard end.signal == SIGKILL, try count(said, in: program.logPath) == before + 1 else {
      throw TestFailure("\(program.name) passed \(order.text) and ended by \(end.text)")
    }
  }

  /// How often a log has a text.
  private func count(_ text: String, in log: String) throws -> Int {
    guard FileManager.default.fileExists(atPath: log) else { return 0 }
    return try String(contentsOfFile: log, encoding: .utf8).ranges(of: text).count
  }
}

extension DemoProgram {
  fileprivate func armed(with order: FailpointOrder) -> DemoProgram {
    var armed = self
    armed.path = "/usr/bin/env"
    armed.arguments = ["\(FailpointOrder.variable)=\(order.text)", path] + arguments
    return armed
  }
}

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

  /// The centre has never come to lack what it had acknowledged to an office, nor the office what it had sent; both would
  /// mend that by themselves, and say so.
  func proveKept(_ office: Office, _ words: String) throws {
    let log = layout.log(of: office.name)
    for loss in ["the centre lost what", "this store is older than", "the centre has another history"] {
      #expect(try count(loss, in: log) == 0, "\(office.name): \(loss) … (\(words))")
    }
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

  /// Lengthens the WAL of a store whose daemon does not run, so that a little more work makes a checkpoint of all that
  /// the daemon wrote since its last one.
  ///
  /// - Parameter directory: the daemon's `data_dir`.
  func lengthenLog(ofStoreIn directory: String) async throws {
    let store = try #require(
      try FileManager.default.contentsOfDirectory(atPath: directory).first { $0.hasSuffix(".sqlite") }, "\(directory)")
    // https://www.sqlite.org/fileformat2.html#the_write_ahead_log: a header of 32 bytes, 24 before each page.
    let size = try FileManager.default.attributesOfItem(atPath: "\(directory)/\(store)-wal")[.size] as? Int ?? 0
    let frames = max(0, size - 32) / (24 + 4096)
    // The daemons checkpoint at 8,000 pages. What is written here over and over is a header as it is.
    let answer = layout.root + "/\(UUID()).txt"
    _ = try await processes.run(
      DemoProgram(
        name: "sqlite3 \(UUID())", path: "/usr/bin/env", arguments: ["sqlite3", "\(directory)/\(store)"],
        logPath: answer,
        input: ".dbconfig no_ckpt_on_close on\n.output /dev/stdout\nPRAGMA user_version;\n"))
    let text = try String(contentsOfFile: answer, encoding: .utf8)
    let format = try #require(text.split(separator: "\n").compactMap { Int($0) }.last, "\(text)")
    let same = "PRAGMA user_version = \(format);\n"
    let end = try await processes.run(
      DemoProgram(
        name: "sqlite3 \(UUID())", path: "/usr/bin/env", arguments: ["sqlite3", "\(directory)/\(store)"],
        logPath: layout.root + "/\(UUID()).txt",
        input: """
          .dbconfig no_ckpt_on_close on
          PRAGMA wal_autocheckpoint = 0;
          PRAGMA synchronous = OFF;
          \(String(repeating: same, count: max(0, 7_940 - frames)))
          """))
    guard end.isSuccess else { throw TestFailure("sqlite3 \(end.text)") }
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

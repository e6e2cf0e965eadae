import API
import Datasets
import Foundation
import Settings
import TestSupport
import Testing

@testable import Diagnostics

/// A key that counts no more, a buffer with no room left, a setting that is wrong.
@Suite(.serialized) struct RefusalTests {
  private func post(_ range: Range<Int>, to office: RealFleet.Office) async throws(CommandFailure) -> APIAnswer {
    let rows = range.map { PunchProducer.row(device: "T1", $0) + "\n" }.joined()
    let body = APIRequest.Body(contentType: "application/x-ndjson", bytes: Array(rows.utf8))
    return try await office.daemon.client.answer(to: .intake("attendance", body, source: nil))
  }

  @Test func `a revoked office is cut off at once, says so, and keeps what it records`() async throws {
    try await RealFleet.run { fleet in
      let office = try await fleet.open("setda")
      #expect(try await post(0..<10, to: office).isSuccess)
      try await fleet.agree([office], on: ["attendance"])
      _ = try await fleet.centre.client.body(of: try .revocation("setda", reason: "laptop hilang"))
      try await eventually("the office knows that it is refused") {
        try await office.daemon.status().state == "refused"
      }
      #expect(try await office.daemon.status().why?.isEmpty == false)
      #expect(try await fleet.centre.node(office.name).state == "revoked")
      #expect(try await post(10..<20, to: office).isSuccess)
      #expect(try await office.daemon.status().backlog?.changes == 10)
      // Coming back does not help: the key is refused before a byte of the session passes.
      try await fleet.kill("setda")
      try await fleet.start(office)
      try await eventually("it is refused again") { try await office.daemon.status().state != "online" }
      #expect(try await fleet.centre.digest("attendance").count == 10)
      #expect(try await office.daemon.status().backlog?.changes == 10)
    }
  }

  @Test func `a full buffer refuses with 507, keeps what it took and goes on when the line is back`() async throws {
    try await RealFleet.run { fleet in
      let office = try await fleet.open("setda") { settings in
        settings.buffer.quota = ByteSize(bytes: 4_000_000)
      }
      await office.relay.cut(.refused)
      var accepted = 0
      var refusal: APIAnswer?
      for round in 0..<200 where refusal == nil {
        let answer = try await post(round * 500..<(round + 1) * 500, to: office)
        if answer.isSuccess { accepted += 500 } else { refusal = answer }
      }
      let full = try #require(refusal, "the quota was never reached")
      #expect(full.status == 507)
      let reply = try APICoding.decoder.decode(ErrorReply.self, from: full.body)
      #expect(reply.error == "buffer_full")
      #expect(!reply.message.isEmpty)
      #expect(accepted >= 500)
      #expect(try await fleet.problems(of: office) == ["buffer_full", "tcp_refused"])
      // It goes on answering, and a killed agent is as full as before.
      try await fleet.kill("setda")
      try await fleet.start(office)
      #expect(try await office.daemon.status().backlog?.changes == UInt64(accepted))
      try await office.relay.heal()
      try await eventually("everything that was taken is at the centre") {
        try await fleet.centre.digest("attendance").count == accepted
      }
      try await eventually("there is room again") {
        try await post(200_000..<200_010, to: office).isSuccess
      }
      try await fleet.agree([office], on: ["attendance"])
    }
  }

  @Test(arguments: [
    ("simpul-agent", "node = \"kec-lalabata\"\n[replication]\nheartbeat = \"fast\"\n", "replication.heartbeat"),
    ("simpul-agent", "node = \"kec-lalabata\"\nnodes = 1\n", "nodes"),
    ("simpul-agent", "language = \"id\"\n", "node"),
    ("simpul-aggregator", "[replication]\nlisten = 5\n", "replication.listen"),
  ])
  func `a wrong setting ends a daemon with 78 and names file, key and remedy`(
    program: String, text: String, key: String
  ) async throws {
    let layout = try DemoLayout.make(at: nil, language: .english)
    let path = layout.root + "/wrong.toml"
    try layout.write(text, to: path, .english)
    let log = layout.root + "/wrong.log"
    let end = try await DemoProcesses.supervising(environment: ProcessInfo.processInfo.environment) { processes in
      try await processes.run(
        DemoProgram(
          name: program, path: try RealFleet.program(program), arguments: ["run", "--config", path], logPath: log))
    }
    #expect(end.exitCode == 78)
    let said = try String(contentsOfFile: log, encoding: .utf8)
    #expect(said.contains(path) && said.contains(key), "\(said)")
    layout.remove()
  }
}

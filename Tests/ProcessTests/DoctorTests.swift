import API
import Foundation
import Settings
import Testing

@testable import Diagnostics

/// What is provoked on real daemons is what doctor says.
@Suite(.serialized) struct DoctorTests {
  private func codes(_ fleet: RealFleet, _ socket: String) async throws -> (codes: Set<String>, exitCode: Int32?) {
    let (end, output) = try await fleet.run("simpulctl", ["--socket", socket, "--json", "--language", "en", "doctor"])
    // Standard error goes to the same file here: the document is the first line.
    let document = try #require(output.split(separator: "\n").first, "\(output)")
    let reply = try APICoding.decoder.decode(FindingsReply.self, from: Data(document.utf8))
    return (Set(reply.findings.filter(\.isProblem).map(\.code)), end.exitCode)
  }

  @Test func `a link is told apart as cut, revoked, wrongly keyed, and without a daemon`() async throws {
    try await RealFleet.run { fleet in
      let office = try await fleet.open("setda")
      let socket = fleet.layout.socket(of: office.name)
      try await eventually("a connected office has nothing to say") {
        let found = try await codes(fleet, socket)
        return found.codes.isEmpty && found.exitCode == 0
      }
      // The centre: nobody has made a backup yet.
      let centre = try await codes(fleet, fleet.layout.centreSocket)
      #expect(centre.codes == ["backup_old"] && centre.exitCode == 1)

      await office.relay.cut(.refused)
      try await eventually("a line that is cut") {
        let found = try await codes(fleet, socket)
        return found.codes == ["tcp"] && found.exitCode == 1
      }
      try await office.relay.heal()
      try await eventually("it is back") { try await office.daemon.status().state == "online" }

      _ = try await fleet.centre.client.body(of: try .revocation("setda", reason: "laptop hilang"))
      try await eventually("a revoked key") {
        let found = try await codes(fleet, socket).codes
        return found == ["revoked"] || found == ["key_refused"]
      }

      // Another key in the settings than the centre's.
      await fleet.stop(office)
      let path = fleet.layout.configuration(of: office.name)
      let text = try String(contentsOfFile: path, encoding: .utf8)
      let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("public_key") })
      let foreign = "public_key = \"Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID\""
      try text.replacing(line, with: foreign).write(toFile: path, atomically: true, encoding: .utf8)
      try await fleet.start(office)
      try await eventually("a foreign key") {
        let found = try await codes(fleet, socket).codes
        return !found.isDisjoint(with: ["key_mismatch", "handshake", "key_refused"])
      }
      await fleet.stop(office)
      let none = try await codes(fleet, socket)
      #expect(none.exitCode == 1 && !none.codes.isEmpty)
    }
  }
}

import API
import Datasets
import Foundation
import Logging
import Machine
import Services
import Settings
import TestSupport
import Testing
import Transport

@testable import Agent

@Suite struct JoiningTests {
  /// What is said of an invitation to a centre that is not there.
  private func problem(
    at endpoint: String, of centre: CurveKeyPair? = nil, _ language: Language
  ) async throws -> DaemonProblem? {
    let directory = FileManager.default.temporaryDirectory.path + "/join-\(UUID().uuidString)"
    try MachineFacts.makePrivateDirectory(directory)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let path = directory + "/agent.toml"
    try "node = \"kec-lalabata\"\n".write(toFile: path, atomically: true, encoding: .utf8)
    var settings = AgentSettings(node: Fixture.node("kec-lalabata"))
    settings.dataDirectory = directory + "/data"
    settings.language = language
    let (own, centre) = (try CurveKeyPair.generate(), try centre ?? CurveKeyPair.generate())
    let invitation = Invitation(
      id: "1", node: "kec-lalabata", secretKey: own.secretKey.revealedText, publicKey: own.publicKey.text,
      serverKey: centre.publicKey.text, endpoints: [endpoint], expires: "2190-01-01T00:00:00+08:00")
    let joining = try Joining(settings: settings, configurationPath: path, invitation: try invitation.text())
    do {
      _ = try await joining.run()
      return nil
    } catch let problem as DaemonProblem { return problem }
  }

  @Test(arguments: [
    (Language.indonesian, "menolak sambungan (Connection refused)"),
    (.english, "refuses to connect (Connection refused)"),
  ])
  func `a join that does not reach the centre says what stands in the way, in either language`(
    language: Language, words: String
  ) async throws {
    let endpoint = "tcp://127.0.0.1:\(try ClosedPort().port)"
    let problem = try #require(try await problem(at: endpoint, language))
    #expect(problem.exitCode == 69)
    #expect(problem.description.contains(endpoint) && problem.description.contains(words), "\(problem)")
  }

  @Test(arguments: [(Language.indonesian, "minta undangan baru"), (.english, "ask for a new one")])
  func `an invitation whose key the centre does not admit counts no more, and is no fault of the line`(
    language: Language, words: String
  ) async throws {
    let thread = try SocketThread.start(name: "centre", logger: Logger(label: "test"))
    let (keys, centre) = (try CurveKeyPair.generate(), CentreLink(thread: thread))
    try await centre.bind(listen: "tcp://127.0.0.1:*", keys: keys)
    let endpoint = try #require(await centre.boundEndpoint)
    let problem = try await problem(at: endpoint, of: keys, language)
    await thread.stop()
    #expect(problem?.exitCode == 77)
    #expect(problem?.description.contains(words) == true, "\(problem?.description ?? "joined")")
    #expect(problem?.description.contains("nodes invite kec-lalabata") == true)
  }
}

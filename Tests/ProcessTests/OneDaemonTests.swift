import API
import Datasets
import Foundation
import Testing

@testable import Diagnostics

/// What must not be run twice, or with half of what it needs.
@Suite(.serialized) struct OneDaemonTests {
  @Test func `a second agent over the same data does not start, and the first goes on`() async throws {
    try await RealFleet.run { fleet in
      let office = try await fleet.open("setda")
      let log = fleet.layout.root + "/second.log"
      let end = try await fleet.processes.run(
        DemoProgram(
          name: "second", path: try RealFleet.program("simpul-agent"),
          arguments: ["run", "--config", fleet.layout.configuration(of: office.name)], logPath: log))
      #expect(end.exitCode == 1)
      let said = try String(contentsOfFile: log, encoding: .utf8)
      #expect(said.contains("data_dir") && said.contains("another process"), "\(said)")
      #expect(try await office.daemon.status().state == "online")
    }
  }

  @Test func `an address that is taken ends the aggregator with 1, so that it is started again`() async throws {
    try await RealFleet.run { fleet in
      let layout = try DemoLayout.make(at: nil, language: .english)
      let text = DemoConfigurations(layout: layout, language: .english)
        .aggregator(agents: RealFleet.agents, port: fleet.port, pagePort: try FreePorts.find(1)[0])
      try layout.write(text, to: layout.centreConfiguration, .english)
      let end = try await fleet.processes.run(
        DemoProgram(
          name: "second", path: try RealFleet.program("simpul-aggregator"),
          arguments: ["run", "--config", layout.centreConfiguration], logPath: layout.centreLog))
      #expect(end.exitCode == 1)
      #expect(try String(contentsOfFile: layout.centreLog, encoding: .utf8).contains("replication.listen"))
      layout.remove()
    }
  }
}

import Datasets
import Foundation
import Settings

/// The settings files of the demo's daemons.
struct DemoConfigurations: Sendable {
  /// Shorter than the defaults, so that a cut link is noticed while somebody looks on.
  private static let heartbeat: Duration = .seconds(3)
  private static let silenceLimit: Duration = .seconds(12)

  private let layout: DemoLayout
  private let language: Language

  init(layout: DemoLayout, language: Language) {
    self.layout = layout
    self.language = language
  }

  /// - Parameters:
  ///   - agents: the directory of the fleet's files.
  ///   - port: where the offices connect.
  ///   - pagePort: of the live page.
  func aggregator(agents: String, port: Int, pagePort: Int) -> String {
    var settings = AggregatorSettings()
    settings.dataDirectory = layout.centreDirectory + "/data"
    settings.adminSocket = layout.centreSocket
    settings.language = language
    settings.replication.listen = Settings.Endpoint(HostPort(host: "127.0.0.1", port: port))
    settings.replication.advertise = [settings.replication.listen]
    settings.replication.silenceLimit = Self.silenceLimit
    settings.http.listen = HostPort(host: "127.0.0.1", port: pagePort)
    settings.datasets.directory = agents + "/datasets"
    settings.fleet.directory = agents
    return settings.effectiveText
  }

  /// - Parameter port: of 127.0.0.1, by which this office reaches the centre; nil for what its invitation
  ///   says.
  func agent(_ node: NodeName, by port: Int? = nil) -> String {
    var settings = AgentSettings(node: node)
    settings.dataDirectory = layout.data(of: node)
    settings.adminSocket = layout.socket(of: node)
    settings.language = language
    settings.spool.directory = layout.spool(of: node)
    settings.buffer.quota = ByteSize(bytes: 500_000_000)
    // The machine's own disk is shared by the whole fleet here.
    settings.buffer.reserve = ByteSize(bytes: 64_000_000)
    settings.replication.heartbeat = Self.heartbeat
    settings.replication.silenceLimit = Self.silenceLimit
    settings.replication.reconnectMax = .seconds(3)
    if let port {
      settings.aggregator.endpoints = [Settings.Endpoint(HostPort(host: "127.0.0.1", port: port))]
    }
    return settings.effectiveText
  }
}

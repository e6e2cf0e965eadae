import Datasets
import Settings

/// What every step of the demo works with.
struct DemoContext: Sendable {
  let settings: DemoSettings
  let layout: DemoLayout
  let fleet: FleetDirectory
  let cast: DemoCast
  let screen: DemoScreen
  let processes: DemoProcesses
  let console: Console

  var language: Language { screen.language }
  var quantity: Quantity { Quantity(language: language) }

  var centre: DemoDaemon {
    DemoDaemon(name: "simpul-aggregator", socketPath: layout.centreSocket, language: language)
  }

  func office(_ node: NodeName) -> DemoDaemon {
    DemoDaemon(name: node.text, socketPath: layout.socket(of: node), language: language)
  }

  /// The program of an office that has joined.
  func agent(of node: NodeName) -> DemoProgram {
    DemoProgram(
      name: "simpul-agent \(node)", path: settings.agentPath,
      arguments: ["run", "--config", layout.configuration(of: node)], logPath: layout.log(of: node))
  }

  /// `3,2 detik`.
  func seconds(_ duration: Duration) -> String {
    let tenths = duration.milliseconds / 100
    let number = "\(quantity.count(tenths / 10))\(language(",", "."))\(tenths % 10)"
    return language("\(number) detik", "\(number) s")
  }

  /// Rows in a second, rounded down.
  func rate(_ count: Int, in duration: Duration) -> Int {
    Int(Double(count) / max(0.001, Double(duration.milliseconds) / 1000))
  }
}

extension Duration {
  /// Rounded down, held at the ends of the range.
  var milliseconds: Int64 { nanoseconds / 1_000_000 }
}

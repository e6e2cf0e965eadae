import Datasets
import Foundation
import Logging
import Settings
import Transport
import Wire

/// Short ways to make things; a name that is not well-formed is a mistake in the test.
enum Fixture {
  static let population = dataset("population")
  static let attendance = dataset("attendance")
  static let clock = ClockReading(
    wall: Timestamp(milliseconds: 1_795_000_000_000), uptimeMilliseconds: 60_000)
  static let village = "73.12.04.1001"

  static let fleetKey = required(FleetKey(version: 1, secret: (0..<32).map { UInt8($0) }), "a fleet key")

  /// One for all tests, as a process has one.
  static let thread = Result { try SocketThread.start(logger: Logger(label: "test")) }

  private static let fleet = Result {
    let agents = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("agents").path
    return try FleetDirectory.load(directory: agents, datasetsDirectory: agents + "/datasets")
  }

  /// What the centre would have sent to a node.
  static func documents(for node: NodeName) throws -> [Document] {
    let fleet = try fleet.get()
    let profile = required(fleet.profile(of: node), "a profile of \(node)")
    return fleet.datasets.map { Document(name: $0.definition.name.text, text: $0.text) }
      + [Document(name: Document.profileName, text: ProfileDocument(profile).text)]
  }

  static func node(_ text: String) -> NodeName { required(NodeName(text), text) }
  static func dataset(_ text: String) -> DatasetName { required(DatasetName(text), text) }
  static func field(_ text: String) -> FieldName { required(FieldName(text), text) }
  static func record(_ text: String) -> RecordID { required(RecordID(text), text) }

  static func dot(_ node: String, _ sequence: UInt64) -> Dot {
    Dot(
      author: Author(node: self.node(node), incarnation: Incarnation(generation: 1, random: 9)),
      sequence: required(Datasets.Sequence(sequence), "a sequence"))
  }

  /// A well-formed NIK of a man born on 2 March 1990, by serial number.
  static func nik(_ serial: Int) -> String { "731204020390" + String(format: "%04d", serial) }

  static func required<Wrapped>(_ value: Wrapped?, _ what: String) -> Wrapped {
    guard let value else { preconditionFailure("\(what) is not well-formed") }
    return value
  }
}

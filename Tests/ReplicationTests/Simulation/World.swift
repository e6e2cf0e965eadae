import Datasets
import Replication
import Wire

/// What the simulated offices and their centre agree on.
enum World {
  static let population = Fixture.residents
  /// A second dataset of the same shape in the first lane.
  static let incident: DatasetDefinition = {
    var definition = Fixture.residents
    definition.name = Fixture.dataset("incident")
    definition.lane = .incident
    return definition
  }()

  static let definitions = [incident, population]
  static let ruleVersion: UInt64 = 1
  static let villages = [Fixture.village, Fixture.otherVillage]
  static let records = (1...6 as ClosedRange<UInt64>).map { RecordID(high: 0, low: $0) }

  static let profiles = [
    Fixture.profile("disdukcapil", role: "dukcapil"),
    Fixture.profile("kec-lalabata", role: "kecamatan", region: Fixture.lalabata),
    Fixture.profile("kec-citta", role: "kecamatan", region: Fixture.citta),
  ]

  static func definition(_ dataset: DatasetName) -> DatasetDefinition {
    Fixture.required(definitions.first { $0.name == dataset }, "the dataset \(dataset)")
  }

  static func read(_ dataset: DatasetName, _ profile: NodeProfile) -> Access {
    Access(rules: definition(dataset).read, profile: profile)
  }

  static func write(_ dataset: DatasetName, _ profile: NodeProfile) -> Access {
    Access(rules: definition(dataset).write, profile: profile)
  }

  /// Stands for compression; the machines do not look inside.
  static func packed(_ bytes: [UInt8]) -> CompressedBytes {
    CompressedBytes(rawCount: bytes.count, bytes: bytes)
  }
}

/// A record of a dataset.
struct RecordKey: Hashable, Comparable {
  let dataset: DatasetName
  let record: RecordID

  static func < (left: RecordKey, right: RecordKey) -> Bool {
    (left.dataset, left.record) < (right.dataset, right.record)
  }
}

import Datasets

/// What the demo did and measured.
struct DemoReport: Sendable, Encodable, Equatable {
  struct Step: Sendable, Encodable, Equatable {
    var name: String
    var seconds: Double
  }

  /// A number with its unit, and how a person reads it.
  struct Measure: Sendable, Equatable {
    /// Its key in the JSON document; the unit comes last.
    var key: String
    var title: BilingualText
    var value: Double
    var text: String
  }

  var seed: UInt64
  var residents: Int
  var offices: Int
  var page: String
  var directory: String
  private(set) var steps: [Step] = []
  private(set) var measures: [Measure] = []

  init(seed: UInt64, residents: Int, offices: Int, page: String, directory: String) {
    self.seed = seed
    self.residents = residents
    self.offices = offices
    self.page = page
    self.directory = directory
  }

  mutating func add(step: String, _ duration: Duration) {
    steps.append(Step(name: step, seconds: Double(duration.milliseconds) / 1000))
  }

  mutating func add(_ key: String, _ title: BilingualText, _ value: Double, _ text: String) {
    measures.append(Measure(key: key, title: title, value: value, text: text))
  }

  func table(_ language: Language) -> TextTable {
    TextTable(pairs: measures.map { ($0.title(language), TextTable.Cell($0.text)) })
  }

  private enum CodingKeys: String, CodingKey {
    case seed, residents, offices, page, directory, steps, measures
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(seed, forKey: .seed)
    try container.encode(residents, forKey: .residents)
    try container.encode(offices, forKey: .offices)
    try container.encode(page, forKey: .page)
    try container.encode(directory, forKey: .directory)
    try container.encode(steps, forKey: .steps)
    let values = Dictionary(measures.map { ($0.key, $0.value) }) { first, _ in first }
    try container.encode(values, forKey: .measures)
  }
}

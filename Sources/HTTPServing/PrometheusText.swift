/// Metrics in the Prometheus text exposition format 0.0.4, in an order that does not change from scrape to
/// scrape.
///
/// https://prometheus.io/docs/instrumenting/exposition_formats/
package struct PrometheusText: Sendable {
  /// What the answer to a scrape says that it is.
  package static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

  package enum Kind: String, Sendable {
    /// Only rises; its name ends in `_total`.
    case counter
    case gauge
  }

  package struct Sample: Sendable {
    let labels: [(name: String, value: String)]
    let value: String

    package init(_ labels: [(name: String, value: String)] = [], _ value: some BinaryInteger) {
      self.labels = labels
      self.value = String(value)
    }

    package init(_ labels: [(name: String, value: String)] = [], _ value: Double) {
      self.labels = labels
      self.value = value.isNaN ? "NaN" : value.isInfinite ? (value < 0 ? "-Inf" : "+Inf") : "\(value)"
    }
  }

  private var families: [(name: String, text: String)] = []

  package init() {}

  /// Adds a family with all its samples. A family without samples is left out.
  ///
  /// - Parameters:
  ///   - name: unique, in base units: bytes, seconds.
  ///   - help: one English sentence.
  package mutating func add(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
    precondition(!families.contains { $0.name == name }, "\(name) is there already")
    if samples.isEmpty { return }
    var text = "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n"
    for line in samples.map({ Self.line(name, $0) }).sorted() { text += line }
    families.append((name, text))
  }

  package mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: some BinaryInteger) {
    add(name, kind, help, [Sample([], value)])
  }

  package mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
    add(name, kind, help, [Sample([], value)])
  }

  /// Families sorted by name.
  package var text: String { families.sorted { $0.name < $1.name }.map(\.text).joined() }

  private static func line(_ name: String, _ sample: Sample) -> String {
    if sample.labels.isEmpty { return "\(name) \(sample.value)\n" }
    let labels = sample.labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }.joined(
      separator: ",")
    return "\(name){\(labels)} \(sample.value)\n"
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var output = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": output += "\\\\"
      case "\n": output += "\\n"
      case "\"" where quotes: output += "\\\""
      default: output.unicodeScalars.append(scalar)
      }
    }
    return output
  }
}

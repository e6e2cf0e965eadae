import Datasets
import Foundation
import Replication
import Testing
import Wire

/// The cases of an independent model, through the very code of the daemons.
///
/// `SIMPUL_MERGE_VECTORS` names another file in the same form.
@Suite struct MergeVectorTests {
  struct Vector: Decodable, Sendable, CustomTestStringConvertible {
    struct Operation: Decodable, Sendable {
      let node: String
      let incarnation: UInt64
      let counter: UInt64
      let value: VectorValue
      let saw: [String: UInt64]
      let time: Int64
      let suspect: Bool
    }

    struct Expectation: Decodable, Sendable {
      let siblings: [String]
      let shown: VectorValue
      let state: String
    }

    let name: String
    let policy: String
    let authority: [String]
    let order: [String]?
    let ops: [Operation]
    let expect: Expectation

    var testDescription: String { name }
  }

  /// A text, or a list of texts.
  enum VectorValue: Decodable, Sendable {
    case text(String)
    case list([String])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let text = try? container.decode(String.self) {
        self = .text(text)
      } else {
        self = .list(try container.decode([String].self))
      }
    }

    var value: Value {
      switch self {
      case .text(let text): .text(text)
      case .list(let elements): .list(of: elements)
      }
    }
  }

  /// One operation as the code takes it.
  private struct Step {
    let sibling: Sibling
    let saw: Context
  }

  static func vectors() throws -> [Vector] {
    let replacement = ProcessInfo.processInfo.environment["SIMPUL_MERGE_VECTORS"].map(
      URL.init(fileURLWithPath:))
    let bundled = Bundle.module.url(forResource: "merge_vectors", withExtension: "json")
    let file = try #require(replacement ?? bundled, "the vectors are not in the test's resources")
    return try JSONDecoder().decode([Vector].self, from: Data(contentsOf: file))
  }

  @Test func `the vectors are all there`() throws {
    let vectors = try Self.vectors()
    #expect(vectors.count >= 1)
    if ProcessInfo.processInfo.environment["SIMPUL_MERGE_VECTORS"] == nil { #expect(vectors.count == 138) }
  }

  @Test(arguments: try Self.vectors())
  func `any order and any repetition ends as the model says`(vector: Vector) throws {
    let steps = try steps(of: vector)
    var random = SplitMix64(seed: 1)
    for round in 0..<60 {
      var order = steps + steps.filter { _ in random.flag() }
      if round > 0 { order.shuffle(using: &random) }
      var field = FieldState.empty
      var record = RecordState.empty
      for step in order {
        field.apply(step.sibling, saw: step.saw)
        record.apply(
          Fixture.change([(Fixture.nama, step.sibling.value, step.saw)]), dot: step.sibling.dot,
          time: step.sibling.time, isSuspect: step.sibling.isSuspect)
      }
      try check(field, vector)
      #expect(record[Fixture.nama] == field)
    }
  }

  @Test(arguments: try Self.vectors())
  func `the join of what two stores saw is what one would have seen`(vector: Vector) throws {
    let steps = try steps(of: vector)
    var random = SplitMix64(seed: 2)
    for _ in 0..<40 {
      var left = FieldState.empty
      var right = FieldState.empty
      for step in steps.shuffled(using: &random) {
        let side = random.below(3)
        if side != 0 { left.apply(step.sibling, saw: step.saw) }
        if side != 1 { right.apply(step.sibling, saw: step.saw) }
      }
      let joined = left.merged(with: right)
      try check(joined, vector)
      #expect(joined == right.merged(with: left))
      #expect(joined.merged(with: left) == joined)
    }
  }

  private func steps(of vector: Vector) throws -> [Step] {
    try vector.ops.map { operation in
      let node = try #require(NodeName(operation.node))
      let author = Author(node: node, incarnation: Incarnation(generation: operation.incarnation, random: 0))
      let saw = try operation.saw.map { key, counter in
        Context.Entry(author: try self.author(key), counter: Fixture.sequence(counter))
      }
      let dot = Dot(author: author, sequence: Fixture.sequence(operation.counter))
      let sibling = Sibling(
        dot: dot, value: operation.value.value, time: Timestamp(milliseconds: operation.time),
        isSuspect: operation.suspect)
      return Step(sibling: sibling, saw: Context(saw))
    }
  }

  /// Reads `node/generation`.
  private func author(_ text: String) throws -> Author {
    let parts = text.split(separator: "/")
    try #require(parts.count == 2)
    return Author(
      node: try #require(NodeName(String(parts[0]))),
      incarnation: Incarnation(generation: try #require(UInt64(parts[1])), random: 0))
  }

  private func check(_ state: FieldState, _ vector: Vector) throws {
    let rule = try rule(of: vector)
    let dots = state.siblings.map(\.dot).map { dot in
      "\(dot.author.node)/\(dot.author.incarnation.generation):\(dot.sequence)"
    }
    #expect(dots.sorted() == vector.expect.siblings.sorted())
    #expect(state.shown(by: rule) == vector.expect.shown.value)
    #expect(state.conflict(by: rule).rawValue == vector.expect.state)
    if state.siblings.count == 1 || vector.policy != "union" {
      #expect(state.best(by: rule)?.value == vector.expect.shown.value)
    }
  }

  private func rule(of vector: Vector) throws -> FieldRule {
    let policies: [String: MergePolicy] = [
      "authority": .authority, "latest": .latest, "review": .review, "union": .union,
      "monotone": .monotone(order: vector.order ?? []),
    ]
    return FieldRule(
      policy: try #require(policies[vector.policy]), authority: vector.authority.compactMap(NodeName.init))
  }
}

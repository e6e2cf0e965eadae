import Datasets
import Foundation
import FuzzTargets
import Testing

/// What must hold of every decoder for any bytes, briefly; `script/fuzz` looks for longer.
@Suite struct FuzzingTests {
  private static let corpus = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fuzzing/corpus")

  private static func inputs(_ target: FuzzTarget, named prefix: String = "") throws -> [[UInt8]] {
    let folder = corpus.appendingPathComponent(target.name)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    return try names.filter { $0.hasPrefix(prefix) }.map {
      Array(try Data(contentsOf: folder.appendingPathComponent($0)))
    }
  }

  @Test(arguments: FuzzTarget.all.indices)
  func `every kept input is decoded or refused, and means the same when it is written again`(index: Int) throws {
    let target = FuzzTarget.all[index]
    let inputs = try Self.inputs(target)
    var accepted = 0
    for input in inputs where try target.run(input) { accepted += 1 }
    #expect(accepted > 0 && inputs.count > 5, "\(target.name): \(accepted) of \(inputs.count) are accepted")
  }

  /// Without them a search by mutation begins with stumps, and seldom comes further.
  @Test(arguments: ["node-message", "centre-message", "entry", "feed-records", "record-state"])
  func `the seeds of what comes over the line are whole messages`(name: String) throws {
    let target = try #require(FuzzTarget.all.first { $0.name == name })
    let seeds = try Self.inputs(target, named: "seed-")
    for (index, seed) in seeds.enumerated() { #expect(try target.run(seed), "seed \(index)") }
    #expect(seeds.count > 5 && seeds.contains { $0.count > 100 }, "\(seeds.map(\.count))")
  }

  @Test(arguments: FuzzTarget.all.indices)
  func `inputs that are nearly right never trap`(index: Int) throws {
    let target = FuzzTarget.all[index]
    let inputs = try Self.inputs(target)
    var random = SplitMix64(seed: 411 + UInt64(index))
    for _ in 0..<300 {
      guard var bytes = inputs.randomElement(using: &random) else { return }
      for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0...3, using: &random) {
        case 0: bytes[place] = .random(in: .min ... .max, using: &random)
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(bytes[place], at: place)
        default: bytes.removeSubrange(place...)
        }
      }
      _ = try target.run(bytes)
    }
  }
}

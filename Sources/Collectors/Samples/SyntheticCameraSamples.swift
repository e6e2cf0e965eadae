package import Datasets

/// Measures of cameras that do not exist, as NDJSON: mostly well, sometimes away for a while.
///
/// The same seed and settings give the same bytes.
package struct SyntheticCameraSamples: ByteSource {
  private let cameras: [String]
  private let intervalSeconds: Int
  private var random: SplitMix64
  private var time: Timestamp
  private var roundsLeft: Int
  /// For each camera how many more rounds it stays in its present trouble.
  private var troubles: [(verdict: String, rounds: Int)]

  /// - Parameters:
  ///   - cameras: ids without quotation marks.
  ///   - rounds: measures of each camera, `intervalSeconds` apart from `start`.
  package init(seed: UInt64, cameras: [String], start: Timestamp, intervalSeconds: Int = 60, rounds: Int) {
    self.cameras = cameras
    self.intervalSeconds = max(1, intervalSeconds)
    random = SplitMix64(seed: seed)
    time = start
    roundsLeft = cameras.isEmpty ? 0 : max(0, rounds)
    troubles = cameras.map { _ in ("ok", 0) }
  }

  package static func write(
    seed: UInt64, cameras: [String], start: Timestamp, intervalSeconds: Int = 60, rounds: Int, to path: String
  ) throws {
    var samples = SyntheticCameraSamples(
      seed: seed, cameras: cameras, start: start, intervalSeconds: intervalSeconds, rounds: rounds)
    try samples.write(to: path)
  }

  /// One round over all cameras; nil after the last.
  package mutating func next() -> [UInt8]? {
    guard roundsLeft > 0 else { return nil }
    roundsLeft -= 1
    var output: [UInt8] = []
    for index in cameras.indices { output += sample(index).utf8 }
    time = time.advanced(byMilliseconds: Int64(intervalSeconds) * 1000)
    return output
  }

  private mutating func sample(_ index: Int) -> String {
    if troubles[index].rounds > 0 {
      troubles[index].rounds -= 1
    } else {
      troubles[index] = ("ok", 0)
      if random.chance(2) {
        troubles[index] = (
          random.pick(["degraded", "unreachable", "stalled", "dark"]), random.number(2...30)
        )
      }
    }
    let instant = ZonedInstant(timestamp: time, offsetMinutes: ZonedInstant.witaOffsetMinutes)
    let verdict = troubles[index].verdict
    var line = "{\"camera\":\"\(cameras[index])\",\"time\":\"\(instant)\",\"verdict\":\"\(verdict)\""
    if verdict != "unreachable" {
      let fps =
        verdict == "stalled" ? 0 : verdict == "degraded" ? random.number(3...9) : random.number(12...15)
      let loss = verdict == "degraded" ? random.number(20...90) : random.number(0...4)
      line += ",\"fps\":\(fps),\"bitrate_bps\":\(fps * random.number(28_000...36_000))"
      line += ",\"loss_ratio\":0.\(loss < 10 ? "00" : "0")\(loss),\"connect_ms\":\(random.number(4...40))"
    }
    return line + "}\n"
  }
}

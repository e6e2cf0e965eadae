import Datasets
import GRDB
import Replication
import Storage
package import Wire

extension NodeStore {
  /// Takes in a measurement of the centre's clock; entries recorded near it are sealed by it.
  ///
  /// Only one every ten minutes, or one that differs, costs a write.
  /// - Parameters:
  ///   - offsetMilliseconds: centre minus node.
  ///   - reading: the node's clocks at the measurement.
  package func recordClockSample(
    offsetMilliseconds: Int64, roundTripMilliseconds: UInt64, at reading: ClockReading
  ) async throws {
    try await write { transaction in
      try transaction.take(
        ClockSample(
          boot: transaction.context.boot, uptimeMilliseconds: reading.uptimeMilliseconds, wall: reading.wall,
          offsetMilliseconds: offsetMilliseconds, roundTripMilliseconds: roundTripMilliseconds))
    }
  }
}

extension NodeStore {
  /// Why an entry that was recorded now and sealed by what has been measured so far would be marked suspect.
  package func clockSuspicion(now: ClockReading) async throws -> Seal.Suspicion {
    let stamp = EntryStamp(now, boot: boot)
    return try await read { database in
      var chooser = SealChooser(try ClockSample.loadAll(database))
      return chooser.basis(for: stamp).seal(stamp).suspicion
    }
  }

  /// The last measurement of the centre's clock since this machine started, of those that were worth a row: centre
  /// minus node, and the node's clocks then. Nil where there is none.
  package func lastClockMeasurement() async throws -> (offsetMilliseconds: Int64, reading: ClockReading)? {
    let boot = boot
    return try await read { database in
      try ClockSample.loadAll(database).last { $0.boot == boot }.map {
        (
          offsetMilliseconds: $0.offsetMilliseconds,
          reading: ClockReading(wall: $0.wall, uptimeMilliseconds: $0.uptimeMilliseconds)
        )
      }
    }
  }
}

extension WriteTransaction {
  mutating func take(_ sample: ClockSample) throws {
    let stored = cache.samples.last { $0.isStored && $0.boot == sample.boot }
    cache.samples.removeAll {
      !$0.isStored || ($0.boot, $0.uptimeMilliseconds) == (sample.boot, sample.uptimeMilliseconds)
    }
    var sample = sample
    sample.isStored = stored.map { sample.isNews(after: $0) } ?? true
    cache.samples.append(sample)
    guard sample.isStored else { return }
    try database.execute(
      sql: """
        INSERT OR REPLACE INTO _clock_sample (boot, uptime_ms, wall_ms, offset_ms, round_trip_ms)
        VALUES (?, ?, ?, ?, ?)
        """,
      arguments: [
        Int64(bitPattern: sample.boot), Int64(bitPattern: sample.uptimeMilliseconds),
        sample.wall.milliseconds,
        sample.offsetMilliseconds, Int64(bitPattern: sample.roundTripMilliseconds),
      ])
    guard cache.samples.count > ClockSample.keptMax else { return }
    let oldest = cache.samples.removeFirst()
    try database.execute(
      sql: "DELETE FROM _clock_sample WHERE boot = ? AND uptime_ms = ?",
      arguments: [Int64(bitPattern: oldest.boot), Int64(bitPattern: oldest.uptimeMilliseconds)])
  }
}

extension ClockSample {
  fileprivate func isNews(after other: ClockSample) -> Bool {
    if uptimeMilliseconds < other.uptimeMilliseconds { return true }
    let elapsed = uptimeMilliseconds - other.uptimeMilliseconds
    if elapsed >= Self.spacingMilliseconds { return true }
    let (change, overflow) = offsetMilliseconds.subtractingReportingOverflow(other.offsetMilliseconds)
    if overflow || change.magnitude > UInt64(Self.differenceMilliseconds) { return true }
    return wall.millisecondsSince(other.wall).subtractingReportingOverflow(Int64(clamping: elapsed))
      .partialValue
      .magnitude > SealBasis.stepLimitMilliseconds
  }
}

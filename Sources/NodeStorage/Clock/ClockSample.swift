import Datasets
import GRDB
import Storage
import Wire

/// A measurement of the centre's clock against this node's.
struct ClockSample: Sendable, Equatable {
  let boot: UInt64
  let uptimeMilliseconds: UInt64
  let wall: Timestamp
  /// Centre minus node.
  let offsetMilliseconds: Int64
  let roundTripMilliseconds: UInt64
  /// Whether it has a row; the newest may live in memory alone.
  var isStored = true

  static let keptMax = 512
  /// A measurement so soon after the last that says the same is not worth a row.
  static let spacingMilliseconds: UInt64 = 600_000
  static let differenceMilliseconds: Int64 = 500

  static func loadAll(_ database: Database) throws -> [ClockSample] {
    let rows = try RawStatement(
      database,
      "SELECT boot, uptime_ms, wall_ms, offset_ms, round_trip_ms FROM _clock_sample ORDER BY boot, uptime_ms")
    var samples: [ClockSample] = []
    while try rows.step() {
      samples.append(
        ClockSample(
          boot: UInt64(bitPattern: rows.integer(0)), uptimeMilliseconds: UInt64(bitPattern: rows.integer(1)),
          wall: Timestamp(milliseconds: rows.integer(2)), offsetMilliseconds: rows.integer(3),
          roundTripMilliseconds: UInt64(bitPattern: rows.integer(4))))
    }
    return samples
  }
}

/// When an entry was recorded, by both clocks.
struct EntryStamp: Sendable, Equatable {
  let boot: UInt64
  let uptimeMilliseconds: UInt64
  let wall: Timestamp

  init(boot: UInt64, uptimeMilliseconds: UInt64, wall: Timestamp) {
    self.boot = boot
    self.uptimeMilliseconds = uptimeMilliseconds
    self.wall = wall
  }

  init(_ reading: ClockReading, boot: UInt64) {
    self.init(boot: boot, uptimeMilliseconds: reading.uptimeMilliseconds, wall: reading.wall)
  }
}

/// What an entry's time is sealed by: one measurement, kept with the range of entries that it sealed.
struct SealBasis: Sendable, Equatable {
  let offsetMilliseconds: Int64
  /// 0 when nothing had been measured in the entry's boot; the offset is then the last of an earlier one.
  let boot: UInt64
  let uptimeMilliseconds: UInt64
  let wall: Timestamp

  static let stepLimitMilliseconds: UInt64 = 2_000
  static let ageLimitMilliseconds: UInt64 = 86_400_000

  /// The seal of an entry: a pure function of its stamp and this.
  func seal(_ stamp: EntryStamp) -> Seal {
    Seal(
      effective: stamp.wall.advanced(byMilliseconds: offsetMilliseconds), suspicion: suspicion(of: stamp),
      wall: stamp.wall, boot: stamp.boot, uptimeMilliseconds: stamp.uptimeMilliseconds)
  }

  private func suspicion(of stamp: EntryStamp) -> Seal.Suspicion {
    guard boot != 0, boot == stamp.boot else { return .notMeasured }
    var suspicion: Seal.Suspicion = []
    let elapsed = Int64(clamping: stamp.uptimeMilliseconds)
      .subtractingReportingOverflow(Int64(clamping: uptimeMilliseconds)).partialValue
    let (drift, overflow) = stamp.wall.millisecondsSince(wall).subtractingReportingOverflow(elapsed)
    if overflow || drift.magnitude > Self.stepLimitMilliseconds { suspicion.insert(.stepped) }
    if elapsed.magnitude > Self.ageLimitMilliseconds { suspicion.insert(.measurementOld) }
    return suspicion
  }
}

/// Finds the measurement nearest to an entry; fast for entries that follow one another.
struct SealChooser: Sendable {
  /// Sorted by boot and uptime.
  private let samples: [ClockSample]
  private var current: (boot: UInt64, uptimes: ClosedRange<UInt64>, basis: SealBasis)?

  init(_ samples: [ClockSample]) {
    self.samples = samples.sorted { ($0.boot, $0.uptimeMilliseconds) < ($1.boot, $1.uptimeMilliseconds) }
  }

  mutating func basis(for stamp: EntryStamp) -> SealBasis {
    if let current, current.boot == stamp.boot, current.uptimes.contains(stamp.uptimeMilliseconds) {
      return current.basis
    }
    let (uptimes, basis) = choose(stamp)
    current = (stamp.boot, uptimes, basis)
    return basis
  }

  private func choose(_ stamp: EntryStamp) -> (ClosedRange<UInt64>, SealBasis) {
    let uptime = stamp.uptimeMilliseconds
    let own = samples.filter { $0.boot == stamp.boot }
    func distance(_ index: Int) -> UInt64 {
      let other = own[index].uptimeMilliseconds
      return other > uptime ? other - uptime : uptime - other
    }
    guard let index = own.indices.min(by: { distance($0) < distance($1) }) else {
      let earlier = samples.last { $0.boot < stamp.boot } ?? samples.first
      let basis = SealBasis(
        offsetMilliseconds: earlier?.offsetMilliseconds ?? 0, boot: 0, uptimeMilliseconds: 0,
        wall: Timestamp(milliseconds: 0))
      return (0...UInt64.max, basis)
    }
    let sample = own[index]
    // Valid up to half the way to the neighbours; entries right in the middle are chosen one by one.
    let low = index == 0 ? 0 : own[index - 1].uptimeMilliseconds.middle(sample.uptimeMilliseconds) + 1
    let high =
      index == own.count - 1
      ? UInt64.max : sample.uptimeMilliseconds.middle(own[index + 1].uptimeMilliseconds)
    let basis = SealBasis(
      offsetMilliseconds: sample.offsetMilliseconds, boot: sample.boot,
      uptimeMilliseconds: sample.uptimeMilliseconds, wall: sample.wall)
    return (low < high && (low..<high).contains(uptime) ? low...high - 1 : uptime...uptime, basis)
  }
}

extension UInt64 {
  /// Halfway to a number that is not less.
  fileprivate func middle(_ high: UInt64) -> UInt64 { self + (high &- self) / 2 }
}

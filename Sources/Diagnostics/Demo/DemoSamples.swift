import Collectors
import Datasets
import Dispatch
import Foundation

/// The input of the demo: residents, punches and camera samples of nobody, the same for the same seed and
/// day.
struct DemoSamples: Sendable {
  /// Two working weeks.
  private static let attendanceDays = 14
  private static let staff = 24
  /// Two hours of four cameras.
  private static let cameraRounds = 120

  let settings: DemoSettings
  let layout: DemoLayout
  let cast: DemoCast
  let now: Timestamp

  /// A SIAK export of all residents.
  var residentsPath: String { layout.samplesDirectory + "/penduduk.csv" }

  /// Writes the export, on a thread of its own: it keeps a processor busy for a while.
  func writeResidents() async throws {
    let regions = cast.villages.map {
      SampleRegion(code: $0.code, name: $0.name, districtName: $0.districtName)
    }
    let (count, seed, path) = (settings.residents, settings.seed, residentsPath)
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      DispatchQueue.global().async {
        continuation.resume(
          with: Result { try SyntheticResidents.write(count: count, seed: seed, regions: regions, to: path) })
      }
    }
  }

  /// The serial number of the terminal at the office of this place in the cast.
  func device(_ index: Int) -> String { "CKJF2024\(1000 + index)" }

  /// Writes the export of one office's terminal and returns its path.
  func writeAttendance(_ index: Int) throws -> String {
    let today = ZonedInstant(timestamp: now, offsetMinutes: ZonedInstant.witaOffsetMinutes).local.date
    return try SyntheticAttlog.write(
      device: device(index), seed: settings.seed &+ UInt64(index) &+ 1,
      pins: (1...Self.staff).map { String(index * 100 + $0) },
      firstDay: CalendarDate(daysSinceEpoch: today.daysSinceEpoch - Int64(Self.attendanceDays)),
      days: Self.attendanceDays, toDirectory: layout.samplesDirectory)
  }

  /// The samples of one office's cameras as NDJSON, and how many they are.
  func cameraSamples(_ index: Int) -> (bytes: [UInt8], count: Int) {
    let cameras = (1...4).map { "\(cast.withCameras[index])-\($0)" }
    let start = now.advanced(byMilliseconds: -Int64(Self.cameraRounds) * 60_000)
    var samples = SyntheticCameraSamples(
      seed: settings.seed &+ UInt64(index) &+ 101, cameras: cameras, start: start, rounds: Self.cameraRounds)
    var bytes: [UInt8] = []
    while let round = samples.next() { bytes += round }
    return (bytes, cameras.count * Self.cameraRounds)
  }
}

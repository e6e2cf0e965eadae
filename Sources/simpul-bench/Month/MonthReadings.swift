import Foundation
import GRDB

/// What every daemon of a month held at the end of each day.
struct MonthReadings {
  enum Measure: CaseIterable {
    case memory
    case descriptors
    case wal
    case store
  }

  /// A daemon whose open files grow by more than this in a day, on most days, keeps what it should close.
  private static let descriptorGrowthMax = 0.1

  private let dayCount: Int
  private let programs: BenchPrograms
  /// In the order in which they are told.
  private var names: [String] = []
  private var series: [String: [Measure: MonthSeries]] = [:]
  private var rows: MonthSeries

  init(dayCount: Int, programs: BenchPrograms) {
    self.dayCount = dayCount
    self.programs = programs
    rows = MonthSeries(dayCount: dayCount)
  }

  /// Reads all daemons, which have nothing left to do.
  ///
  /// - Parameter recorded: rows that were recorded since the beginning.
  mutating func read(_ fleet: MonthFleet, day: Int, recorded: Int) throws {
    for daemon in fleet.daemons {
      if series[daemon.name] == nil { names.append(daemon.name) }
      for measure in Measure.allCases {
        let reading = MonthSeries.Reading(
          day: day, age: day - daemon.startedOn, value: try value(of: measure, daemon))
        series[daemon.name, default: [:]][measure, default: MonthSeries(dayCount: dayCount)].add(reading)
      }
    }
    rows.add(MonthSeries.Reading(day: day, age: day, value: Double(recorded)))
  }

  private func value(of measure: Measure, _ daemon: MonthFleet.Daemon) throws -> Double {
    switch measure {
    case .memory: return Double(try programs.proportionalKiB(daemon.process)) / 1024
    case .descriptors: return Double(try programs.descriptorCount(daemon.process))
    case .wal:
      let facts = try FileManager.default.attributesOfItem(atPath: daemon.storePath + "-wal")
      return ((facts[.size] as? NSNumber)?.doubleValue ?? 0) / 1e6
    case .store: return try Self.storeBytes(daemon.storePath) / 1e6
    }
  }

  /// The store as its last transaction left it, whether the file has that already or the WAL still.
  private static func storeBytes(_ path: String) throws -> Double {
    var configuration = Configuration()
    configuration.readonly = true
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    defer { try? queue.close() }
    return try queue.read { database in
      let pages = try Double.fetchOne(database, sql: "SELECT page_count FROM pragma_page_count") ?? 0
      return pages * (try Double.fetchOne(database, sql: "SELECT page_size FROM pragma_page_size") ?? 0)
    }
  }

  // MARK: Telling

  static let heading = "day       daemon           memory MiB   open files     WAL MB   store MB"

  /// The last day's readings, a line for each daemon.
  var lines: [String] {
    names.map { name in
      let values = Measure.allCases.map { series[name]?[$0]?.readings.last?.value ?? 0 }
      let day = String(format: "%3d", rows.readings.last?.day ?? 0)
      return "\(day)       \(name.padding(toLength: 14, withPad: " ", startingAt: 0))"
        + String(format: "%13.1f %12.0f %10.2f %10.2f", values[0], values[1], values[2], values[3])
    }
  }

  /// Prints what became of everything, the last third of the days over the third before.
  func tell() {
    for name in names {
      for (measure, words) in [
        (Measure.memory, "memory"), (.descriptors, "open files"), (.wal, "WAL"), (.store, "store"),
      ] {
        guard let series = series[name]?[measure] else { continue }
        // Files outlive a restart; what a process holds does not.
        let isOfProcess = measure == .memory || measure == .descriptors
        if let ratio = isOfProcess ? series.ratioAtSameAge ?? series.ratio : series.ratio {
          let note =
            switch measure {
            case .wal: "ratio (it fills up to 8,000 pages, 33 MB, and is then written over)"
            case .store where name == names.first: "ratio (it keeps everything)"
            case .memory, .descriptors, .store: "ratio (goal 1.1)"
            }
          report("\(name): \(words)", ratio, note)
        }
        if isOfProcess, let growth = series.growthPerDay {
          report("\(name): \(words), growth of a run in a day", growth, measure == .memory ? "MiB" : "files")
        }
      }
    }
    guard let centre = names.first, let store = series[centre]?[.store] else { return }
    let third = dayCount / 3
    let spans = [(third, 2 * third), (2 * third, dayCount)].compactMap {
      first, last -> (bytes: Double, rows: Double)? in
      guard let bytes = store.increase(after: first, through: last),
        let count = rows.increase(after: first, through: last), count > 0
      else { return nil }
      return (bytes * 1e6, count)
    }
    guard spans.count == 2 else { return }
    report("\(centre): its store grows in a day by", spans[1].bytes / Double(third) / 1000, "kB")
    report("\(centre): that for each row recorded", spans[1].bytes / spans[1].rows, "bytes")
    report(
      "\(centre): growth for each row, last third / before",
      spans[1].bytes / spans[1].rows / (spans[0].bytes / spans[0].rows), "ratio (goal 1.0)")
  }

  /// Daemons whose open files grow while they run, as a sentence; nil where there are none.
  var leak: String? {
    let leaking = names.compactMap { name -> String? in
      guard let growth = series[name]?[.descriptors]?.growthPerDay, growth > Self.descriptorGrowthMax else {
        return nil
      }
      return "\(name) by \(growth) a day"
    }
    return leaking.isEmpty ? nil : "open files grow: " + leaking.joined(separator: ", ")
  }
}

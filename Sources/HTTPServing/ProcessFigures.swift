package import Datasets
import Foundation

/// What the kernel says of this process (proc(5)).
package struct ProcessFigures: Sendable {
  package let residentBytes: UInt64?
  package let openFiles: Int?

  /// Reads them now.
  package init() {
    let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?
      .split(separator: " ").dropFirst().first.flatMap { UInt64($0) }
    residentBytes = pages.map { $0 * UInt64(max(0, sysconf(Int32(_SC_PAGESIZE)))) }
    // The descriptor that reads the directory is among them.
    openFiles = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")).map {
      max(0, $0.count - 1)
    }
  }
}

extension PrometheusText {
  /// The families that every Prometheus client has of its process.
  package mutating func add(_ process: ProcessFigures, startedAt: Timestamp) {
    add(
      "process_start_time_seconds", .gauge, "Start time of the process since unix epoch in seconds.",
      Double(startedAt.milliseconds) / 1000)
    if let bytes = process.residentBytes {
      add("process_resident_memory_bytes", .gauge, "Resident memory size in bytes.", bytes)
    }
    if let count = process.openFiles {
      add("process_open_fds", .gauge, "Number of open file descriptors.", count)
    }
  }
}

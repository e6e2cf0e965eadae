package import Datasets
import Foundation
package import Replication
package import Wire

/// The clocks of this machine: the only place where the daemons ask for the time.
package enum MachineClock {
  /// Wall clock and time since boot (CLOCK_BOOTTIME, which also counts suspension; clock_gettime(2)).
  package static func reading() -> ClockReading {
    ClockReading(wall: wall(), uptimeMilliseconds: monotonic().milliseconds)
  }

  package static func wall() -> Timestamp {
    Timestamp(milliseconds: Int64(milliseconds(CLOCK_REALTIME)))
  }

  /// The clock that machines are told; the same as `reading().uptimeMilliseconds`.
  package static func monotonic() -> MonotonicTime {
    MonotonicTime(milliseconds: milliseconds(CLOCK_BOOTTIME))
  }

  private static func milliseconds(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    // Both clocks exist on every Linux since 2.6.39; zero would only mean a suspect time.
    guard clock_gettime(clock, &time) == 0, time.tv_sec >= 0 else { return 0 }
    return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
  }
}

/// Facts of this machine that services need.
package enum MachineFacts {
  /// The kernel's random id of this start of the machine (random(4)).
  package static func bootID() -> String {
    let text = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
    return text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? "unknown"
  }

  /// What this machine calls itself (gethostname(2)).
  package static func hostName() -> String {
    var bytes = [CChar](repeating: 0, count: 256)
    guard gethostname(&bytes, bytes.count - 1) == 0 else { return "localhost" }
    let name = String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return name.isEmpty ? "localhost" : name
  }

  /// Bytes free for this user on the file system of `path`; 0 when it cannot be told.
  package static func freeBytes(at path: String) -> UInt64 {
    var facts = statvfs()
    guard statvfs(path, &facts) == 0 else { return 0 }
    return UInt64(facts.f_bavail) * UInt64(facts.f_frsize)
  }

  /// 64 bits from the system's generator.
  package static func random64() -> UInt64 {
    var generator = SystemRandomNumberGenerator()
    return generator.next()
  }

  /// Bytes from the system's generator, fit for keys.
  package static func randomBytes(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }
}

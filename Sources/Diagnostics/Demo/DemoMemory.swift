import Foundation

/// The memory of running programs.
enum DemoMemory {
  /// The sum of the programs' proportional set sizes (smaps_rollup, proc(5)): what is shared counts once.
  static func proportionalBytes(of processIDs: [Int32]) -> UInt64 {
    processIDs.reduce(0) { $0 + proportionalBytes(of: $1) }
  }

  private static func proportionalBytes(of processID: Int32) -> UInt64 {
    guard let text = try? String(contentsOfFile: "/proc/\(processID)/smaps_rollup", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("Pss:") }),
      let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ UInt64($0) })
    else { return 0 }
    return kilobytes * 1024
  }
}

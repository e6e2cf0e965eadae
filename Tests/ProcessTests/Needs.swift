import Foundation
import TestSupport
import Testing

/// What a test needs of the machine beyond what every test has: root, its rights, programs, and devices.
struct Needs: Sendable {
  let programs: [String]
  var devices: [String] = []

  /// What this machine lacks of it, in words; empty when the test can run.
  var lacking: [String] {
    var lacking: [String] = []
    if geteuid() != 0 { lacking.append("root") }
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let directories = path.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin"]
    for program in programs
    where !directories.contains(where: { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }) {
      lacking.append(program)
    }
    lacking += devices.filter { !FileManager.default.fileExists(atPath: $0) }
    if lacking.isEmpty, !mayMakeNamespaces { lacking.append("the right to make namespaces (CAP_SYS_ADMIN)") }
    return lacking
  }

  private var mayMakeNamespaces: Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["unshare", "--mount", "--net", "--pid", "--fork", "true"]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }

  /// - Throws: what is lacking, where everything is required.
  func require() throws {
    let lacking = lacking
    guard lacking.isEmpty else {
      throw TestFailure(
        "this machine lacks \(lacking.joined(separator: ", ")); script/bootstrap test installs packages")
    }
  }
}

extension Trait where Self == ConditionTrait {
  /// Counts the test as not run where the machine lacks something, unless `SIMPUL_REQUIRE_ALL=1`: then it fails.
  static func needs(_ needs: Needs) -> Self {
    let lacking = needs.lacking
    let isRequired = ProcessInfo.processInfo.environment["SIMPUL_REQUIRE_ALL"] == "1"
    return .enabled(
      if: lacking.isEmpty || isRequired, "this machine lacks \(lacking.joined(separator: ", "))")
  }
}

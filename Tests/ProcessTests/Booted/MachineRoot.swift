import Foundation
import TestSupport

@testable import Diagnostics

/// The root directory of a booted machine: this machine's `/usr` with an installed Simpul laid over it, and an `/etc` of
/// its own in which nobody but root is known and no unit is enabled.
struct MachineRoot: Sendable {
  private static let project = URL(fileURLWithPath: RealFleet.agents).deletingLastPathComponent().path
  /// Where the libraries of the Swift toolchain are found in the machine; the package has them linked in.
  private static let runtime = "/opt/swift-runtime"

  private let directory: String
  /// Directories of the libraries that lie outside `/usr`.
  private let libraries: [String]

  var root: String { directory + "/root" }
  private var stage: String { directory + "/stage" }

  /// Lays out the tree below `directory`, which is there.
  static func make(in directory: String, _ processes: DemoProcesses) async throws -> MachineRoot {
    let program = try RealFleet.program("simpul-agent")
    let binaries = URL(fileURLWithPath: program).deletingLastPathComponent().path
    let log = directory + "/install.log"
    let needed = try await processes.run(
      DemoProgram(name: "ldd", path: "/usr/bin/env", arguments: ["ldd", program], logPath: directory + "/ldd.txt"))
    guard needed.isSuccess else { throw TestFailure("ldd: \(needed.text)") }
    let tree = MachineRoot(
      directory: directory,
      libraries: Self.outside(try String(contentsOfFile: directory + "/ldd.txt", encoding: .utf8)))
    let end = try await processes.run(
      DemoProgram(
        name: "packaging/install", path: project + "/packaging/install",
        arguments: ["--binaries", binaries, tree.stage], logPath: log))
    guard end.isSuccess else {
      throw TestFailure("packaging/install: \(end.text): \((try? String(contentsOfFile: log, encoding: .utf8)) ?? "")")
    }
    try tree.write()
    return tree
  }

  private static func outside(_ ldd: String) -> [String] {
    let paths = ldd.split(separator: "\n").compactMap { line -> String? in
      guard let arrow = line.firstRange(of: "=> ") else { return nil }
      let path = String(line.suffix(from: arrow.upperBound).prefix { $0 != " " })
      let isOutside = path.hasPrefix("/") && !["/usr/", "/lib"].contains { path.hasPrefix($0) }
      return isOutside ? URL(fileURLWithPath: path).deletingLastPathComponent().path : nil
    }
    return Set(paths).sorted()
  }

  private func write() throws {
    let files = FileManager.default
    for path in [
      "etc/systemd/system", "etc/ld.so.conf.d", "var/log/journal", "run", "proc", "sys", "dev", "tmp", "root", "usr",
      "opt",
    ] {
      try files.createDirectory(atPath: "\(root)/\(path)", withIntermediateDirectories: true)
    }
    // Where /usr is not merged these are directories, and there is nothing to link to.
    for name in ["bin", "sbin", "lib", "lib32", "lib64", "libx32"] {
      guard let target = try? files.destinationOfSymbolicLink(atPath: "/\(name)") else { continue }
      try files.createSymbolicLink(atPath: "\(root)/\(name)", withDestinationPath: target)
    }
    try files.copyItem(atPath: "/usr/lib/os-release", toPath: "\(root)/etc/os-release")
    try files.copyItem(atPath: Self.project + "/packaging/debian/postinst", toPath: "\(root)/opt/postinst")
    for (path, text) in [
      "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/usr/sbin/nologin\n",
      "etc/group": "root:x:0:\nnogroup:x:65534:\n", "etc/shadow": "root:*:20000::::::\n", "etc/gshadow": "root:*::\n",
      "etc/hostname": "kec-lalabata\n", "etc/hosts": "127.0.0.1 localhost\n",
      "etc/machine-id": "5c1e5c1e5c1e5c1e5c1e5c1e5c1e5c1e\n",
      "etc/nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files\n",
      "etc/ld.so.conf.d/swift.conf": libraries.indices.map { "\(Self.runtime)/\($0)\n" }.joined(),
      "etc/ld.so.conf": "include /etc/ld.so.conf.d/*.conf\n",
    ] {
      try text.write(toFile: "\(root)/\(path)", atomically: false, encoding: .utf8)
    }
    try link("default.target", to: "/usr/lib/systemd/system/multi-user.target")
    // Nobody logs in, and root's systemctl needs no bus: what this machine happens to have of them stays out.
    for unit in [
      "systemd-logind.service", "console-getty.service", "getty-static.service", "dbus.service", "dbus.socket",
    ] {
      try link(unit, to: "/dev/null")
    }
    try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: root)
  }

  private func link(_ unit: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(
      atPath: "\(root)/etc/systemd/system/\(unit)", withDestinationPath: target)
  }

  /// The arguments of `systemd-nspawn` that boot it as the machine `name`, which has a loopback and no other network.
  func arguments(name: String) -> [String] {
    [
      "systemd-nspawn", "--quiet", "--directory", root, "--machine", name, "--register=no", "--keep-unit",
      "--link-journal=no", "--private-network", "--kill-signal=SIGRTMIN+4", "--overlay-ro=/usr:\(stage)/usr:/usr",
    ]
      + libraries.enumerated().map { "--bind-ro=\($0.element):\(Self.runtime)/\($0.offset)" }
      // Of cgroups v1, systemd-nspawn gives a machine only systemd's own hierarchy to write to. systemd decides at its
      // start which others it may use, so what a limit needs is opened before.
      + [
        "/bin/sh", "-c",
        """
        for controller in \(MachineCgroups.controllers); do
          if [ -d /sys/fs/cgroup/$controller ]; then mount -o remount,bind,rw /sys/fs/cgroup/$controller; fi
        done
        exec /usr/lib/systemd/systemd
        """,
      ]
  }
}

/// The cgroups (v1) in which a booted machine makes its own; with v2 systemd-nspawn does all this itself.
struct MachineCgroups: Sendable {
  static let controllers = "memory pids devices"
  let name: String

  /// Runs a command in them, with `$place` set to each in turn before.
  private func script(_ each: String) -> String {
    """
    for controller in \(Self.controllers); do
      if [ -d "/sys/fs/cgroup/$controller" ]; then
        own=$(sed -n "s/^[0-9]*:\\([^:]*,\\)*$controller\\(,[^:]*\\)*://p" /proc/self/cgroup)
        place="/sys/fs/cgroup/$controller$own/\(name)"
        \(each)
      fi
    done
    """
  }

  /// Puts the shell into cgroups of its own and becomes the command that follows.
  var entering: String { script("mkdir \"$place\" && echo $$ >\"$place/cgroup.procs\"") + "\nexec \"$@\"" }

  /// Removes what is left of them once the machine has ended.
  var removing: String {
    script("if [ -d \"$place\" ]; then find \"$place\" -depth -type d -exec rmdir '{}' ';'; fi")
  }
}

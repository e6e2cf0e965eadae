import Datasets
import Foundation
import Machine
import Testing

/// The data directory holds the node's key and everybody's data.
@Suite final class PrivateDirectoryTests {
  private let root = FileManager.default.temporaryDirectory.appendingPathComponent(
    "private-\(UUID().uuidString)")

  deinit { try? FileManager.default.removeItem(at: root) }

  private func make(_ mode: Int, with names: [String]) throws {
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    for name in names { try Data().write(to: root.appendingPathComponent(name)) }
    #expect(chmod(root.path, mode_t(mode)) == 0)
  }

  private func mode() throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: root.path)
    return (attributes[.posixPermissions] as? NSNumber)?.intValue ?? -1
  }

  @Test(arguments: [[], ["agent.sqlite", "spare"], ["node.key"]])
  func `an existing data directory is closed to others`(names: [String]) throws {
    try make(0o755, with: names)
    try MachineFacts.makePrivateDirectory(root.path)
    #expect(try mode() == 0o700)
  }

  @Test func `a new one, and one that is closed already, stays as it is`() throws {
    try MachineFacts.makePrivateDirectory(root.path)
    #expect(try mode() == 0o700)
    try make(0o500, with: ["anything"])
    try MachineFacts.makePrivateDirectory(root.path)
    #expect(try mode() == 0o500)
  }

  @Test func `what may be somebody else's directory is refused and left alone`() throws {
    try make(0o755, with: ["log"])
    #expect(throws: OpenDirectory.self) { try MachineFacts.makePrivateDirectory(root.path) }
    #expect(try mode() == 0o755)
  }

  @Test func `a file in its place, or above it, is named`() throws {
    try Data().write(to: root)
    for path in [root.path, root.path + "/data", root.path + "/data/deep"] {
      let error = #expect(throws: DirectoryFailure.self) { try MachineFacts.makePrivateDirectory(path) }
      #expect(error?.text.indonesian.hasPrefix("\(root.path) adalah berkas, bukan direktori") == true)
      #expect(error?.needsOwner == true)
    }
  }

  @Test func `a directory of many that are not there yet is made for its owner alone`() throws {
    let deep = root.appendingPathComponent("a/b")
    try MachineFacts.makePrivateDirectory(deep.path)
    let attributes = try FileManager.default.attributesOfItem(atPath: deep.path)
    #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o700)
  }

  @Test func `trying whether a directory can be made is in the way of nobody who makes it meanwhile`() async throws {
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    let path = root.path + "/data"
    try await withThrowingTaskGroup(of: Void.self) { group in
      // What it says of a directory that comes and goes is nobody's concern here.
      group.addTask { for _ in 0..<3000 { try? MachineFacts.tryPrivateDirectory(path) } }
      group.addTask {
        for _ in 0..<3000 {
          try #require(mkdir(path, 0o700) == 0, "errno \(errno)")
          try #require(rmdir(path) == 0, "errno \(errno)")
        }
      }
      try await group.waitForAll()
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: root.path).isEmpty)
  }

  @Test func `what the service's user will not get is told, by owner and by every directory above`() throws {
    let other = ServiceUser(name: "simpul", uid: geteuid() + 54_321, group: getegid() + 54_321)
    let same = ServiceUser(name: "simpul", uid: geteuid(), group: getegid())
    func words(_ path: String, _ user: ServiceUser) -> String { user.obstacle(to: path)?.text.indonesian ?? "" }
    try make(0o755, with: [])
    let data = root.path + "/data"
    #expect(words(root.path, other).contains("chown -R simpul: \(root.path)") && words(root.path, same).isEmpty)
    #expect(words(data, other).contains("tidak boleh membuatnya di \(root.path);") && words(data, same).isEmpty)
    #expect(words(data + "/deep", other).contains("install -d -o simpul -m 700 \(data)/deep"))
    #expect(chmod(root.path, 0o700) == 0)
    #expect(words(data, other).contains("tidak boleh melewati direktori \(root.path),"))
    // Whoever is in its group may what the group may.
    #expect(chmod(root.path, 0o730) == 0)
    #expect(words(data, ServiceUser(name: "simpul", uid: geteuid() + 54_321, group: getegid())).isEmpty)
    #expect(ServiceUser(named: "root")?.obstacle(to: "/") == nil && ServiceUser(named: "no-such-user") == nil)
  }
}

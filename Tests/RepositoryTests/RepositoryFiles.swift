import Foundation

/// The checkout that these tests were compiled from.
enum Repository {
  /// Three levels above this file, whatever links lead to it.
  static let root: URL = {
    var url = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    for _ in 0..<3 { url.deleteLastPathComponent() }
    return url
  }()

  /// A file and its lines.
  struct File: Sendable {
    /// From the root.
    let path: String
    let lines: [String]

    /// The target's name, for a file under Sources or Tests.
    var target: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }
  }

  /// All Swift files below a folder of the root, sorted, except generated ones.
  static func swiftFiles(under folder: String) throws -> [File] {
    try paths(under: folder).filter { $0.hasSuffix(".swift") && !$0.hasSuffix(".pb.swift") }.map { path in
      let text = try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
      return File(path: path, lines: text.components(separatedBy: "\n"))
    }
  }

  /// Regular files below a folder, as paths from the root, sorted.
  static func paths(under folder: String) throws -> [String] {
    let base = root.appendingPathComponent(folder)
    guard let found = FileManager.default.enumerator(atPath: base.path) else { return [] }
    var paths: [String] = []
    for case let path as String in found {
      var isDirectory: ObjCBool = false
      let exists = FileManager.default.fileExists(
        atPath: base.appendingPathComponent(path).path, isDirectory: &isDirectory)
      if exists, !isDirectory.boolValue { paths.append("\(folder)/\(path)") }
    }
    return paths.sorted()
  }

  /// What the repository is made of: build products and the version control's own files left out.
  static func contents() throws -> [String] {
    let skipped: Set<String> = [".git", ".swiftpm", "Package.resolved"]
    // `.build`, `.build-package` and whatever else a scratch path is called (.gitignore).
    let top = try FileManager.default.contentsOfDirectory(atPath: root.path)
      .filter { !skipped.contains($0) && !$0.hasPrefix(".build") }
    var paths: [String] = []
    for name in top.sorted() {
      var isDirectory: ObjCBool = false
      _ = FileManager.default.fileExists(
        atPath: root.appendingPathComponent(name).path, isDirectory: &isDirectory)
      if isDirectory.boolValue { paths += try self.paths(under: name) } else { paths.append(name) }
    }
    return paths
  }
}

import Foundation
import Testing

@Suite struct FileRulesTests {
  /// Where a line of some files has one of the marks; parts of marks are joined so that this file has none.
  private func places(
    of marks: [String], in files: [Repository.File], skippingComments: Bool = false
  ) -> [String] {
    files.flatMap { file in
      file.lines.enumerated().compactMap { index, line in
        let text = line.trimmingCharacters(in: .whitespaces)
        if skippingComments, text.hasPrefix("//") { return nil }
        return marks.contains { text.contains($0) } ? "\(file.path):\(index + 1)" : nil
      }
    }
  }

  @Test func `no source file has grown past 500 lines`() throws {
    let files = try Repository.swiftFiles(under: "Sources")
    #expect(files.count > 50)
    #expect(files.filter { $0.lines.count > 501 }.map { "\($0.path): \($0.lines.count)" } == [])
  }

  @Test func `nothing traps on a failure of the world`() throws {
    let sources = try Repository.swiftFiles(under: "Sources")
    #expect(places(of: ["try" + "!", "fatal" + "Error("], in: sources, skippingComments: true) == [])
  }

  @Test func `nothing is left for later`() throws {
    let files = try Repository.swiftFiles(under: "Sources") + Repository.swiftFiles(under: "Tests")
    #expect(places(of: ["TO" + "DO", "FIX" + "ME"], in: files) == [])
  }

  @Test func `every unchecked or unsafe step says why it is safe`() throws {
    let marks = ["@unchecked " + "Sendable", "nonisolated(" + "unsafe)", "unsafe" + "BitCast"]
    var missing: [String] = []
    for file in try Repository.swiftFiles(under: "Sources") {
      for (index, line) in file.lines.enumerated() where marks.contains(where: line.contains) {
        if line.trimmingCharacters(in: .whitespaces).hasPrefix("//") { continue }
        // Above the line, or at the top of the type that it opens.
        let near = file.lines[max(0, index - 3)...min(file.lines.count - 1, index + 2)]
        if !near.contains(where: { $0.contains("Safe because") }) {
          missing.append("\(file.path):\(index + 1)")
        }
      }
    }
    #expect(missing == [])
  }

  @Test func `scripts can be run`() throws {
    let scripts = try Repository.paths(under: "script") + Repository.paths(under: ".ci")
    #expect(scripts.contains("script/test"))
    let manager = FileManager.default
    for path in scripts {
      let file = Repository.root.appendingPathComponent(path)
      guard let start = try FileHandle(forReadingFrom: file).read(upToCount: 2), start == Data("#!".utf8)
      else {
        continue
      }
      #expect(manager.isExecutableFile(atPath: file.path), "\(path)")
    }
  }

  @Test func `no file names a place on one developer's machine`() throws {
    let marks = ["/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/"]
    // A home folder in a unit or a document may be an example; in Swift and scripts it is somebody's.
    let isText: (String) -> Bool = { path in
      [
        "swift", "toml", "md", "service", "socket", "json", "yml", "yaml", "h", "modulemap", "csv",
        "mustache",
      ]
      .contains((path as NSString).pathExtension) || path.hasPrefix("script/") || path.hasPrefix(".ci/")
        || path.hasPrefix("packaging/")
    }
    var found: [String] = []
    for path in try Repository.contents() where isText(path) {
      guard let text = try? String(contentsOf: Repository.root.appendingPathComponent(path), encoding: .utf8)
      else {
        continue
      }
      for (index, line) in text.components(separatedBy: "\n").enumerated()
      where marks.contains(where: { mark in isPath(mark, in: line) }) {
        found.append("\(path):\(index + 1)")
      }
    }
    #expect(found == [])
  }

  /// Whether `mark` begins an absolute path in `line`, as opposed to standing within one (`sysroot/root/…`, a URL).
  private func isPath(_ mark: String, in line: String) -> Bool {
    var rest = line[...]
    while let range = rest.range(of: mark) {
      let before = rest[..<range.lowerBound].last ?? line[..<range.lowerBound].last
      if before.map({ " \"'`=(:,[".contains($0) }) ?? true { return true }
      rest = rest[range.upperBound...]
    }
    return false
  }

  /// Waiting for a condition with a deadline is written once per test target, in a function of one of these names.
  private static let waiters = ["eventually", "waitUntil", "waits", "wait", "within"]

  @Test func `tests wait for conditions, not for time`() throws {
    let marks = ["sle" + "ep(", "usle" + "ep("]
    var found: [String] = []
    for file in try Repository.swiftFiles(under: "Tests") {
      for (index, line) in file.lines.enumerated() where marks.contains(where: line.contains) {
        let text = line.trimmingCharacters(in: .whitespaces)
        if text.hasPrefix("//") { continue }
        if isInside(Self.waiters, file.lines, index) { continue }
        found.append("\(file.path):\(index + 1)")
      }
    }
    #expect(found == [])
  }

  /// Whether the nearest function declared above a line, and less indented, is one of `names`.
  private func isInside(_ names: [String], _ lines: [String], _ index: Int) -> Bool {
    func indentation(_ line: String) -> Int { line.prefix { $0 == " " }.count }
    var depth = indentation(lines[index])
    for line in lines[..<index].reversed() where !line.isEmpty && indentation(line) < depth {
      // A signature over several lines ends at the depth at which it begins.
      depth = indentation(line) + (line.trimmingCharacters(in: .whitespaces).hasPrefix(")") ? 1 : 0)
      if let range = line.range(of: "func ") {
        let name = line[range.upperBound...].prefix { $0.isLetter }
        return names.contains(String(name))
      }
    }
    return false
  }
}

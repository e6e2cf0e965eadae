import Datasets
import Foundation
import Testing

@testable import Collectors

/// What happens to one file between its last row and its place in `done`.
@Suite final class SpoolDeliveryTests {
  private let root: URL
  private let directory: SpoolDirectory

  init() throws {
    root = FileManager.default.temporaryDirectory.appendingPathComponent("spool-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: root.appendingPathComponent("population"), withIntermediateDirectories: true)
    directory = SpoolDirectory(root: root.path)
  }

  deinit { try? FileManager.default.removeItem(at: root) }

  private func path(_ path: String) -> String { root.appendingPathComponent(path).path }

  private func delivery(problem: Bool) throws -> (SpoolDelivery, FileByteSource, FileHandle) {
    try Data("NIK,Nama\n1,A\n".utf8).write(to: URL(fileURLWithPath: path("population/a.csv")))
    let file = try #require(try directory.snapshot().first)
    var delivery = SpoolDelivery(
      file: file, settings: SpoolSettings(directory: root.path), directory: directory)
    try delivery.add(.row(IntakeRow(line: 2, fields: [])))
    if problem { try delivery.reject(.emptyFile) }
    let writer = try FileHandle(forWritingTo: URL(fileURLWithPath: path("population/a.csv")))
    return (delivery, try directory.open(file.path), writer)
  }

  @Test(arguments: [false, true])
  func `what is written after the last look brings the file back to its place`(problem: Bool) throws {
    var (delivery, source, writer) = try delivery(problem: problem)
    try writer.seekToEnd()
    try writer.write(contentsOf: Data("2,B\n".utf8))
    guard case .postponed(let postponement) = try delivery.finish(source) else {
      Issue.record("the later rows were lost")
      return
    }
    #expect(postponement.code == .changed)
    let text = try String(contentsOfFile: path("population/a.csv"), encoding: .utf8)
    #expect(text == "NIK,Nama\n1,A\n2,B\n")
    for folder in ["done/population", "failed/population"] {
      #expect((try? FileManager.default.contentsOfDirectory(atPath: path(folder))) ?? [] == [])
    }
  }

  @Test func `a new file that took the name meanwhile is not put away unread`() throws {
    var (delivery, source, _) = try delivery(problem: false)
    try FileManager.default.removeItem(atPath: path("population/a.csv"))
    try Data("NIK,Nama\n9,Z\n".utf8).write(to: URL(fileURLWithPath: path("population/a.csv")))
    guard case .postponed = try delivery.finish(source) else {
      Issue.record("a file was moved that was never read")
      return
    }
    #expect(try String(contentsOfFile: path("population/a.csv"), encoding: .utf8).contains("9,Z"))
  }

  @Test(arguments: [
    ("a\n", true), ("a\r", true), ("[{}]", true), ("{\"a\":1}", true), ("[1] ", true), ("a,b", false),
    ("", false),
  ])
  func `the end of a row or of a document is told from a cut`(text: String, isWhole: Bool) throws {
    let name = path("population/x")
    try Data(text.utf8).write(to: URL(fileURLWithPath: name))
    let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: name))
    #expect(
      SpoolDirectory.endsWhole(handle.fileDescriptor, sizeBytes: Int64(text.utf8.count)) == isWhole)
  }

  @Test func `directories and tables of reasons are for the group too, as the umask allows`() throws {
    let before = umask(0o007)
    defer { umask(before) }
    try directory.makeDirectory("site")
    close(try directory.create("site/a.errors.csv"))
    func mode(_ name: String) throws -> Int {
      let attributes = try FileManager.default.attributesOfItem(atPath: path(name))
      return (attributes[.posixPermissions] as? NSNumber)?.intValue ?? -1
    }
    #expect(try mode("site") == 0o770 && mode("site/a.errors.csv") == 0o640)
    #expect(directory.obstacle(parentOf: "site/a") == nil && directory.obstacle(parentOf: "done/none/a") == nil)
  }
}

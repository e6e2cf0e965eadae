import Datasets
import Foundation
import TestSupport
import Testing

@testable import Collectors

/// The spool on a real directory of its own.
@Suite final class SpoolServiceTests {
  /// An intake in memory: knows rows it has seen, refuses those whose nama is `TOLAK`.
  actor Intake {
    private var seen: Set<String> = []
    private(set) var batches: [(dataset: String, source: String, count: Int)] = []
    private(set) var lines: [Int] = []
    private var refusals: [IntakeRefusal] = []

    func refuse(_ refusal: IntakeRefusal, times: Int = 1) {
      refusals += [IntakeRefusal](repeating: refusal, count: times)
    }

    func take(_ dataset: DatasetName, _ source: String, _ rows: [IntakeRow]) throws -> IntakeOutcome {
      if !refusals.isEmpty { throw refusals.removeFirst() }
      batches.append((dataset.text, source, rows.count))
      var outcome = IntakeOutcome(accepted: 0)
      for row in rows {
        lines.append(row.line)
        let text = "\(dataset) " + row.fields.map { "\($0.name)=\($0.value.shown)" }.joined(separator: " ")
        if text.contains("nama=TOLAK") {
          let problem = FieldProblem(
            field: "nama", code: "too_long",
            reason: BilingualText(id: "Ditolak, \"karena\" uji", en: "refused"))
          outcome.rejected.append(RejectedRow(line: row.line, problem: problem))
          continue
        }
        outcome.accepted += 1
        if !seen.insert(text).inserted { outcome.duplicates += 1 }
      }
      return outcome
    }

    var rowCount: Int { seen.count }
  }

  /// What the service reported.
  final class Reports: @unchecked Sendable {
    // Safe because every access holds the lock.
    private let lock = NSLock()
    private var stored: [SpoolEvent] = []
    func add(_ event: SpoolEvent) { lock.withLock { stored.append(event) } }
    var all: [SpoolEvent] { lock.withLock { stored } }
  }

  static let full = IntakeRefusal(.bufferFull, message: BilingualText(id: "penuh", en: "full"))

  let root: URL
  let intake = Intake()
  let reports = Reports()
  let start = ContinuousClock.Instant.now

  init() throws {
    root = FileManager.default.temporaryDirectory.appendingPathComponent("spool-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: root) }

  func service(
    datasets: [DatasetName] = [], _ change: (inout SpoolSettings) -> Void = { _ in }
  ) -> SpoolService {
    var settings = SpoolSettings(
      directory: root.path, settle: .seconds(1), retryDelay: .seconds(5), retryDelayMax: .seconds(15))
    change(&settings)
    let (intake, reports) = (intake, reports)
    return SpoolService(
      settings: settings,
      definitions: { name in
        switch name.text {
        case "population": (Fixture.population, Fixture.regions)
        case "attendance": (Fixture.attendance, nil)
        default: nil
        }
      },
      intake: { try await intake.take($0, $1, $3) }, datasets: { datasets }, report: { reports.add($0) })
  }

  func write(_ path: String, _ text: String) throws {
    let url = root.appendingPathComponent(path)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  func text(_ path: String) -> String? {
    try? String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path)
  }

  /// Two scans with the settling time between them: enough for a file that rests.
  func settle(_ service: SpoolService, at offset: Duration = .zero) async {
    await service.runOnce(at: start + offset)
    await service.runOnce(at: start + offset + .seconds(1))
  }

  @Test func `a directory that cannot be had is named once, and keeps no other dataset's files back`() async throws {
    // A file stands where the directory of one dataset should be.
    try write("attendance", "salah tempat")
    try write("population/siak/a.csv", "NIK,Nama\n1,A\n")
    let service = service(datasets: ["attendance", "population"].compactMap { DatasetName($0) })
    await settle(service)
    await service.runOnce(at: start + .seconds(2))
    #expect(exists("done/population/siak/a.csv"))
    let named = reports.all.filter {
      if case .finished(.postponed(let postponement)) = $0 { postponement.path == "attendance/" } else { false }
    }
    #expect(named.count == 1)
    try FileManager.default.removeItem(at: root.appendingPathComponent("attendance"))
    await service.runOnce(at: start + .seconds(3))
    #expect(exists("attendance") && reports.all.contains(.waitEnded(path: "attendance/")))
  }

  @Test func `a whole file is taken and moved to done`() async throws {
    try write("population/siak/a.csv", "NIK,Nama\n1,A\n2,B\n")
    await settle(service())
    #expect(text("done/population/siak/a.csv") == "NIK,Nama\n1,A\n2,B\n")
    #expect(!exists("population/siak/a.csv") && !exists("failed"))
    let batches = await intake.batches
    #expect(batches.map(\.source) == ["siak"])
    #expect(batches.map(\.count) == [2])
    var result = SpoolResult(path: "population/siak/a.csv", movedTo: "done/population/siak/a.csv")
    result.accepted = 2
    #expect(reports.all == [.finished(.done(result))])
  }

  @Test func `a half-written file is not taken`() async throws {
    let service = service()
    try write("population/a.csv", "NIK,Nama\n1,A\n")
    await service.runOnce(at: start)
    try write("population/a.csv", "NIK,Nama\n1,A\n2,B\n")
    await service.runOnce(at: start + .seconds(5))
    #expect(await intake.batches.isEmpty)
    await service.runOnce(at: start + .seconds(6))
    #expect(await intake.rowCount == 2)
  }

  @Test func `a file that a program still has open for writing is not taken`() async throws {
    try write("population/a.csv", "NIK,Nama\n1,A\n")
    let service = service()
    let writer = try FileHandle(forWritingTo: root.appendingPathComponent("population/a.csv"))
    await settle(service)
    await settle(service, at: .seconds(100))
    #expect(await intake.batches.isEmpty)
    try writer.close()
    await settle(service, at: .seconds(200))
    #expect(exists("done/population/a.csv"))
  }

  @Test func `a directory for every dataset is there, also after somebody removed it`() async throws {
    let service = service(datasets: ["population", "attendance"].compactMap { DatasetName($0) })
    await service.runOnce(at: start)
    #expect(exists("population") && exists("attendance"))
    try FileManager.default.removeItem(at: root.appendingPathComponent("attendance"))
    await service.runOnce(at: start + .seconds(5))
    #expect(exists("attendance") && reports.all.isEmpty)
  }

  @Test(.enabled(if: geteuid() != 0, "root may write everywhere; run this as another user"))
  func `a file is not taken in again and again out of a directory that cannot be written to`() async throws {
    try write("population/a.csv", "NIK,Nama\n1,A\n")
    let folder = root.appendingPathComponent("population").path
    #expect(chmod(folder, 0o555) == 0)
    let service = service()
    for round in 0..<3 { await settle(service, at: .seconds(round * 100)) }
    #expect(await intake.batches.isEmpty)
    guard case .finished(.postponed(let postponement))? = reports.all.first else {
      Issue.record("nothing was said: \(reports.all)")
      return
    }
    #expect(
      postponement.code == .notWritable && postponement.message.indonesian.contains("Folder population"))
    #expect(chmod(folder, 0o755) == 0)
    await settle(service, at: .seconds(1_000))
    #expect(exists("done/population/a.csv"))
  }

  @Test(arguments: [("population/a.csv", "done/population"), ("population-siak.csv", "failed")])
  func `what is in the way of taking a file is named, not the file`(path: String, obstacle: String) async throws {
    try write(path, "NIK,Nama\n1,A\n")
    // A file where the directory should be.
    try write(obstacle, "x")
    let service = service()
    await settle(service)
    let postponed = reports.all.compactMap { event -> SpoolPostponement? in
      if case .finished(.postponed(let postponement)) = event { postponement } else { nil }
    }.filter { $0.path == path }
    #expect(postponed.map(\.path) == [path] && postponed.map(\.code) == [.notWritable], "\(reports.all)")
    #expect(postponed.map(\.directory) == [obstacle])
    #expect(await intake.batches.isEmpty)
    try FileManager.default.removeItem(at: root.appendingPathComponent(obstacle))
    await settle(service, at: .seconds(1_000))
    #expect(exists("done/" + path))
  }

  @Test func `a file that waited and was taken away is forgotten, and said so`() async throws {
    let service = service()
    await intake.refuse(Self.full)
    try write("population/a.csv", "NIK,Nama\n1,A\n")
    await settle(service)
    try FileManager.default.removeItem(at: root.appendingPathComponent("population/a.csv"))
    await service.runOnce(at: start + .seconds(2))
    #expect(reports.all.last == .waitEnded(path: "population/a.csv"))
  }

  @Test func `the same file twice changes nothing and keeps both`() async throws {
    let service = service()
    for round in 0..<3 {
      try write("population/a.csv", "NIK,Nama\n1,A\n")
      await settle(service, at: .seconds(round * 10))
    }
    #expect(await intake.rowCount == 1)
    #expect(
      exists("done/population/a.csv") && exists("done/population/a-2.csv")
        && exists("done/population/a-3.csv"))
    guard case .finished(.done(let last))? = reports.all.last else {
      Issue.record("the last file was not taken: \(reports.all)")
      return
    }
    #expect(last.accepted == 1 && last.duplicates == 1)
  }

  @Test func `a file with refused rows goes to failed with its reasons, good rows are taken`() async throws {
    try write("population/a.csv", "NIK,Nama Penduduk\n1,A\n2\n3,TOLAK\n4,D\n")
    await settle(service())
    #expect(await intake.rowCount == 2)
    #expect(exists("failed/population/a.csv") && !exists("done") && !exists("population/a.csv"))
    let errors = try #require(text("failed/population/a.csv.errors.csv"))
    let lines = errors.components(separatedBy: "\r\n")
    #expect(lines[0] == "baris,kolom,alasan")
    #expect(lines[1].hasPrefix("3,,\"Baris ini punya 1 kolom"))
    #expect(lines[2] == "4,Nama Penduduk (nama),\"Ditolak, \"\"karena\"\" uji\"")
    #expect(lines[3] == "" && lines.count == 4)
    // Nothing hidden is left over.
    #expect(
      try FileManager.default.contentsOfDirectory(
        atPath: root.appendingPathComponent("failed/population").path
      ).count == 2)
  }

  @Test func `a name clash in failed gets a number for the file and its reasons`() async throws {
    let service = service { $0.language = .english }
    for round in 0..<2 {
      try write("population/a.csv", "NIK,Nama\n\(round)\n")
      await settle(service, at: .seconds(round * 10))
    }
    #expect(text("failed/population/a-2.csv") == "NIK,Nama\n1\n")
    #expect(text("failed/population/a-2.csv.errors.csv")?.hasPrefix("line,field,reason\r\n") == true)
    // For doctor: how many wait for a person, without their tables.
    #expect(refused() == [.init(directory: "population", count: 2)])
    #expect(text("failed/population/a-2.csv.errors.csv")?.contains("This row has 1 columns") == true)
    #expect(text("failed/population/a.csv") == "NIK,Nama\n0\n")
  }

  @Test func `what was refused is counted where it lies, also what was dropped into the spool itself`() async throws {
    for path in ["population-2026-10.csv", "README", "population/siak/a.csv", "population/b.csv", "absen/c.csv"] {
      try write(path, "NIK,Nama\n1\n")
    }
    await settle(service())
    #expect(exists("failed/population-2026-10.csv") && exists("failed/README"))
    #expect(
      refused() == [
        .init(directory: "", count: 2), .init(directory: "absen", count: 1),
        .init(directory: "population", count: 2),
      ])
  }

  /// What lies in `failed/`, without the names: which came last the clock of the file system says in steps.
  private func refused(_ filesMax: Int = 10_000) -> [SpoolDirectory.FailedFiles] {
    SpoolDirectory(root: root.path, filesMax: filesMax).failedFiles().map { files in
      var files = files
      files.newest = []
      return files
    }
  }

  @Test func `the two files that were refused last are named, the last one first`() async throws {
    for name in ["a.csv", "b.csv", "siak/c.csv"] { try write("failed/population/" + name, "") }
    func newest() -> [String] { SpoolDirectory(root: root.path).failedFiles().first?.newest ?? [] }
    #expect(newest().count == 2)
    for name in ["b.csv", "siak/c.csv"] {
      try await eventually("\(name) is the newest") {
        chmod(root.path + "/failed/population/" + name, 0o640)
        return newest().first == name
      }
    }
    #expect(newest() == ["siak/c.csv", "b.csv"])
  }

  @Test func `of a directory with more files than are looked at it is said that there are at least so many`() throws {
    for number in 0..<3 { try write("failed/population/\(number).csv", "") }
    #expect(refused(3) == [.init(directory: "population", count: 3, isAtLeast: true)])
    #expect(refused(4) == [.init(directory: "population", count: 3)])
  }

  @Test func `the table of reasons is bounded and says so`() async throws {
    try write("population/a.csv", "NIK,Nama\n" + String(repeating: "1\n", count: 50))
    await settle(service { $0.errorLinesMax = 10 })
    let lines = try #require(text("failed/population/a.csv.errors.csv")).split(separator: "\r\n")
    #expect(lines.count == 12)
    #expect(lines.last?.contains("40") == true)
  }

  @Test(arguments: [
    ("README", "unknown_dataset"), ("population/a.xlsx", "unknown_format"), ("warehouse/a.csv", "unknown_dataset"),
    ("population/a.csv", "empty_file"),
  ])
  func `what cannot be read goes to failed and says why`(path: String, word: String) async throws {
    try write(path, path == "population/a.csv" ? "NIK,Nama\n" : "PK")
    await settle(service())
    #expect(exists("failed/" + path))
    #expect(text("failed/\(path).errors.csv")?.contains("1,,") == true)
    #expect(await intake.batches.isEmpty)
    let result = try #require(reports.all.first?.result)
    #expect(reports.all.count == 1 && result.movedTo == "failed/" + path)
    #expect(result.rejected == 1 && result.refusal == word && result.refusalReason != nil)
  }

  @Test func `a table with wrong headings is refused as a whole and told once`() async throws {
    try write("population/a.csv", "NIK,Nma,Alamt\n1,A,JL. A\n2,B,JL. B\n")
    await settle(service())
    #expect(await intake.batches.isEmpty)
    let result = try #require(reports.all.first?.result)
    #expect(result.refusal == "misspelt_column" && result.rejected == 1 && result.accepted == 0)
    let words = try #require(result.refusalReason).indonesian
    #expect(words.contains("'Nma' → 'nama'") && words.contains("'Alamt' → 'alamat'"), "\(words)")
  }

  @Test(arguments: ["\t", "   "])
  func `a terminal's download under another name is told how to be named`(gap: String) async throws {
    try write("attendance/absen.txt", "1\(gap)2026-11-02 07:30:00\(gap)1\(gap)0\(gap)1\(gap)0\r\n")
    await settle(service())
    #expect(reports.all.first?.result?.refusal == "attlog_name")
    #expect(text("failed/attendance/absen.txt.errors.csv")?.contains("Beri nama SERIAL_attlog.dat") == true)
  }

  @Test func `examples of headings are the dataset's own`() async throws {
    try write("attendance/a.csv", "x,y\n1,2\n")
    await settle(service())
    #expect(text("failed/attendance/a.csv.errors.csv")?.contains("misalnya device, pin, time") == true)
  }

  @Test func `when the buffer is full the file stays and is tried again, later each time`() async throws {
    let service = service()
    await intake.refuse(Self.full, times: 3)
    try write("population/a.csv", "NIK,Nama\n1,A\n")
    await settle(service)
    #expect(exists("population/a.csv") && !exists("failed/population/a.csv"))
    for second in [2, 3, 5] { await service.runOnce(at: start + .seconds(second)) }
    #expect(reports.all.count == 2)  // One postponement and its retry, 5 s later.
    await service.runOnce(at: start + .seconds(6))
    await service.runOnce(at: start + .seconds(15))
    await service.runOnce(at: start + .seconds(16))
    await service.runOnce(at: start + .seconds(31))
    let delays = reports.all.compactMap { event -> Duration? in
      if case .retryScheduled(_, let after) = event { after } else { nil }
    }
    #expect(delays == [.seconds(5), .seconds(10), .seconds(15)])
    #expect(exists("done/population/a.csv"))
    #expect(await intake.rowCount == 1)
  }

  @Test func `a buffer that fills up in the middle loses and doubles nothing`() async throws {
    let rows = (1...25).map { "\($0),A\($0)\n" }.joined()
    try write("population/a.csv", "NIK,Nama\n" + rows)
    let service = service { $0.batchRowsMax = 10 }
    await service.runOnce(at: start)
    // The second batch is refused: its refusal is queued while the first is being taken.
    let (intake, full) = (intake, Self.full)
    let twoThenFull = SpoolService(
      settings: SpoolSettings(directory: root.path, settle: .zero, batchRowsMax: 10),
      definitions: { _ in (Fixture.population, nil) },
      intake: { dataset, source, _, batch in
        if await intake.batches.count == 1 { throw full }
        return try await intake.take(dataset, source, batch)
      })
    await settle(twoThenFull)
    #expect(exists("population/a.csv"))
    #expect(await intake.rowCount == 10)
    await service.runOnce(at: start + .seconds(1))
    #expect(await intake.rowCount == 25)
    #expect(exists("done/population/a.csv") && !exists("failed/population"))
  }

  @Test func `a file that may not be written goes to failed`() async throws {
    await intake.refuse(IntakeRefusal(.notPermitted, message: BilingualText(id: "tidak boleh", en: "no")))
    try write("population/a.csv", "NIK,Nama\n1,A\n")
    await settle(service())
    #expect(text("failed/population/a.csv.errors.csv")?.contains("tidak boleh") == true)
  }

  @Test func `links, pipes and what lies behind them are not followed`() async throws {
    let outside = root.appendingPathExtension("outside")
    try FileManager.default.createDirectory(at: outside, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: outside) }
    try Data("NIK,Nama\n1,A\n".utf8).write(to: outside.appendingPathComponent("a.csv"))
    try write("population/ok.csv", "NIK,Nama\n9,Z\n")
    let link = { (path: String, target: String) in
      try FileManager.default.createSymbolicLink(
        at: self.root.appendingPathComponent(path), withDestinationURL: outside.appendingPathComponent(target)
      )
    }
    try link("population/link.csv", "a.csv")
    try link("population/linked", "")
    try link("attendance", "")
    #expect(mkfifo(root.appendingPathComponent("population/pipe.csv").path, 0o600) == 0)
    let service = service()
    await settle(service)
    #expect(await intake.rowCount == 1)
    #expect(exists("done/population/ok.csv"))
    #expect(reports.all.count == 1)  // They are not even tried.
    // Nor when a link takes a file's place after the scan.
    let path = "population/link.csv"
    let file = SpoolFile(path: path, sizeBytes: 13, modifiedNanoseconds: 0, inode: 0)
    guard case .postponed(let postponement) = await service.processOne(file) else {
      Issue.record("a symbolic link was read")
      return
    }
    #expect(postponement.code == .fileSystem)
  }

  @Test func `a terminal's export is read with its serial number`() async throws {
    try write("attendance/CKJF1234_attlog.dat", "        7\t2024-07-07 01:29:01\t1\t0\t1\t0\r\n")
    try write("attendance/kantor/1_attlog.dat", "        7\t2024-07-07 01:29:01\t1\t0\t1\t0\r\n")
    await settle(service())
    #expect(exists("done/attendance/CKJF1234_attlog.dat") && exists("done/attendance/kantor/1_attlog.dat"))
    #expect(await intake.rowCount == 2)
  }

  @Test func `NDJSON and JSON files are read too`() async throws {
    try write("population-a.ndjson", "{\"nama\":\"A\"}\n{\"nama\":\"B\"}\n")
    try write("population/b.json", "[{\"nama\":\"C\"}]")
    await settle(service())
    #expect(await intake.rowCount == 3)
    #expect(exists("done/population-a.ndjson") && exists("done/population/b.json"))
  }

  @Test func `batches are bounded and lines go on over them`() async throws {
    try write("population/a.csv", "NIK,Nama\n" + (1...25).map { "\($0),A\n" }.joined())
    await settle(service { $0.batchRowsMax = 10 })
    #expect(await intake.batches.map(\.count) == [10, 10, 5])
    #expect(await intake.lines == Array(2...26))
  }

  @Test func `a missing spool is reported and does not end the service`() async throws {
    try FileManager.default.removeItem(at: root)
    let service = service(datasets: ["attendance", "population"].compactMap { DatasetName($0) })
    for second in 0...2 { await service.runOnce(at: start + .seconds(second)) }
    // Once, and nothing of the directories in it: they are no files.
    guard case .scanFailed(let failure)? = reports.all.first, reports.all.count == 1 else {
      Issue.record("nothing was reported")
      return
    }
    #expect(failure.code == ENOENT)
    try write("population/a.csv", "NIK,Nama\n1,A\n")
    await settle(service, at: .seconds(10))
    #expect(await intake.rowCount == 1)
    #expect(reports.all.contains(.scanRecovered))
  }

  @Test func `the running service takes files until it is cancelled`() async throws {
    let service = service {
      $0.scanInterval = .milliseconds(10)
      $0.settle = .milliseconds(20)
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await service.run() }
      try write("population/a.csv", "NIK,Nama\n1,A\n")
      await waitUntil(within: .seconds(20)) { exists("done/population/a.csv") }
      group.cancelAll()
    }
    #expect(exists("done/population/a.csv"))
  }
}

/// Looks until the condition holds or the time is over; the caller then checks it.
private func waitUntil(within limit: Duration, _ condition: () -> Bool) async {
  let deadline = ContinuousClock.Instant.now + limit
  while !condition(), ContinuousClock.Instant.now < deadline {
    try? await Task.sleep(for: .milliseconds(5))
  }
}

import API
import Datasets
import Foundation

/// Brings all input to the offices, and waits until everything is at the centre.
struct TakeIn: Sendable {
  private static let limit: Duration = .seconds(300)

  struct Result: Sendable {
    /// From the first row to the last, at the office; waiting for the spool is not in it.
    var intake: Duration
    /// From the first row to the last, at the centre.
    var atCentre: Duration
    var punches: Int
    var samples: Int
  }

  /// From the last look at which there was nothing to the first at which all was there: rather too long than too
  /// short.
  private struct Span {
    private var began: ContinuousClock.Instant?
    private var ended: ContinuousClock.Instant?

    mutating func saw(_ count: UInt64, of total: UInt64) {
      if count == 0 || began == nil { began = .now }
      if count >= total, ended == nil { ended = .now }
    }

    var duration: Duration {
      guard let began, let ended else { return .zero }
      return ended - began
    }
  }

  let demo: DemoContext
  let samples: DemoSamples

  func run() async throws -> Result {
    try await waitForDefinitions()
    let register = demo.cast.register
    try demo.layout.move(
      samples.residentsPath, to: demo.layout.spool(of: register) + "/population/siak/penduduk.csv",
      demo.language)
    for (index, office) in demo.cast.withTerminals.enumerated() {
      let path = try samples.writeAttendance(index)
      let name = URL(fileURLWithPath: path).lastPathComponent
      try demo.layout.move(path, to: demo.layout.spool(of: office) + "/attendance/\(name)", demo.language)
    }
    let cameraSamples = try await postCameraSamples()
    var result = try await watchResidents()
    result.samples = cameraSamples
    result.punches = try await watchPunches()
    return result
  }

  /// The offices get them with their first welcome.
  private func waitForDefinitions() async throws {
    for (office, dataset) in [(demo.cast.register, "population")]
      + (demo.cast.withTerminals.map { ($0, "attendance") } + demo.cast.withCameras.map { ($0, "camera") })
    {
      try await demo.eventually(
        BilingualText(id: "\(office) mengenal \(dataset)", en: "\(office) to know \(dataset)"),
        within: .seconds(30)
      ) { () -> DemoProgress<Void> in
        let reply = try await demo.office(office).client.reply(
          DatasetsReply.self, to: APIRequest(.get, ["datasets"])
        ).reply
        return reply.datasets.contains { $0.id == dataset } ? .done(()) : .waiting("\(office): \(dataset)")
      }
    }
  }

  private func postCameraSamples() async throws -> Int {
    var count = 0
    for (index, office) in demo.cast.withCameras.enumerated() {
      let (bytes, rows) = samples.cameraSamples(index)
      let body = APIRequest.Body(contentType: "application/x-ndjson", bytes: bytes)
      let reply = try await demo.office(office).client.reply(
        IntakeReply.self, to: .intake("camera", body, source: nil)
      ).reply
      guard reply.accepted == rows else {
        throw DemoFailure(
          BilingualText(
            id: "\(office) menerima \(rows) cuplikan kamera", en: "\(office) to take \(rows) camera samples"),
          found: "\(reply.accepted) (\(reply.rejected.first?.reason ?? ""))")
      }
      count += rows
    }
    return count
  }

  private func watchResidents() async throws -> Result {
    let register = demo.cast.register
    let total = UInt64(demo.settings.residents)
    var intake = Span()
    var atCentre = Span()
    try await demo.eventually(
      BilingualText(id: "\(total) penduduk di pusat", en: "\(total) residents at the centre"),
      within: Self.limit,
      every: .milliseconds(100)
    ) { () -> DemoProgress<Void> in
      try failIfRefused(register)
      let own = try await demo.office(register).status().streams?.first { $0.dataset == "population" }
      let recorded = own?.last ?? 0
      let applied = own?.applied ?? 0
      intake.saw(recorded, of: total)
      atCentre.saw(applied, of: total)
      if applied >= total, recorded == applied { return .done(()) }
      let quantity = demo.quantity
      return .waiting(
        demo.language(
          "penduduk: \(register) \(quantity.count(recorded)), pusat \(quantity.count(applied))",
          "residents: \(register) \(quantity.count(recorded)), centre \(quantity.count(applied))"),
        done: Int(applied), total: Int(total))
    }
    return Result(intake: intake.duration, atCentre: atCentre.duration, punches: 0, samples: 0)
  }

  private func watchPunches() async throws -> Int {
    let offices = demo.cast.withTerminals
    return try await demo.eventually(
      BilingualText(
        id: "absensi \(offices.count) kantor di pusat",
        en: "the attendance of \(offices.count) offices at the centre"),
      within: Self.limit
    ) {
      var count: UInt64 = 0
      var complete = 0
      for office in offices {
        try failIfRefused(office)
        let stream = try await demo.office(office).status().streams?.first { $0.dataset == "attendance" }
        guard let stream, stream.last > 0, isTaken(office) else { continue }
        count += stream.last
        if stream.applied == stream.last { complete += 1 }
      }
      if complete == offices.count { return .done(Int(count)) }
      return .waiting(
        demo.language(
          "absensi: \(complete)/\(offices.count) kantor", "attendance: \(complete)/\(offices.count) offices"),
        done: complete, total: offices.count)
    }
  }

  /// Whether nothing waits in the office's attendance spool any more.
  private func isTaken(_ office: NodeName) -> Bool {
    let names =
      (try? FileManager.default.contentsOfDirectory(atPath: demo.layout.spool(of: office) + "/attendance"))
      ?? []
    return names.isEmpty
  }

  /// The samples hold no row that cannot be taken: a file in `failed/` is a fault.
  private func failIfRefused(_ office: NodeName) throws {
    let failed = demo.layout.spool(of: office) + "/failed"
    guard let files = FileManager.default.enumerator(atPath: failed)?.compactMap({ $0 as? String }) else {
      return
    }
    let paths = files.sorted().map { "\(failed)/\($0)" }.filter { path in
      var isDirectory: ObjCBool = false
      // A hidden file is one that is written still.
      return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && !isDirectory.boolValue
        && !URL(fileURLWithPath: path).lastPathComponent.hasPrefix(".")
    }
    guard let path = paths.first(where: { $0.contains("error") || $0.contains("galat") }) ?? paths.first
    else { return }
    throw DemoFailure(
      BilingualText(id: "semua baris \(office) diterima", en: "every row of \(office) to be taken"),
      found: "\(path): \(DemoContext.lastLine(of: path))", logPath: path)
  }
}

import API
import Datasets

/// The main job of Simpul, shown once from beginning to end.
struct Demo: Sendable {
  private let context: DemoContext
  private let ports: Ports

  /// The ports of 127.0.0.1 that the fleet listens on.
  struct Ports: Sendable {
    var replication: Int
    var page: Int
  }

  init(_ context: DemoContext, ports: Ports) {
    self.context = context
    self.ports = ports
  }

  var pageAddress: String { "http://127.0.0.1:\(ports.page)/" }

  /// Runs all steps.
  /// - Throws: `CommandFailure` that names the step; `CancellationError`.
  func run(_ relay: TCPRelay) async throws -> DemoReport {
    let cast = context.cast
    var report = DemoReport(
      seed: context.settings.seed, residents: context.settings.residents, offices: cast.offices.count,
      page: pageAddress, directory: context.layout.root)
    let samples = DemoSamples(
      settings: context.settings, layout: context.layout, cast: cast, now: context.console.now())
    let began = ContinuousClock.now
    async let residentsWritten: Void = samples.writeResidents()
    try await step("centre", "Menyalakan pusat", "Starting the centre", &report) {
      try await StartCentre(demo: context, port: ports.replication, pagePort: ports.page).run()
    }
    let count = cast.offices.count
    try await step("offices", "Menyalakan \(count) kantor", "Starting \(count) offices", &report) {
      try await OpenOffices(demo: context, relayPort: relay.port).run()
    }
    try await residentsWritten
    let intake = try await takeIn(samples, &report)
    let relayed = relay.counters
    try await conflict(relay, &report)
    try await prove(samples, intake, &report)
    try await badDay(relay, &report)
    add(relayed, to: &report)
    await addTraffic(to: &report)
    report.add(
      "total_seconds", BilingualText(id: "Seluruh demo", en: "The whole demo"),
      Double((ContinuousClock.now - began).milliseconds) / 1000, context.seconds(ContinuousClock.now - began))
    return report
  }

  /// Until a program ends by itself.
  /// - Throws: `CommandFailure` then; `CancellationError`.
  func stay() async throws {
    do {
      while true {
        try await context.checkPrograms()
        try await Task.sleep(for: .seconds(1))
      }
    } catch let failure as DemoFailure {
      throw named(failure, context.language("berjalan terus", "running on"))
    }
  }

  // MARK: Chapters

  private func takeIn(_ samples: DemoSamples, _ report: inout DemoReport) async throws -> TakeIn.Result {
    let quantity = context.quantity
    let residents = context.settings.residents
    let intake = try await step(
      "intake", "Memasukkan data: \(quantity.count(residents)) penduduk, absensi, kamera",
      "Taking data in: \(quantity.count(residents)) residents, attendance, cameras", &report
    ) {
      let result = try await TakeIn(demo: context, samples: samples).run()
      try context.screen.line(
        context.language(
          "  \(quantity.count(residents)) penduduk, \(quantity.count(result.punches)) absensi dan "
            + "\(quantity.count(result.samples)) cuplikan kamera ada di pusat",
          "  \(quantity.count(residents)) residents, \(quantity.count(result.punches)) punches and "
            + "\(quantity.count(result.samples)) camera samples are at the centre"))
      return result
    }
    addRate(
      "intake_rows_per_second", "Impor SIAK di kantor", "SIAK import at the office", intake.intake,
      to: &report)
    addRate("centre_rows_per_second", "Sampai di pusat", "Until at the centre", intake.atCentre, to: &report)
    _ = try await step(
      "copies", "Membagikan ke salinan setiap kantor", "Spreading to every office's copy", &report
    ) {
      try await FillCopies(demo: context).run()
    }
    return intake
  }

  private func conflict(_ relay: TCPRelay, _ report: inout DemoReport) async throws {
    let cutOff = context.cast.cutOff
    let apart = try await step(
      "cut", "Memutus \(cutOff) dan mengubah penduduk yang sama di dua tempat",
      "Cutting \(cutOff) off and editing the same residents in two places", &report
    ) {
      try await EditApart(demo: context, relay: relay).run()
    }
    let healed = try await step("heal", "Memulihkan jaringan", "Healing the link", &report) {
      try await HealLink(demo: context, relay: relay, apart: apart).run()
    }
    report.add(
      "recovery_seconds", BilingualText(id: "Pulih setelah tersambung", en: "Recovery after the healing"),
      Double(healed.recovery.milliseconds) / 1000, context.seconds(healed.recovery))
    let open = try await step("resolve", "Memutuskan satu konflik", "Resolving one conflict", &report) {
      try await ResolveConflict(demo: context, conflicts: healed.conflicts).run()
    }
    let (all, settled) = (healed.conflicts.count, healed.conflicts.count - open - 1)
    report.add(
      "conflicts_count", BilingualText(id: "Konflik", en: "Conflicts"), Double(all),
      context.language(
        "\(all): \(settled) selesai oleh aturan, 1 diputuskan, \(open) terbuka",
        "\(all): \(settled) settled by policy, 1 resolved, \(open) open"))
  }

  private func prove(
    _ samples: DemoSamples, _ intake: TakeIn.Result, _ report: inout DemoReport
  ) async throws {
    try await step("scopes", "Siapa melihat apa", "Who sees what", &report) {
      try await ShowScopes(demo: context, samples: samples, punches: intake.punches).run()
    }
    let proof = try await step(
      "proof", "Membuktikan dengan jejak bahwa semua salinan sama",
      "Proving by digests that all copies agree", &report
    ) {
      try await context.waitUntilCaughtUp(context.cast.offices, within: .seconds(60))
      return try await ProveEquality(demo: context).run()
    }
    report.add(
      "digests_equal_count", BilingualText(id: "Jejak yang sama", en: "Equal digests"),
      Double(proof.compared),
      context.language(
        "\(proof.compared) dari \(proof.compared), \(proof.holding) di antaranya berisi data",
        "\(proof.compared) of \(proof.compared), \(proof.holding) of them with data"))
    let bytes = DemoMemory.proportionalBytes(of: Array(await context.processes.processIDs.values))
    report.add(
      "memory_bytes", BilingualText(id: "Memori semua layanan", en: "Memory of all daemons"), Double(bytes),
      context.quantity.bytes(bytes))
  }

  /// What happens to a fleet over the years, and what somebody sees of it.
  private func badDay(_ relay: TCPRelay, _ report: inout DemoReport) async throws {
    let office = context.cast.neighbour
    try await step(
      "set_back", "Hari buruk: \(office) dipulihkan dari salinan kemarin",
      "A bad day: \(office) is set back to yesterday's copy", &report
    ) {
      try await SetOfficeBack(demo: context).run()
    }
    try await step(
      "person", "Hari buruk: satu orang terdaftar dua kali", "A bad day: one person is registered twice", &report
    ) {
      try await MergePerson(demo: context).run()
    }
    let cutOff = context.cast.cutOff
    try await step(
      "doctor", "Hari buruk: \(cutOff) bertanya kepada dokter", "A bad day: \(cutOff) asks the doctor", &report
    ) {
      try await AskDoctor(demo: context, relay: relay).run()
    }
  }

  // MARK: Measures

  private func addRate(
    _ key: String, _ indonesian: String, _ english: String, _ duration: Duration, to report: inout DemoReport
  ) {
    let rate = context.rate(context.settings.residents, in: duration)
    let number = context.quantity.count(rate)
    report.add(
      key, BilingualText(id: indonesian, en: english), Double(rate),
      context.language(
        "\(number) baris/detik (\(context.seconds(duration)))",
        "\(number) rows/s (\(context.seconds(duration)))"))
  }

  /// What it took to fill the copy of the kecamatan behind the relay.
  private func add(_ relayed: TCPRelay.Counters, to report: inout DemoReport) {
    let quantity = context.quantity
    let cutOff = context.cast.cutOff
    report.add(
      "relayed_bytes",
      BilingualText(id: "Jaringan \(cutOff), mengisi salinan", en: "Link of \(cutOff), filling its copy"),
      Double(relayed.sentBytes + relayed.receivedBytes),
      context.language(
        "\(quantity.bytes(relayed.receivedBytes)) masuk, \(quantity.bytes(relayed.sentBytes)) keluar",
        "\(quantity.bytes(relayed.receivedBytes)) in, \(quantity.bytes(relayed.sentBytes)) out"))
  }

  /// What the centre's sockets carried, by its own metrics; left out where it does not say.
  private func addTraffic(to report: inout DemoReport) async {
    guard let text = await context.centre.plain("/metrics")?.text,
      let received = DemoMetrics.value("simpul_link_received_bytes_total", in: text),
      let sent = DemoMetrics.value("simpul_link_sent_bytes_total", in: text)
    else { return }
    let bytes = (received: context.quantity.bytes(UInt64(received)), sent: context.quantity.bytes(UInt64(sent)))
    report.add(
      "centre_link_bytes",
      BilingualText(id: "Semua jaringan, menurut pusat", en: "All links, says the centre"), received + sent,
      context.language(
        "\(bytes.received) diterima, \(bytes.sent) dikirim", "\(bytes.received) received, \(bytes.sent) sent"))
  }

  // MARK: Steps

  /// Announces, measures and, where it fails, names a step.
  private func step<Result: Sendable>(
    _ name: String, _ indonesian: String, _ english: String, _ report: inout DemoReport,
    _ body: () async throws -> Result
  ) async throws -> Result {
    let title = context.language(indonesian, english)
    try context.screen.heading("\(report.steps.count + 1). \(title)")
    let began = ContinuousClock.now
    do {
      let result = try await body()
      let duration = ContinuousClock.now - began
      report.add(step: name, duration)
      try context.screen.line("  \(context.seconds(duration))", .faint)
      return result
    } catch let failure as DemoFailure {
      throw named(failure, title)
    } catch let failure as CommandFailure where !failure.message.isEmpty {
      try Task.checkCancellation()
      throw named(
        DemoFailure(BilingualText(id: "jawaban yang baik", en: "a good answer"), found: failure.line), title)
    }
  }

  private func named(_ failure: DemoFailure, _ step: String) -> CommandFailure {
    failure.commandFailure(step: step, directory: context.layout.root, language: context.language)
  }
}

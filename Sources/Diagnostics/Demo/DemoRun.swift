import ArgumentParser
import Datasets
import Foundation
import Settings

/// The demo with all around it: signals, programs, files that go or stay.
struct DemoRun: Sendable {
  private enum Outcome: Sendable {
    case shown
    case interrupted(Int32)
  }

  let settings: DemoSettings
  let layout: DemoLayout
  let fleet: FleetDirectory
  let cast: DemoCast
  let screen: DemoScreen
  let console: Console

  private var language: Language { screen.language }

  /// - Parameter report: called once, when everything was shown.
  /// - Throws: `CommandFailure` for what went wrong, with all files kept; `ExitCode` when a signal came before
  ///   the end.
  func run(report: (DemoReport) throws -> Void) async throws {
    let watch = SignalWatch([SIGINT, SIGTERM, SIGHUP])
    let outcome: Outcome
    do {
      outcome = try await DemoProcesses.supervising(environment: Self.environment(console.environment)) {
        processes in
        let outcome = try await show(processes, watch, report)
        try? screen.line(language("Menghentikan semua layanan…", "Ending all daemons…"), .faint)
        return outcome
      }
    } catch {
      try? screen.endProgress()
      // Nobody reads any more (`| head`): nobody will look into the files either.
      let isUnread = (error as? CommandFailure)?.message.isEmpty ?? false
      if isUnread, settings.keptDirectory == nil { layout.remove() }
      throw error
    }
    if settings.keptDirectory == nil { layout.remove() }
    if case .interrupted(let signal) = outcome { throw ExitCode(128 + signal) }
  }

  /// Runs the demo and, if wished, stays; either ends early with a signal.
  private func show(
    _ processes: DemoProcesses, _ watch: SignalWatch,
    _ report: (DemoReport) throws -> Void
  ) async throws -> Outcome {
    let context = DemoContext(
      settings: settings, layout: layout, fleet: fleet, cast: cast, screen: screen, processes: processes,
      console: console)
    let ports = try FreePorts.find(2)
    let demo = Demo(context, ports: .init(replication: ports[0], page: settings.pagePort ?? ports[1]))
    let relay = try await TCPRelay.start(toHost: "127.0.0.1", port: ports[0])
    let outcome: Result<Outcome, any Error>
    do {
      outcome = .success(try await show(demo, relay, context, watch, report))
    } catch {
      outcome = .failure(error)
    }
    await relay.close()
    return try outcome.get()
  }

  private func show(
    _ demo: Demo, _ relay: TCPRelay, _ context: DemoContext, _ watch: SignalWatch,
    _ report: (DemoReport) throws -> Void
  ) async throws -> Outcome {
    switch try await race(watch, { try await demo.run(relay) }) {
    case .failure(let signal): return .interrupted(signal.number)
    case .success(let done):
      try await summarise(done, context)
      try report(done)
    }
    guard !settings.endsAtOnce else { return .shown }
    try screen.line(
      language(
        "Armada tetap berjalan; Ctrl-C menghentikannya.", "The fleet runs on; Ctrl-C ends it."), .heading)
    _ = try await race(watch) { try await demo.stay() }
    return .shown
  }

  private func summarise(_ report: DemoReport, _ context: DemoContext) async throws {
    try screen.heading(language("Ringkasan", "Summary"))
    try screen.table(report.table(language))
    let answer = await DemoDaemon.plain(url: report.page)
    guard answer?.status == 200 else {
      throw DemoFailure(
        BilingualText(id: "halaman pusat di \(report.page)", en: "the centre's page at \(report.page)"),
        found: answer.map { "HTTP \($0.status)" } ?? "-", logPath: layout.centreLog
      ).commandFailure(step: language("Ringkasan", "Summary"), directory: layout.root, language: language)
    }
    // Of a fleet that ends with this command nothing could be looked at.
    guard !settings.endsAtOnce else { return }
    try screen.line("")
    try screen.line(language("Halaman pusat: \(report.page)", "The centre's page: \(report.page)"), .heading)
    try screen.line(
      language(
        "Coba juga: simpulctl --socket \(layout.centreSocket) nodes list",
        "Try also: simpulctl --socket \(layout.centreSocket) nodes list"))
  }

  /// A signal that came.
  private struct Interruption: Error { let number: Int32 }

  /// What `body` gives, or the signal that came first; `body` is then cancelled.
  private func race<Value: Sendable>(
    _ watch: SignalWatch, _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Result<Value, Interruption> {
    try await withThrowingTaskGroup(of: Result<Value, Interruption>?.self) { group in
      group.addTask { await watch.first().map { .failure(Interruption(number: $0)) } }
      group.addTask { .success(try await body()) }
      defer { group.cancelAll() }
      while let first = try await group.next() { if let first { return first } }
      throw CancellationError()
    }
  }

  /// Of the programs: neither the settings of another daemon nor a service manager that is not theirs.
  static func environment(_ own: [String: String]) -> [String: String] {
    let foreign: Set<String> = [
      "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "JOURNAL_STREAM", "INVOCATION_ID",
    ]
    return own.filter { !$0.key.hasPrefix("SIMPUL_") && !foreign.contains($0.key) }
  }
}

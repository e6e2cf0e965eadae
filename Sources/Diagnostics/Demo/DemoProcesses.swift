import Foundation
import Subprocess
import SystemPackage

/// Starts and ends the demo's programs; none outlives `supervising`.
actor DemoProcesses {
  private struct Running {
    let program: DemoProgram
    var processID: Int32?
    let stop: AsyncStream<Void>.Continuation
    var started: CheckedContinuation<Void, any Error>?
    var waiting: [CheckedContinuation<DemoProgram.End, Never>] = []
    /// Whether its end surprises nobody.
    var mayEnd: Bool
  }

  private struct Order: Sendable {
    let program: DemoProgram
    let stops: AsyncStream<Void>
  }

  /// How long a program may take to end when asked; then it is killed. Above what the daemons need to drain.
  private let grace: Duration
  private let environment: [String: String]
  private let orders: AsyncStream<Order>
  private let order: AsyncStream<Order>.Continuation
  private var running: [String: Running] = [:]
  /// How programs ended, for those who ask afterwards.
  private var ends: [String: DemoProgram.End] = [:]
  private var isClosed = false

  /// The first program that was to stay and ended though nobody asked it to.
  private(set) var unexpectedEnd: DemoProgram.End?

  private init(environment: [String: String], grace: Duration) {
    self.environment = environment
    self.grace = grace
    (orders, order) = AsyncStream.makeStream()
  }

  /// Runs `body`, then ends every program, also when `body` throws or the task is cancelled.
  ///
  /// - Parameter environment: of the programs.
  static func supervising<Result: Sendable>(
    environment: [String: String], grace: Duration = .seconds(15),
    _ body: (DemoProcesses) async throws -> Result
  ) async throws -> Result {
    let processes = DemoProcesses(environment: environment, grace: grace)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await processes.supervise() }
      let outcome: Swift.Result<Result, any Error>
      do { outcome = .success(try await body(processes)) } catch { outcome = .failure(error) }
      await processes.close()
      try await group.waitForAll()
      return try outcome.get()
    }
  }

  /// Starts a program that stays; returns when it runs.
  /// - Throws: when it cannot be started.
  func start(_ program: DemoProgram) async throws { try await start(program, mayEnd: false) }

  private func start(_ program: DemoProgram, mayEnd: Bool) async throws {
    guard !isClosed, running[program.name] == nil else { throw CancellationError() }
    let (stops, stop) = AsyncStream<Void>.makeStream()
    try await withCheckedThrowingContinuation { continuation in
      running[program.name] = Running(program: program, stop: stop, started: continuation, mayEnd: mayEnd)
      order.yield(Order(program: program, stops: stops))
    }
  }

  /// Runs a program to its end.
  func run(_ program: DemoProgram) async throws -> DemoProgram.End {
    try await start(program, mayEnd: true)
    return await end(of: program)
  }

  /// Asks a program to end, and waits until it has.
  func stop(_ name: String) async {
    guard let program = running[name]?.program else { return }
    askToStop(name)
    _ = await end(of: program)
  }

  /// Ends all programs, those marked as last after the others.
  func close() async {
    isClosed = true
    for isLast in [false, true] {
      let programs = running.values.map(\.program).filter { $0.isLast == isLast }
      for program in programs { askToStop(program.name) }
      for program in programs { _ = await end(of: program) }
    }
    order.finish()
  }

  /// The process ids of the programs that run, by name.
  var processIDs: [String: Int32] { running.compactMapValues(\.processID) }

  private func askToStop(_ name: String) {
    running[name]?.mayEnd = true
    running[name]?.stop.finish()
  }

  private func end(of program: DemoProgram) async -> DemoProgram.End {
    await withCheckedContinuation { continuation in
      if running[program.name] != nil {
        running[program.name]?.waiting.append(continuation)
      } else {
        continuation.resume(
          returning: ends[program.name] ?? .init(name: program.name, logPath: program.logPath))
      }
    }
  }

  // MARK: Supervision

  private func supervise() async {
    await withDiscardingTaskGroup { group in
      for await order in orders { group.addTask { await self.supervise(order) } }
    }
    // Orders that came too late, when this task was cancelled.
    isClosed = true
    for program in running.values.map(\.program) { hasFailed(program, CancellationError()) }
  }

  /// Until the program has ended by itself or was asked to: cancelling its run sends SIGTERM, and SIGKILL
  /// after the grace.
  private func supervise(_ order: Order) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.launch(order.program) }
      group.addTask { for await _ in order.stops {} }
      await group.next()
      group.cancelAll()
    }
  }

  private func launch(_ program: DemoProgram) async {
    do {
      let log = try FileDescriptor.open(
        FilePath(program.logPath), .writeOnly, options: [.create, .append, .closeOnExec],
        permissions: [.ownerReadWrite])
      var options = PlatformOptions()
      // A group of its own: Ctrl-C at the terminal reaches the demo alone, which ends its programs in order.
      options.processGroupID = 0
      options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: grace)]
      let result = try await Subprocess.run(
        .path(FilePath(program.path)), arguments: Arguments(program.arguments),
        environment: .custom(environmentPairs), platformOptions: options, input: .string(program.input),
        output: .fileDescriptor(log, closeAfterSpawningProcess: true), error: .combinedWithOutput
      ) { execution in
        self.hasStarted(program, processID: execution.processIdentifier.value)
      }
      switch result.terminationStatus {
      case .exited(let code): hasEnded(program, exitCode: code, signal: nil)
      case .signaled(let signal): hasEnded(program, exitCode: nil, signal: signal)
      }
    } catch {
      hasFailed(program, error)
    }
  }

  private var environmentPairs: [Subprocess.Environment.Key: String] {
    Dictionary(
      environment.compactMap { name, value in
        Subprocess.Environment.Key(rawValue: name).map { ($0, value) }
      }, uniquingKeysWith: { first, _ in first })
  }

  private func hasStarted(_ program: DemoProgram, processID: Int32) {
    running[program.name]?.processID = processID
    running[program.name]?.started?.resume()
    running[program.name]?.started = nil
  }

  private func hasEnded(_ program: DemoProgram, exitCode: Int32?, signal: Int32?) {
    finish(program, .init(name: program.name, exitCode: exitCode, signal: signal, logPath: program.logPath))
  }

  private func hasFailed(_ program: DemoProgram, _ error: any Error) {
    running[program.name]?.started?.resume(throwing: error)
    running[program.name]?.started = nil
    finish(program, .init(name: program.name, exitCode: nil, signal: nil, logPath: program.logPath))
  }

  private func finish(_ program: DemoProgram, _ end: DemoProgram.End) {
    guard let ended = running.removeValue(forKey: program.name) else { return }
    ends[program.name] = end
    if !ended.mayEnd, unexpectedEnd == nil { unexpectedEnd = end }
    for waiter in ended.waiting { waiter.resume(returning: end) }
  }
}

import Datasets
import Foundation

/// How far something is that is waited for.
enum DemoProgress<Result: Sendable>: Sendable {
  case done(Result)
  /// What is there by now, for the progress line and for the failure; a bar where `total` is above 0.
  case waiting(String, done: Int = 0, total: Int = 0)
}

extension DemoContext {
  /// Looks again and again until there is a result.
  ///
  /// An answer that does not come, or is an error, is looked for again: daemons that start or work hard may
  /// keep somebody waiting. A program that has ended is not waited for.
  /// - Throws: `DemoFailure` after `limit`, or when a program has ended.
  func eventually<Result: Sendable>(
    _ expected: BilingualText, within limit: Duration, every pause: Duration = .milliseconds(200),
    _ look: () async throws -> DemoProgress<Result>
  ) async throws -> Result {
    let deadline = ContinuousClock.now + limit
    var found = ""
    while true {
      do {
        switch try await look() {
        case .done(let result): return result
        case .waiting(let text, let done, let total):
          found = text
          try screen.progress(text, done: total > 0 ? done : nil, total: total)
        }
      } catch let failure as CommandFailure {
        if failure.message.isEmpty { throw failure }
        found = failure.line
      }
      try await checkPrograms()
      guard ContinuousClock.now < deadline else {
        let seconds = limit.components.seconds
        throw DemoFailure(
          BilingualText(
            id: "\(expected.indonesian) dalam \(seconds) detik", en: "\(expected.english) within \(seconds) s"
          ),
          found: found)
      }
      try await Task.sleep(for: pause)
    }
  }

  /// Starts a program that stays.
  func start(_ program: DemoProgram) async throws {
    do { try await processes.start(program) } catch let error as CancellationError { throw error } catch {
      throw DemoFailure(
        BilingualText(id: "\(program.path) dapat dijalankan", en: "\(program.path) to start"),
        found: "\(error)")
    }
  }

  /// - Throws: `DemoFailure` when a program has ended by itself.
  func checkPrograms() async throws {
    guard let end = await processes.unexpectedEnd else { return }
    throw DemoFailure(
      BilingualText(id: "\(end.name) tetap berjalan", en: "\(end.name) to keep running"),
      found: "\(end.text): \(Self.lastLine(of: end.logPath))", logPath: end.logPath)
  }

  /// The last line that is not empty, for a message.
  static func lastLine(of path: String) -> String {
    guard let file = FileHandle(forReadingAtPath: path) else { return "" }
    defer { try? file.close() }
    let size = (try? file.seekToEnd()) ?? 0
    try? file.seek(toOffset: size > 4096 ? size - 4096 : 0)
    let bytes = (try? file.readToEnd()) ?? Data()
    let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
    return String((lines.last ?? "").prefix(400))
  }
}

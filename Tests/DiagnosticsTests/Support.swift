import API
import Datasets
import Diagnostics
import Foundation

/// What a run of simpulctl left behind.
struct RunResult: Sendable, Equatable {
  var code: Int32
  var output: String
  var error: String

  /// Standard output as a JSON document, nil when it is none.
  var document: JSONValue? { try? APICoding.decoder.decode(JSONValue.self, from: Data(output.utf8)) }
}

/// Collects what a console prints. Safe because every use of the texts holds the lock.
final class Screen: @unchecked Sendable {
  private let lock = NSLock()
  private var output: [UInt8] = []
  private var error: [UInt8] = []

  func write(_ stream: Console.Stream, _ bytes: [UInt8]) {
    lock.withLock {
      switch stream {
      case .output: output += bytes
      case .error: error += bytes
      }
    }
  }

  func result(code: Int32) -> RunResult {
    lock.withLock {
      RunResult(
        code: code, output: String(decoding: output, as: UTF8.self),
        error: String(decoding: error, as: UTF8.self))
    }
  }
}

/// 2026-10-04 09:00 in Soppeng.
let noon = instant("2026-10-04T09:00:00+08:00")

func instant(_ text: String) -> Timestamp {
  ZonedInstant(text, defaultOffsetMinutes: nil)?.timestamp ?? Timestamp(milliseconds: 0)
}

/// Runs simpulctl in this process.
func simpulctl(
  _ arguments: String..., environment: [String: String] = [:], isTerminal: Bool = false
) async -> RunResult {
  await simpulctl(arguments, environment: environment, isTerminal: isTerminal)
}

func simpulctl(
  _ arguments: [String], environment: [String: String] = [:], isTerminal: Bool = false
) async -> RunResult {
  let screen = Screen()
  let console = Console(
    environment: environment, outputIsTerminal: isTerminal, errorIsTerminal: isTerminal, now: { noon },
    write: { screen.write($0, $1) })
  return screen.result(code: await ControlProgram.run(arguments, console: console))
}

/// Names lines and columns of a golden text without trailing blanks at the end.
func lines(_ text: String...) -> String { text.map { $0 + "\n" }.joined() }

import Foundation
import Synchronization
import TestSupport

/// A program beside the tests that answers each line with a line, both JSON.
final class AnsweringProcess: Sendable {
  private let name: String
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private let heard = Mutex(Data())

  /// - Parameters:
  ///   - name: for the words of a failure.
  ///   - command: the program's path and its arguments.
  init(_ name: String, _ command: [String]) throws {
    self.name = name
    guard let path = command.first else { throw TestFailure("no program for \(name)") }
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = Array(command.dropFirst())
    process.standardInput = input
    process.standardOutput = output
    output.fileHandleForReading.readabilityHandler = { [weak self] handle in
      let data = handle.availableData
      self?.heard.withLock { $0.append(data) }
    }
    try process.run()
  }

  func end() {
    output.fileHandleForReading.readabilityHandler = nil
    try? input.fileHandleForWriting.close()
    // The tests' own signal mask is inherited, and keeps others back.
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
  }

  /// One at a time: answers have no names.
  func ask<Answer: Decodable>(
    _ order: some Encodable, of type: Answer.Type = Answer.self, within limit: Duration
  ) async throws -> Answer {
    try input.fileHandleForWriting.write(contentsOf: try JSONEncoder().encode(order) + Data("\n".utf8))
    var answer: Answer?
    try await eventually("an answer of \(name) to \(order)", within: limit) {
      let line = heard.withLock { heard -> Data? in
        guard let end = heard.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        defer { heard = Data(heard[heard.index(after: end)...]) }
        return Data(heard[..<end])
      }
      guard let line else {
        guard process.isRunning else { throw TestFailure("\(name) died over \(order)") }
        return false
      }
      answer = try JSONDecoder().decode(type, from: line)
      return true
    }
    guard let answer else { throw TestFailure("no answer of \(name)") }
    return answer
  }
}

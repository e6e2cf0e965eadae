import Datasets
import Synchronization

/// What somebody who watches the demo sees: text, and one line that changes while it works.
///
/// Text goes to standard output, or to standard error where that belongs to a JSON document. The changing line
/// goes to standard error; where that is no terminal it becomes a line of its own from time to time.
final class DemoScreen: Sendable {
  private struct Line {
    var isShown = false
    var lastAt: ContinuousClock.Instant?
    var last = ""
  }

  /// Between two plain lines of progress.
  private static let plainInterval: Duration = .seconds(5)
  private static let barWidth = 24
  /// ECMA-48: back to the first column, erase the line.
  private static let eraseLine = "\r\u{1B}[K"

  let language: Language
  private let console: Console
  private let textStream: Console.Stream
  private let line = Mutex(Line())

  init(console: Console, language: Language, isJSON: Bool) {
    self.console = console
    self.language = language
    textStream = isJSON ? .error : .output
  }

  func heading(_ text: String) throws {
    try write("\n" + TextStyle.heading.apply(to: PrintableText.oneLine(text), hasColours: hasColours) + "\n")
  }

  func line(_ text: String, _ style: TextStyle = .plain) throws {
    try write(style.apply(to: PrintableText.oneLine(text), hasColours: hasColours) + "\n")
  }

  /// - Parameter table: shown two columns in.
  func table(_ table: TextTable) throws {
    let lines = table.text(hasColours: hasColours).split(separator: "\n", omittingEmptySubsequences: false)
      .dropLast()
    try write(lines.map { "  \($0)\n" }.joined())
  }

  /// - Parameters:
  ///   - done: of `total`, for the bar; nil for no bar.
  func progress(_ text: String, done: Int? = nil, total: Int = 0) throws {
    let text = PrintableText.oneLine((done.map { Self.bar($0, of: total) + " " } ?? "") + text)
    let now = ContinuousClock.now
    let isTerminal = console.errorIsTerminal
    let isDue = line.withLock { line in
      guard isTerminal || line.lastAt.map({ now - $0 >= Self.plainInterval }) ?? true, line.last != text
      else {
        return false
      }
      line = Line(isShown: isTerminal, lastAt: now, last: text)
      return true
    }
    guard isDue else { return }
    try console.write(isTerminal ? "\(Self.eraseLine)  \(text)" : "  \(text)\n", to: .error)
  }

  /// Takes the changing line away.
  func endProgress() throws {
    let wasShown = line.withLock { line in
      defer { line = Line() }
      return line.isShown
    }
    if wasShown { try console.write(Self.eraseLine, to: .error) }
  }

  private var hasColours: Bool { textStream == .output && console.hasColours }

  private func write(_ text: String) throws {
    try endProgress()
    try console.write(text, to: textStream)
  }

  static func bar(_ done: Int, of total: Int) -> String {
    let full = total > 0 ? min(max(0, done), total) * barWidth / total : 0
    return "[" + String(repeating: "#", count: full) + String(repeating: "-", count: barWidth - full) + "]"
  }
}

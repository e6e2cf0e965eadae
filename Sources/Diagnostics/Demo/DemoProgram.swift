/// A program that the demo runs.
struct DemoProgram: Sendable, Equatable {
  /// Unique among the programs that run, as messages name it: `simpul-agent kec-citta`.
  var name: String
  var path: String
  var arguments: [String]
  /// Where its output goes, behind what is there.
  var logPath: String
  /// Its standard input.
  var input: String
  /// Ends after all others: they say goodbye to it.
  var isLast: Bool

  init(
    name: String, path: String, arguments: [String], logPath: String, input: String = "", isLast: Bool = false
  ) {
    self.name = name
    self.path = path
    self.arguments = arguments
    self.logPath = logPath
    self.input = input
    self.isLast = isLast
  }

  /// A program that has ended.
  struct End: Sendable, Equatable {
    var name: String
    /// Nil when a signal ended it.
    var exitCode: Int32?
    var signal: Int32?
    var logPath: String

    var isSuccess: Bool { exitCode == 0 }

    /// `exit 78` or `signal 9`.
    var text: String { exitCode.map { "exit \($0)" } ?? "signal \(signal ?? 0)" }
  }
}

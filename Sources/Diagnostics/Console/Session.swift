import API
package import Datasets
package import Foundation

/// What a running command has: where to print, whom to ask, in which language.
package struct Session: Sendable {
  package let console: Console
  package let options: GlobalOptions
  package let language: Language
  private let timeout: Duration

  /// - Parameter timeout: from a request to the end of its answer.
  package init(console: Console, options: GlobalOptions, timeout: Duration) {
    self.console = console
    self.options = options
    self.timeout = timeout
    language = options.chosenLanguage(environment: console.environment)
  }

  package var isJSON: Bool { options.json }
  package var quantity: Quantity { Quantity(language: language) }
  package var age: Age { Age(now: console.now(), language: language) }

  /// The daemon that the options, the environment or the default sockets name.
  package func client() throws(CommandFailure) -> APIClient {
    let choice = Endpoint.Choice(
      socket: options.socket, url: options.url, tokenFile: options.tokenFile, environment: console.environment
    )
    let endpoint = try Endpoint.resolve(
      choice, language: language, exists: Self.mayExist,
      read: { Array(try Data(contentsOf: URL(fileURLWithPath: $0))) })
    return APIClient(endpoint, language: language, reason: options.reason, timeout: timeout)
  }

  /// A path that may not be looked at counts: connecting then says what is not permitted.
  private static func mayExist(_ path: String) -> Bool {
    var facts = stat()
    return lstat(path, &facts) == 0 || errno == EACCES
  }

  // MARK: Printing

  /// A daemon's document as it came: what a newer daemon adds shows up too.
  package func print(json body: Data) throws {
    let text = body.isEmpty ? Data("{}".utf8) : body
    try console.write(.output, Array(text) + (text.last == 10 ? [] : [10]))
  }

  package func print(json value: some Encodable) throws {
    try print(json: try APICoding.encoder.encode(value))
  }

  package func print(_ table: TextTable) throws {
    try console.write(table.text(hasColours: console.hasColours))
  }

  /// One line of text; nothing in it can steer the terminal.
  package func print(line: String, style: TextStyle = .plain) throws {
    let text = PrintableText.oneLine(line)
    try console.write(style.apply(to: text, hasColours: console.hasColours) + "\n")
  }

  /// A word for people who look at the screen; never part of the result.
  package func note(_ line: String) throws {
    try console.write(PrintableText.oneLine(line) + "\n", to: .error)
  }
}

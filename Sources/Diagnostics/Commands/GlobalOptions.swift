package import ArgumentParser
package import Datasets

/// What every command takes, before or after its name.
package struct GlobalOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The daemon's admin socket (default: $SIMPUL_SOCKET, $SIMPUL_URL, /run/simpul/aggregator.sock, /run/simpul/agent.sock).",
      valueName: "path"))
  package var socket: String?

  @Option(help: "The daemon's address, such as http://127.0.0.1:7380.")
  package var url: String?

  @Option(
    help: ArgumentHelp(
      "The file whose first line is the token for --url (default: $SIMPUL_TOKEN_FILE).", valueName: "file"))
  package var tokenFile: String?

  @Flag(help: "Print one JSON document instead of text.")
  package var json = false

  @Option(help: "Indonesian (id) or English (en) texts (default: id, unless the locale is English).")
  package var language: String?

  @Option(help: "Why you look or act; needed to see identifiers unmasked, and kept in the audit log.")
  package var reason: String?

  @Option(
    help: ArgumentHelp("How long to wait for an answer (default: 30, after an import 300).", valueName: "seconds")
  )
  package var timeout: Int?

  package init() {}

  package func validate() throws {
    if socket != nil, url != nil {
      throw ValidationError(
        id: "--socket dan --url tidak dapat bersama; beri salah satu.",
        en: "--socket and --url exclude each other; give one of them.")
    }
    if socket != nil, tokenFile != nil {
      throw ValidationError(
        id: "--token-file hanya bersama --url; soket tidak memerlukan token.",
        en: "--token-file goes with --url; a socket needs no token.")
    }
    if socket == "" {
      throw ValidationError(id: "--socket memerlukan letak soket.", en: "--socket needs a path.")
    }
    if let language, Language(rawValue: language) == nil {
      throw ValidationError(
        id: "--language berisi '\(language)'; beri id atau en.", en: "--language is '\(language)'; give id or en.")
    }
    if let reason {
      // It travels as a header (RFC 9110, 5.5).
      guard !reason.isEmpty, reason.utf8.count <= 500,
        reason.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
      else {
        throw ValidationError(
          id: "--reason harus satu baris, 1 sampai 500 byte.", en: "--reason must be one line of 1 to 500 bytes.")
      }
    }
    if let timeout, !(1...3600).contains(timeout) {
      throw ValidationError(
        id: "--timeout berisi \(timeout); beri 1 sampai 3600 detik.",
        en: "--timeout is \(timeout); give 1 to 3600 seconds.")
    }
  }

  /// For decisions that nobody takes without one.
  ///
  /// - Parameter command: as it is typed.
  func requireReason(_ command: String) throws {
    guard reason == nil else { return }
    throw ValidationError(
      id: "\(command) memerlukan --reason \"ALASAN\".", en: "\(command) needs --reason \"TEXT\".")
  }

  package func chosenLanguage(environment: [String: String]) -> Language {
    language.flatMap(Language.init(rawValue:)) ?? Language(environment: environment)
  }

  /// What `chosenLanguage` will be, before anything is parsed.
  static func language(in arguments: [String], environment: [String: String]) -> Language {
    let name = "--language"
    var word: String?
    for (argument, next) in zip(arguments, arguments.dropFirst() + [""]) {
      if argument == name {
        word = next
      } else if argument.hasPrefix(name + "=") {
        word = String(argument.dropFirst(name.count + 1))
      }
    }
    return word.flatMap(Language.init(rawValue:)) ?? Language(environment: environment)
  }
}

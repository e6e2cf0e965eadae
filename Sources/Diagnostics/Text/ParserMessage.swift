import Datasets

/// What ArgumentParser says of wrong usage, in the language of who reads it: it has English sentences alone, in the forms
/// of its `UsageGenerator.swift`, with the user's words between them.
enum ParserMessage {
  /// - Parameter message: as ArgumentParser says it; what is in none of the known forms stays as it is.
  static func text(_ message: String, in language: Language) -> String {
    guard language == .indonesian else { return message }
    for form in forms {
      if let text = form(message) { return text }
    }
    return message
  }

  /// The more particular of two that begin alike is first.
  private static let forms: [@Sendable (String) -> String?] = [
    { message in
      message.wholeMatch(of: /Unknown option '(.*)'\. Did you mean '(.*)'\?/).map {
        "Pilihan '\($0.1)' tidak dikenal. Maksudnya '\($0.2)'?"
      }
    },
    { message in message.wholeMatch(of: /Unknown option '(.*)'/).map { "Pilihan '\($0.1)' tidak dikenal" } },
    { message in message.wholeMatch(of: /Missing value for '(.*)'/).map { "Nilai untuk '\($0.1)' belum ditulis" } },
    { message in
      message.wholeMatch(of: /The option '(.*)' does not take any value, but '(.*)' was specified\./).map {
        "Pilihan '\($0.1)' tidak menerima nilai, tetapi ditulis '\($0.2)'."
      }
    },
    { message in
      message.wholeMatch(of: /Unexpected argument '(.*)'/).map { "'\($0.1)' tidak ada tempatnya di perintah ini" }
    },
    { message in
      message.wholeMatch(of: /(\d+) unexpected arguments: '(.*)'/).map {
        "\($0.1) kata tidak ada tempatnya di perintah ini: '\($0.2)'"
      }
    },
    { message in
      message.wholeMatch(of: /Missing expected argument '(.*)'/).map { "'\($0.1)' belum ditulis" }
    },
    { message in
      message.wholeMatch(of: /Missing one of: '(.*)'/).map { "Salah satu dari ini belum ditulis: '\($0.1)'" }
    },
    { message in
      message.wholeMatch(of: /Missing required subcommand\./).map { _ in "Perintahnya belum ditulis." }
    },
    { message in
      message.wholeMatch(of: /The value '(.*?)' is invalid for '(.*?)'(.*)/.dotMatchesNewlines()).map {
        "Nilai '\($0.1)' tidak sah untuk '\($0.2)'\(choices(String($0.3)))"
      }
    },
  ]

  /// What may stand there instead, or our own sentence of why not, which is in the reader's language already.
  private static func choices(_ rest: String) -> String {
    rest.replacing(". Please provide one of the following:\n", with: ". Yang ada:\n")
      .replacing(/\. Please provide one of (.*)\./) {
        ". Yang ada: \($0.1.replacing("' and '", with: "' dan '").replacing("' or '", with: "' atau '"))."
      }
  }
}

import Datasets

/// What the demo expected and did not get.
struct DemoFailure: Error, Sendable, Equatable {
  var expected: BilingualText
  /// What was there instead; empty when nothing is known.
  var found: String
  /// The log that is most likely to tell why, where one stands out.
  var logPath: String?

  init(_ expected: BilingualText, found: String = "", logPath: String? = nil) {
    self.expected = expected
    self.found = found
    self.logPath = logPath
  }

  /// One line: the step, what was expected and found, and where to look.
  func commandFailure(step: String, directory: String, language: Language) -> CommandFailure {
    let instead = found.isEmpty ? "" : language("; didapat: \(found)", "; found: \(found)")
    let place = logPath ?? directory
    return CommandFailure(
      .problem,
      language(
        "demo gagal pada langkah \"\(step)\": diharapkan \(expected(language))\(instead); lihat catatan di "
          + "\(place) (semua berkas disimpan di \(directory))",
        "the demo failed in the step \"\(step)\": expected \(expected(language))\(instead); see the log in "
          + "\(place) (all files are kept in \(directory))"))
  }
}

package import Datasets

extension Language {
  /// Indonesian unless the locale (POSIX: LC_ALL before LC_MESSAGES before LANG, empty is unset) is English.
  package init(environment: [String: String]) {
    let locale =
      ["LC_ALL", "LC_MESSAGES", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
    self = locale == "en" || locale.hasPrefix("en_") || locale.hasPrefix("en.") ? .english : .indonesian
  }
}

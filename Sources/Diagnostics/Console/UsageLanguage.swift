import ArgumentParser
import Datasets

/// In which language usage errors are told: they arise while arguments are parsed, before there is a session.
enum UsageLanguage {
  @TaskLocal static var current = Language.indonesian
}

extension ValidationError {
  /// What our own commands say of wrong usage; what ArgumentParser itself says is in English.
  init(id indonesian: String, en english: String) { self.init(UsageLanguage.current(indonesian, english)) }
}

package import Datasets
package import Hummingbird

extension Request {
  /// The language that the caller wishes for (RFC 9110 section 12.5.4), of the two that there are.
  package func language(default language: Language) -> Language {
    guard let wished = headers[.acceptLanguage] else { return language }
    return Language(accepting: wished) ?? language
  }
}

extension Language {
  /// - Returns: nil when the header wishes for neither.
  package init?(accepting header: String) {
    var best: (language: Language, weight: Double)?
    for range in header.prefix(1_000).split(separator: ",") {
      let parts = range.split(separator: ";").map { $0.filter { !$0.isWhitespace } }
      guard let tag = parts.first, let primary = tag.split(separator: "-").first,
        let language = Language(rawValue: primary.lowercased())
      else { continue }
      let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
      if weight > 0, weight > best?.weight ?? 0 { best = (language, weight) }
    }
    guard let best else { return nil }
    self = best.language
  }
}

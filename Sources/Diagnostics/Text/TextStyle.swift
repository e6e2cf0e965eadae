/// How a piece of text stands out, where colours are shown; never the only bearer of a meaning.
package enum TextStyle: Sendable, Equatable {
  case plain
  case heading
  case faint
  case good
  case warning
  case bad

  /// ECMA-48 SGR parameters.
  private var parameters: String? {
    switch self {
    case .plain: nil
    case .heading: "1"
    case .faint: "2"
    case .good: "32"
    case .warning: "33"
    case .bad: "31"
    }
  }

  func apply(to text: String, hasColours: Bool) -> String {
    guard hasColours, !text.isEmpty, let parameters else { return text }
    return "\u{1B}[\(parameters)m\(text)\u{1B}[0m"
  }
}

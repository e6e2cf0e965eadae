package import Datasets

/// Why a store did not do what it was asked; nothing was changed by the failed operation.
package struct StoreError: Error, Sendable, CustomStringConvertible {
  package enum Code: String, Sendable {
    /// The file cannot be opened, or is another program's.
    case unusable
    /// Written by a newer version.
    case newerFormat
    /// Stored bytes do not match their checksum or cannot be decoded.
    case damaged
    /// The quota or the disk reserve is reached: HTTP 507.
    case full
    /// What was given is larger than one entry may be: HTTP 413.
    case tooLarge
    /// The disk said no.
    case inputOutput
    /// No such dataset, record or conflict.
    case notFound
    /// What it was begun on has changed since; begin again.
    case outdated
  }

  package let code: Code
  /// A sentence with what a person can do.
  package let text: BilingualText
  package let cause: (any Error)?

  /// - Parameter text: for what keeps a daemon from starting, which its owner reads.
  package init(_ code: Code, _ text: BilingualText, cause: (any Error)? = nil) {
    self.code = code
    self.text = text
    self.cause = cause
  }

  package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.init(code, .verbatim(message), cause: cause)
  }

  /// The same for logs.
  package var message: String { text.english }

  package var description: String { cause.map { "\(message) (\($0))" } ?? message }
}

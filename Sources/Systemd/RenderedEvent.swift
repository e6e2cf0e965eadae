package import Logging

/// A log event with everything a handler adds to it, masked and bounded: what is fit to leave the process.
package struct RenderedEvent: Equatable, Sendable {
  /// One key and its text.
  package struct Field: Equatable, Sendable {
    /// The metadata key as the caller wrote it.
    package let key: String
    /// The masked value.
    package let value: String
  }

  /// The longest text of a message or value that is kept, in bytes; longer ones are cut and end in `…`.
  package static let textBytesMax = 16_384

  /// How bad it is.
  package let level: Logger.Level
  /// The logger's label, usually the part that speaks.
  package let label: String
  /// The masked message.
  package let message: String
  /// The masked metadata, sorted by key.
  package let fields: [Field]
  /// Where in the source the event was logged.
  package let file: String
  /// The line in `file`.
  package let line: UInt
  /// The function in `file`.
  package let function: String

  /// Joins `event` with the metadata of its handler. The event's own values win over the provider's, those over
  /// the handler's; the event's error is shown under `error`.
  package init(
    _ event: LogEvent, label: String, handler: Logger.Metadata, provider: Logger.MetadataProvider?,
    redaction: Redaction
  ) {
    var metadata = handler
    if let provider { metadata.merge(provider.get()) { $1 } }
    if let own = event.metadata { metadata.merge(own) { $1 } }
    if let error = event.error { metadata["error"] = .string("\(error)") }
    self.level = event.level
    self.label = label
    self.message = Self.bounded(redaction.text(event.message.description))
    self.fields = metadata.sorted { $0.key < $1.key }.map { key, value in
      Field(key: key, value: Self.bounded(redaction.text(of: value, under: key)))
    }
    self.file = event.file
    self.line = event.line
    self.function = event.function
  }

  private static func bounded(_ text: String) -> String {
    guard text.utf8.count > textBytesMax else { return text }
    return String(decoding: text.utf8.prefix(textBytesMax), as: UTF8.self) + "…"
  }
}

package import Logging

/// Writes log events to standard error as lines that a person can read.
package struct LineHandler: LogHandler {
  package var metadata: Logger.Metadata = [:]
  package var metadataProvider: Logger.MetadataProvider?
  package var logLevel: Logger.Level

  private let label: String
  private let colours: Bool
  private let redaction: Redaction
  private let write: @Sendable (String) -> Void

  /// A handler for the logger called `label`.
  package init(
    label: String, level: Logger.Level = .info, colours: Bool = false, redaction: Redaction = .standard,
    metadataProvider: Logger.MetadataProvider? = nil
  ) {
    self.init(
      label: label, level: level, colours: colours, redaction: redaction, metadataProvider: metadataProvider,
      write: StandardError.write)
  }

  /// A handler that hands its lines to `write`.
  init(
    label: String, level: Logger.Level = .info, colours: Bool = false, redaction: Redaction = .standard,
    metadataProvider: Logger.MetadataProvider? = nil, write: @escaping @Sendable (String) -> Void
  ) {
    self.label = label
    self.logLevel = level
    self.colours = colours
    self.redaction = redaction
    self.metadataProvider = metadataProvider
    self.write = write
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    let rendered = RenderedEvent(
      event, label: label, handler: metadata, provider: metadataProvider, redaction: redaction)
    write(LogLine.render(rendered, time: LogLine.now(), colours: colours))
  }
}

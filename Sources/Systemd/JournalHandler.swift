import CSystemd
import Glibc
package import Logging

/// Writes log events to the systemd journal with their metadata as fields, so that
/// `journalctl SIMPUL_NODE=disdukcapil` finds them.
package struct JournalHandler: LogHandler {
  package var metadata: Logger.Metadata = [:]
  package var metadataProvider: Logger.MetadataProvider?
  package var logLevel: Logger.Level

  private let label: String
  private let identifier: String
  private let redaction: Redaction
  private let send: @Sendable ([JournalField]) -> Bool

  /// A handler for the logger called `label` in the program called `identifier`.
  package init(
    label: String, identifier: String, level: Logger.Level = .info, redaction: Redaction = .standard,
    metadataProvider: Logger.MetadataProvider? = nil
  ) {
    self.init(
      label: label, identifier: identifier, level: level, redaction: redaction,
      metadataProvider: metadataProvider, send: Self.sendToJournal)
  }

  /// A handler that hands entries to `send`; what `send` refuses goes to standard error.
  init(
    label: String, identifier: String, level: Logger.Level = .info, redaction: Redaction = .standard,
    metadataProvider: Logger.MetadataProvider? = nil, send: @escaping @Sendable ([JournalField]) -> Bool
  ) {
    self.label = label
    self.identifier = identifier
    self.logLevel = level
    self.redaction = redaction
    self.metadataProvider = metadataProvider
    self.send = send
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    let rendered = RenderedEvent(
      event, label: label, handler: metadata, provider: metadataProvider, redaction: redaction)
    if !send(JournalField.fields(of: rendered, identifier: identifier)) {
      StandardError.write(LogLine.render(rendered, time: LogLine.now(), colours: false))
    }
  }

  /// Sends one entry; false when the journal refused it.
  private static func sendToJournal(_ fields: [JournalField]) -> Bool {
    var bytes: [UInt8] = []
    var ends: [Int] = []
    for field in fields {
      bytes.append(contentsOf: field.name.utf8)
      bytes.append(UInt8(ascii: "="))
      bytes.append(contentsOf: field.value.utf8)
      ends.append(bytes.count)
    }
    let result = bytes.withUnsafeMutableBytes { buffer -> Int32 in
      guard let base = buffer.baseAddress else { return 0 }
      var start = 0
      var vectors: [iovec] = []
      for end in ends {
        vectors.append(iovec(iov_base: base + start, iov_len: end - start))
        start = end
      }
      return sd_journal_sendv(vectors, Int32(vectors.count))
    }
    return result >= 0
  }
}

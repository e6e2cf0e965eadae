package import Logging

/// One field of a journal entry: a name the journal accepts and a value of any bytes.
package struct JournalField: Equatable, Sendable {
  /// The longest name the journal keeps, in bytes (systemd.journal-fields(7)).
  package static let nameBytesMax = 64
  /// What the names of all metadata fields begin with.
  package static let prefix = "SIMPUL_"

  /// Upper-case letters, digits and underscores, not beginning with an underscore or digit.
  package let name: String
  /// The value; it may hold line breaks, as the journal takes each field with its length.
  package let value: String

  /// The field called `name`, which must be one the journal accepts.
  init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }

  /// The journal's name for the metadata key `key`: `node` becomes `SIMPUL_NODE`.
  ///
  /// Whatever the journal does not accept becomes an underscore, and long names are cut. Two keys may so share a
  /// name; the journal then keeps both values.
  package static func name(forMetadataKey key: String) -> String {
    var name = prefix
    for scalar in key.unicodeScalars where name.utf8.count < nameBytesMax {
      switch scalar {
      case "A"..."Z", "0"..."9": name.unicodeScalars.append(scalar)
      case "a"..."z": name += scalar.properties.uppercaseMapping
      default: name += "_"
      }
    }
    return name
  }

  /// The syslog priority of `level` (RFC 5424, 6.2.1): 7 is debug, 2 is critical.
  package static func priority(of level: Logger.Level) -> Int {
    switch level {
    case .trace, .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    case .critical: 2
    }
  }

  /// All fields of the journal entry for `event`, logged by the program called `identifier`.
  package static func fields(of event: RenderedEvent, identifier: String) -> [JournalField] {
    var fields = [
      JournalField("MESSAGE", event.message),
      JournalField("PRIORITY", "\(priority(of: event.level))"),
      JournalField("SYSLOG_IDENTIFIER", identifier),
      JournalField("SIMPUL_LOGGER", event.label),
      JournalField("CODE_FILE", event.file),
      JournalField("CODE_LINE", "\(event.line)"),
      JournalField("CODE_FUNC", event.function),
    ]
    for field in event.fields {
      fields.append(JournalField(name(forMetadataKey: field.key), field.value))
    }
    return fields
  }
}

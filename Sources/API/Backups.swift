/// What a backup of the centre holds: the answer to `POST /api/v1/backup/{id}/confirmation`, and in `status`.
package struct BackupReply: Sendable, Codable, Equatable {
  /// RFC 3339.
  package var madeAt: String
  /// The feed's newest position in it, and the epoch that wrote it.
  package var position: UInt64
  package var epoch: String
  package var nodes: Int
  package var records: Int
  package var occurrences: Int
  /// Rows that do not match their checksums. Above 0 the backup does not count: nodes keep what an older one needs.
  package var damaged: Int

  package init(
    madeAt: String, position: UInt64, epoch: String, nodes: Int, records: Int, occurrences: Int, damaged: Int
  ) {
    self.madeAt = madeAt
    self.position = position
    self.epoch = epoch
    self.nodes = nodes
    self.records = records
    self.occurrences = occurrences
    self.damaged = damaged
  }
}

/// `POST /api/v1/backup/{id}/confirmation`: the file is where it is kept, was brought to the disk and read again.
package struct BackupConfirmation: Sendable, Codable, Equatable {
  /// Of the file as it was read again, in lower-case hexadecimal.
  package var sha256: String

  package init(sha256: String) { self.sha256 = sha256 }
}

/// The note beside a backup by which `restore` knows its bytes again, as sha256sum(1) writes and checks it:
/// `sha256sum -c simpul.sqlite.sha256`.
package enum BackupChecksum {
  package static func path(of backup: String) -> String { backup + ".sha256" }

  /// - Parameters:
  ///   - hash: in lower-case hexadecimal.
  ///   - name: the file's, without its directory: the two may move together.
  package static func note(_ hash: String, of name: String) -> String { "\(hash)  \(name)\n" }

  /// - Returns: the hash in a note; nil for a text that is none.
  package static func hash(in note: String) -> String? {
    let hash = note.prefix { !$0.isWhitespace }.lowercased()
    return hash.utf8.count == 64 && hash.allSatisfy(\.isHexDigit) ? hash : nil
  }
}

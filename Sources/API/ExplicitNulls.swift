// Members that contract.md names are there also when there is nothing in them: a client need not tell an
// absent one
// from a mistyped one. Everything else that is nil stays away.

extension RecordsReply {
  private enum Keys: String, CodingKey { case records, next }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(records, forKey: .records)
    try container.encode(next, forKey: .next)
  }
}

extension ConflictsReply {
  private enum Keys: String, CodingKey { case conflicts, next }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(conflicts, forKey: .conflicts)
    try container.encode(next, forKey: .next)
  }
}

extension IntakeReply {
  private enum Keys: String, CodingKey { case accepted, duplicates, rejected, rejectedTotal, stream }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(accepted, forKey: .accepted)
    try container.encode(duplicates, forKey: .duplicates)
    try container.encode(rejected, forKey: .rejected)
    try container.encode(rejectedTotal, forKey: .rejectedTotal)
    try container.encode(stream, forKey: .stream)
  }
}

extension BacklogReply {
  private enum Keys: String, CodingKey { case changes, bytes, oldest }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(changes, forKey: .changes)
    try container.encode(bytes, forKey: .bytes)
    try container.encode(oldest, forKey: .oldest)
  }
}

extension NodeReply {
  private enum Keys: String, CodingKey {
    case node, title, kind, state, lastSeen, backlog, streams, clockOffsetMs, rttMs, version, diskFreeBytes
    case newestData, openConflicts, quarantined
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(node, forKey: .node)
    try container.encodeIfPresent(title, forKey: .title)
    try container.encodeIfPresent(kind, forKey: .kind)
    try container.encode(state, forKey: .state)
    try container.encode(lastSeen, forKey: .lastSeen)
    try container.encode(backlog, forKey: .backlog)
    try container.encode(streams, forKey: .streams)
    try container.encode(clockOffsetMs, forKey: .clockOffsetMs)
    try container.encode(rttMs, forKey: .rttMs)
    try container.encode(version, forKey: .version)
    try container.encode(diskFreeBytes, forKey: .diskFreeBytes)
    try container.encodeIfPresent(newestData, forKey: .newestData)
    try container.encodeIfPresent(openConflicts, forKey: .openConflicts)
    try container.encodeIfPresent(quarantined, forKey: .quarantined)
  }
}

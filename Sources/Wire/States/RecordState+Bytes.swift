import Datasets

/// The compact form of a record's merge state: authors, changes and contexts are written once and referred to,
/// so that a record that was written once costs little more than its values.
extension RecordState {
  private static let formatVersion: UInt8 = 1

  private struct ChangeKey: Hashable {
    let dot: Dot
    let time: Timestamp
    let isSuspect: Bool
  }

  /// - Parameter registry: gets a number for each field name that has none yet.
  package func bytes(registry: inout FieldRegistry) -> [UInt8] {
    var table = ContextTable()
    var changes: [ChangeKey] = []
    var changeIndexes: [ChangeKey: Int] = [:]
    var body = ByteWriter(capacity: 64 + fields.count * 16)
    body.varint(fields.count)
    for field in fields {
      body.varint(registry.number(of: field.name))
      body.varint(table.index(of: field.state.context))
      body.varint(field.state.siblings.count)
      for sibling in field.state.siblings {
        let key = ChangeKey(dot: sibling.dot, time: sibling.time, isSuspect: sibling.isSuspect)
        // Most fields are of one change: comparing with the last is cheaper than hashing.
        let index = changes.last == key ? changes.count - 1 : changeIndexes[key] ?? changes.count
        if index == changes.count {
          changes.append(key)
          changeIndexes[key] = index
        }
        body.varint(index)
        body.value(sibling.value)
      }
    }
    for change in changes { _ = table.index(of: change.dot.author) }
    var writer = ByteWriter(capacity: body.bytes.count + 64)
    writer.byte(Self.formatVersion)
    writer.contextTable(table)
    writer.list(changes) { writer, change in
      writer.varint(table.authors.firstIndex(of: change.dot.author) ?? 0)
      writer.sequence(change.dot.sequence)
      writer.timestamp(change.time)
      writer.byte(change.isSuspect ? 1 : 0)
    }
    writer.raw(body.bytes)
    return writer.bytes
  }

  package init(bytes: [UInt8], registry: FieldRegistry) throws(WireError) {
    var reader = ByteReader(bytes)
    let version = try reader.byte("state version")
    guard version == Self.formatVersion else {
      throw .unknownKind(what: "state version", value: UInt64(version))
    }
    let table = try reader.contextTable()
    let changes = try reader.list("changes", limit: Limits.siblingsMax) {
      reader throws(WireError) -> ChangeKey in
      let author = try table.author(at: try reader.varint("author index"))
      let dot = Dot(author: author, sequence: try reader.sequence())
      let time = try reader.timestamp()
      return ChangeKey(dot: dot, time: time, isSuspect: try reader.flag("suspect"))
    }
    let fields = try reader.list("fields", limit: Limits.fieldsMax) { reader throws(WireError) -> Field in
      let name = try registry.name(at: try reader.varint("field number"))
      let context = try table.context(at: try reader.varint("context"))
      let siblings = try reader.list("siblings", limit: Limits.siblingsMax) {
        reader throws(WireError) -> Sibling in
        let index = try reader.varint("change index")
        guard index < UInt64(changes.count) else { throw .malformed(what: "change index") }
        let change = changes[Int(index)]
        return Sibling(
          dot: change.dot, value: try reader.value(), time: change.time, isSuspect: change.isSuspect)
      }
      // What no merge can have made is damage: it must not be passed on.
      guard siblings.allSatisfy({ context.covers($0.dot) }),
        zip(siblings, siblings.dropFirst()).allSatisfy({ $0.dot < $1.dot })
      else { throw .malformed(what: "siblings") }
      return Field(name: name, state: FieldState(context: context, siblings: siblings))
    }
    try reader.expectEnd()
    guard let state = RecordState(fields: fields) else { throw .malformed(what: "fields") }
    self = state
  }
}

package import Datasets
package import Replication
import Storage
import Wire

extension CentreStore {
  /// Puts a quarantined change right: the centre writes it with these values in place of the original's.
  ///
  /// - Parameters:
  ///   - version: what the person looked at; nil replaces nothing that came since the original.
  ///   - reason: why somebody decided so; kept with the entry and the change.
  /// - Throws: `CentreEditError`; `StoreError(.notFound)` when there is no such entry or it is not held, `.unusable` for one
  ///   that cannot be put right.
  package func mend(
    _ id: Int64, values: [(name: FieldName, value: Value)], version: RecordVersion?, reason: String, now: Timestamp
  ) async throws -> CentreEdit {
    return try await write(now: now) { session in
      guard let entry = try session.heldEntries(where: "id = ?", [.integer(id)]).first else {
        throw StoreError(.notFound, "No entry \(id) is held in quarantine.")
      }
      guard entry.isSound else { throw StoreError.damaged(DamagedRow(.quarantine, id)) }
      guard case .change(_, let original)? = try? Entry(ByteReader(entry.bytes)),
        try session.code(of: entry) != QuarantineReason.Code.unknownContext.rawValue
      else { throw StoreError(.unusable, "The entry \(id) is no change that can be put right.") }
      let dataset = try session.installed(entry.dataset)
      let known = try session.recordWriter(dataset).record(original.record) ?? .new(original.record)
      let editor = RecordEditor(
        definition: dataset.definition, node: .centre, record: original.record, state: known.state,
        own: OwnEdits(ofCentreIn: known.state, record: original.record))
      let dot = Dot(author: try session.author(ofRow: entry.row), sequence: entry.sequence)
      let change: Change?
      do throws(EditRefusal) {
        change = try editor.mend(original, dot: dot, values: values, version: version, reason: reason)
      } catch {
        throw CentreEditError.refused(error)
      }
      guard let change else {
        throw StoreError(.unusable, "The entry \(id) is no change that can be put right.")
      }
      try session.tell(.applied, of: entry, reason: reason)
      let edit = try session.append(change, to: known, of: dataset)
      try session.run(
        """
        UPDATE quarantine SET state = 'mended', decided_ms = ?, decision = ?, mended_incarnation = ?, mended_sequence = ?
        WHERE id = ?
        """,
        [
          .integer(now.milliseconds), .text(reason), .optional(try session.row(of: edit.dot.author)),
          edit.dot.sequence.stored, .integer(id),
        ])
      return edit
    }
  }
}

extension WriteSession {
  fileprivate func code(of entry: HeldEntry) throws -> String? {
    try first("SELECT code FROM quarantine WHERE id = ?", [.integer(entry.id)]) { $0.text(0) } ?? nil
  }
}

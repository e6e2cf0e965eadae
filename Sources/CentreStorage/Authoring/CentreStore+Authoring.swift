package import Datasets
package import Replication
import Storage
import Wire

extension CentreStore {
  /// A save by the centre, author `scc`, over what `version` showed (nil: over the present state, marked
  /// blind).
  ///
  /// - Returns: nil when `values` is empty.
  /// - Throws: `CentreEditError`, `StoreError`.
  package func save(
    _ dataset: DatasetName, _ record: RecordID, values: [(name: FieldName, value: Value)],
    version: RecordVersion?,
    isCorrection: Bool = false, reason: String? = nil, now: Timestamp
  ) async throws -> CentreEdit? {
    try await edit(dataset, record, now: now) { editor throws(EditRefusal) in
      try editor.save(values, version: version, isCorrection: isCorrection, reason: reason)
    }
  }

  /// A record that the centre makes, with an id that nobody knows yet.
  package func create(
    _ dataset: DatasetName, _ record: RecordID, values: [(name: FieldName, value: Value)], source: String?,
    now: Timestamp
  ) async throws -> CentreEdit? {
    try await write(now: now) { session in
      let installed = try session.installed(dataset)
      guard try session.recordWriter(installed).record(record) == nil else {
        throw CentreEditError.refused(.foreignVersion)
      }
      let editor = RecordEditor(
        definition: installed.definition, node: .centre, record: record, state: .empty, own: .none)
      let change: Change
      do throws(EditRefusal) {
        change = try editor.create(values, source: source)
      } catch {
        throw CentreEditError.refused(error)
      }
      return try session.append(change, to: .new(record), of: installed)
    }
  }

  /// A delete, a restore, or making `record` another name of `aliasOf`.
  package func setLifecycle(
    _ dataset: DatasetName, _ record: RecordID, to lifecycle: Lifecycle, aliasOf: RecordID? = nil,
    version: RecordVersion?, reason: String? = nil, now: Timestamp
  ) async throws -> CentreEdit? {
    try await edit(dataset, record, now: now) { editor throws(EditRefusal) in
      try editor.setLifecycle(lifecycle, aliasOf: aliasOf, version: version, reason: reason)
    }
  }

  /// A person's choice between the siblings that `version` showed, or a third value.
  ///
  /// - Throws: `CentreEditError.siblingsSince` when there are others by now.
  package func resolve(
    _ dataset: DatasetName, _ record: RecordID, field: FieldName, value: Value, version: RecordVersion,
    isCorrection: Bool = false, reason: String?, now: Timestamp
  ) async throws -> CentreEdit? {
    try await write(now: now) { session in
      let (installed, known, editor) = try session.editor(dataset, record)
      let seen = version.context(of: field)
      guard known.state[field].siblings.allSatisfy({ seen.covers($0.dot) }) else {
        throw CentreEditError.siblingsSince(field: field)
      }
      let change: Change
      do throws(EditRefusal) {
        change = try editor.resolve(
          field, value: value, version: version, isCorrection: isCorrection, reason: reason)
      } catch {
        throw CentreEditError.refused(error)
      }
      return try session.append(change, to: known, of: installed)
    }
  }

  private func edit(
    _ dataset: DatasetName, _ record: RecordID, now: Timestamp,
    _ make: @escaping @Sendable (RecordEditor) throws(EditRefusal) -> Change?
  ) async throws -> CentreEdit? {
    try await write(now: now) { session in
      let (installed, known, editor) = try session.editor(dataset, record)
      let change: Change?
      do throws(EditRefusal) {
        change = try make(editor)
      } catch {
        throw CentreEditError.refused(error)
      }
      guard let change else { return nil }
      return try session.append(change, to: known, of: installed)
    }
  }
}

import API
import Datasets
import HTTPServing
import Hummingbird
import NodeStorage
import Replication
import Sessions
import Settings
import Wire

extension AgentRoutes {
  /// The dataset of the path.
  ///
  /// - Throws: 404, or 503 while the centre has not sent any definitions.
  func dataset(_ call: HTTPCall) throws -> Catalogue.Dataset {
    let written = call.parameter("dataset")
    if let dataset = DatasetName(written).flatMap({ context.catalogue.dataset($0) }) { return dataset }
    throw HTTPProblem(Intake.unknown(written, context.catalogue), language: call.language)
  }

  /// The dataset of the path, which must hold records.
  func editableDataset(_ call: HTTPCall) throws -> Catalogue.Dataset {
    let dataset = try dataset(call)
    guard dataset.definition.kind == .record else { throw HTTPProblem.notEditable(call.language) }
    return dataset
  }

  static func unknownCursor(_ call: HTTPCall) -> HTTPProblem {
    .malformed(
      "cursor", BilingualText(id: "isi next dari halaman sebelumnya", en: "the page before's next"),
      language: call.language)
  }

  /// That an office which the query names is this one.
  ///
  /// - Throws: `HTTPProblem` 404 for another: of those the centre knows.
  func requireHere(_ call: HTTPCall) throws {
    guard let asked = try call.nodeFilter(), asked != context.settings.node else { return }
    throw otherOffice(call)
  }

  func otherOffice(_ call: HTTPCall) -> HTTPProblem {
    let home = context.settings.node
    return HTTPProblem(
      .notFound, "unknown_node",
      BilingualText(
        id:
          "Agen ini hanya tahu kantornya sendiri (\(home)). Tentang kantor lain tanyakan di pusat, dengan perintah yang "
          + "sama.",
        en: "This agent knows only its own office (\(home)). Of other offices ask at the centre, with the same command."
      ),
      language: call.language)
  }

  /// A record of the local copy, hidden ones too.
  func view(_ name: DatasetName, _ id: RecordID, language: Language) async throws -> RecordView {
    guard let view = try await context.store.record(name, id) else {
      throw HTTPProblem.notInCopy(language)
    }
    return view
  }
}

extension HTTPProblem {
  static func notInCopy(_ language: Language) -> HTTPProblem {
    HTTPProblem(
      .notFound, "unknown_record",
      BilingualText(
        id:
          "Tidak ada di salinan kantor ini: dihapus, digabung dengan data lain, milik wilayah lain, atau tidak pernah "
          + "dicatat. Yang mana, diketahui pusat; di sana: simpulctl trace DATASET ID.",
        en:
          "Not in this office's copy: deleted, merged with another, of another region, or never recorded. Which, the "
          + "centre knows; there: simpulctl trace DATASET ID."),
      language: language)
  }
}

extension RecordRendering {
  func record(_ view: RecordView) -> RecordReply {
    record(
      view.id, version: view.version, fields: view.fields,
      conflicts: view.conflicts.map { ($0.field, $0.state) }, lifecycle: view.lifecycle, aliasOf: view.aliasOf
    )
  }

  func conflict(_ conflict: FieldConflict, in dataset: DatasetName, of record: RecordView) -> ConflictReply {
    self.conflict(
      ConflictID(dataset: dataset, record: record.id, field: conflict.field), conflict,
      version: record.version)
  }

  func conflict(_ conflict: RecordConflict) -> ConflictReply {
    self.conflict(
      ConflictID(dataset: conflict.dataset, record: conflict.record, field: conflict.conflict.field),
      conflict.conflict, version: conflict.version)
  }

  /// - Note: `base` is not known at a node: the value that all siblings replaced is history of the centre.
  private func conflict(_ id: ConflictID, _ conflict: FieldConflict, version: RecordVersion) -> ConflictReply {
    self.conflict(
      id, policy: conflict.policy.word, state: conflict.state, shown: conflict.shown, base: nil,
      version: version,
      siblings: conflict.siblings)
  }
}

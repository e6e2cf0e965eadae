package import Datasets
import HTTPTypes
import Replication
package import Wire

/// What there is to say of a record beside how far its changes have come.
package struct TraceRemarks: Sendable {
  private let state: RecordState
  private let shown: ShownRecord

  package init(_ state: RecordState, definition: DatasetDefinition) {
    self.state = state
    shown = ShownRecord(state, definition: definition)
  }

  /// - Parameter newest: the change that the trace is about, if it can be read.
  package func list(newest: (dot: Dot, change: Change)?) -> [BilingualText] {
    [newest.flatMap(replacement), conflicts, lifecycle].compactMap { $0 }
  }

  /// Of a change, event or sample that somebody took out of quarantine for good.
  ///
  /// - Parameters:
  ///   - change: what it would have written; nil for an event's, and where that cannot be read any more.
  ///   - code: why it was held; nil where that is not known any more.
  ///   - reason: what the person who gave it up wrote; nil or empty where there is nothing.
  package static func discarded(
    _ change: Change?, code: String?, reason: String?, _ definition: DatasetDefinition
  ) -> BilingualText {
    let fields = (change?.edits ?? []).map { definition.field($0.field)?.title ?? $0.field.shown }
    let (indonesian, english) = (
      fields.map(\.indonesian).joined(separator: ", "), fields.map(\.english).joined(separator: ", ")
    )
    let held = code.map { " (\($0))" } ?? ""
    let why = reason.flatMap { $0.isEmpty ? nil : "\"\(IdentityNumbers.masked($0))\"" }
    return BilingualText(
      id: (fields.isEmpty ? "Dibuang" : "Perubahan atas \(indonesian) dibuang")
        + " dari karantina di pusat\(held), tidak berlaku" + (why.map { "; alasannya: \($0)" } ?? "")
        + ". Tercatat di ledger.",
      en: (fields.isEmpty ? "Given up" : "A change of \(english) was given up")
        + " out of quarantine at the centre\(held) and does not count" + (why.map { "; the reason: \($0)" } ?? "")
        + ". The ledger has it.")
  }

  /// Nothing that it wrote stands any more, because a later change saw it.
  private func replacement(_ newest: (dot: Dot, change: Change)) -> BilingualText? {
    let fields = newest.change.edits.map(\.field)
    let siblings = fields.map { state[$0].siblings }
    guard !fields.isEmpty, siblings.allSatisfy({ !$0.isEmpty }),
      !siblings.contains(where: { $0.contains { $0.dot == newest.dot } }),
      let next = siblings.flatMap({ $0 }).max(by: { $0.time < $1.time })
    else { return nil }
    let (node, time) = (next.dot.author.node, InstantText.of(next.time))
    return BilingualText(
      id: "Isinya sudah diganti oleh perubahan \(next.dot) dari \(node), \(time).",
      en: "What it wrote was replaced by the change \(next.dot) of \(node), \(time).")
  }

  private var conflicts: BilingualText? {
    let open = shown.conflicts.filter { $0.state == .open }.map(\.name.shown)
    guard !open.isEmpty else { return nil }
    let (indonesian, english) = (open.map(\.indonesian), open.map(\.english))
    return BilingualText(
      id: "Konflik terbuka pada \(indonesian.joined(separator: ", ")) menunggu keputusan: simpulctl conflicts list.",
      en: "An open conflict in \(english.joined(separator: ", ")) waits for a person: simpulctl conflicts list.")
  }

  private var lifecycle: BilingualText? {
    let isInSight = shown.conflicts.contains { $0.name == .lifecycle && $0.state == .open }
    let again = BilingualText(
      id: ", lalu dicatat atau diubah lagi oleh yang tidak melihat itu: tetap tampil sampai konfliknya diputuskan.",
      en: ", and recorded or changed again by somebody who had not seen that: it stays in sight until that is decided.")
    switch state.shownLifecycle {
    case .present: return nil
    case .deleted:
      return BilingualText(
        id: "Data ini dihapus" + (isInSight ? again.indonesian : "."),
        en: "This record was deleted" + (isInSight ? again.english : "."))
    case .alias:
      return state.aliasTarget.map {
        BilingualText(
          id: "Data ini digabung ke \($0)" + (isInSight ? again.indonesian : "; jejaknya dicari dengan id itu."),
          en: "This record was merged into \($0)" + (isInSight ? again.english : "; trace that id for its way."))
      }
    }
  }
}

extension BilingualText {
  /// Sentences one after the other.
  package static func joined(_ texts: [BilingualText]) -> BilingualText {
    BilingualText(
      id: texts.map(\.indonesian).joined(separator: " "), en: texts.map(\.english).joined(separator: " "))
  }
}

/// How a caller names the record to be traced.
package enum TracedRecordName: Sendable, Equatable {
  case id(RecordID)
  /// By the number that it shows in this field; never repeated in an answer.
  case number(FieldName, String)
}

extension HTTPCall {
  /// The record of the path: an id, or the number (NIK) by which the dataset knows people.
  ///
  /// - Throws: 404 for what is neither.
  package func tracedRecord(of definition: DatasetDefinition) throws -> TracedRecordName {
    let text = parameter("record")
    if let id = RecordID(text) { return .id(id) }
    let field = definition.identity.first { definition.field($0)?.type == .nik }
    if let field, case .success(let number) = CivilNumber.nik(text) { return .number(field, number) }
    throw HTTPProblem(
      .notFound, "unknown_record",
      field == nil
        ? BilingualText(
          id: "Itu bukan id data. Cari dahulu: simpulctl records list \(definition.name).",
          en: "That is no record's id. Look it up first: simpulctl records list \(definition.name).")
        : BilingualText(
          id: "Itu bukan id data dan bukan NIK. Cari dahulu: simpulctl records list \(definition.name).",
          en: "That is no record's id and no NIK. Look it up first: simpulctl records list \(definition.name)."),
      language: language)
  }

  /// The one record among those that show a number.
  ///
  /// - Throws: 404 when there is none, 409 naming them when there are several.
  package func only(_ records: [RecordID], showing field: FieldName) throws -> RecordID {
    guard let first = records.first else {
      throw HTTPProblem(
        .notFound, "unknown_record",
        BilingualText(
          id: "Tidak ada data di sini dengan \(field) itu. Mungkin di luar wilayah kantor ini, atau belum sampai.",
          en: "No record here shows that \(field). It may be out of this office's scope, or not have come yet."),
        language: language)
    }
    guard records.count == 1 else {
      let names = records.map(\.description).joined(separator: ", ")
      throw HTTPProblem(
        .conflict, "ambiguous",
        BilingualText(
          id: "Beberapa data memakai \(field) itu: \(names). Telusuri per id; lihat juga simpulctl duplicates list.",
          en: "Several records show that \(field): \(names). Trace each by its id; see also simpulctl duplicates list."),
        language: language)
    }
    return first
  }
}

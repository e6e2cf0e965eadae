package import API
package import Datasets
import HTTPTypes
package import Replication
package import Storage

extension HTTPProblem {
  /// What a store could not do: 404, 413, 503, 507 or 500.
  package init(_ error: StoreError, language: Language) {
    switch error.code {
    case .notFound:
      self.init(
        .notFound, "not_found", BilingualText(id: "Data ini tidak ada.", en: "There is no such data."),
        language: language)
    case .full:
      self.init(
        .insufficientStorage, "full",
        BilingualText(
          id:
            "Penyimpanan penuh: data tidak diterima. Simpan datanya, beri ruang pada disk, lalu kirim ulang.",
          en: "The storage is full: the data was not taken. Keep it, make room on the disk and send it again."
        ),
        language: language)
    case .tooLarge:
      self.init(
        .contentTooLarge, "too_large",
        BilingualText(
          id: "Perubahan ini terlalu besar untuk satu data. Persingkat isinya, lalu kirim ulang.",
          en: "The change is too large for one record. Shorten what is in it and send it again."),
        language: language)
    case .outdated:
      self.init(
        .serviceUnavailable, "outdated",
        BilingualText(
          id: "Dasarnya berubah selama pekerjaan ini. Ulangi dari awal.",
          en: "What this was begun on has changed meanwhile. Begin again."),
        language: language)
    case .unusable, .newerFormat, .damaged, .inputOutput:
      self.init(
        .internalServerError, "storage",
        BilingualText(
          id: "Penyimpanan tidak dapat dibaca atau ditulis; lihat catatan (journalctl).",
          en: "The storage cannot be read or written; see the log (journalctl)."),
        language: language)
    }
  }

  /// Why an edit was not taken: 412, 410, 422 or 404.
  ///
  /// - Parameter present: the record as it stands, where the editor has to look again.
  package init(_ refusal: EditRefusal, language: Language, present: RecordReply? = nil) {
    switch refusal {
    case .stale(let fields):
      self.init(
        .preconditionFailed, "stale",
        BilingualText(
          id: "Kantor ini sudah mengubah data yang sama sesudah versi itu. Lihat data sekarang, lalu ulangi.",
          en:
            "This office has changed the same data after that version. Look at it as it is now and try again."
        ),
        language: language, field: fields.first?.text, present: present)
    case .foreignVersion:
      self.init(
        .preconditionFailed, "foreign_version",
        BilingualText(
          id: "Versi itu bukan versi dari data ini. Lihat data sekarang, lalu ulangi.",
          en: "That is no version of this record. Look at it as it is now and try again."),
        language: language, present: present)
    case .gone:
      self.init(
        .gone, "gone",
        BilingualText(
          id:
            "Data ini sudah dihapus atau digabung. Jika masih diperlukan, pulihkan dahulu; bila kantor ini tidak "
            + "lagi menyimpannya, minta pusat memulihkannya.",
          en:
            "This record was deleted or merged. If it is still needed, restore it first; where this office no longer "
            + "holds it, ask the centre to restore it."),
        language: language, present: present)
    case .stepBack(let field):
      self.init(
        .unprocessableContent, "step_back",
        BilingualText(
          id:
            "Nilai ini mundur dari yang tercatat. Jika memang pembetulan, ulangi dengan correction=true (simpulctl: "
            + "--correction).",
          en:
            "This value goes back from what is recorded. To correct it, repeat it with correction=true (simpulctl: "
            + "--correction)."
        ),
        language: language, field: field.text, present: present)
    case .unknownRecord:
      self = .unknownRecord(language)
    }
  }

  /// What an entry cannot be: 403 for a missing right, else 422.
  package init(_ reason: QuarantineReason, language: Language) {
    self.init(
      reason.code == .writeRule ? .forbidden : .unprocessableContent, reason.code.rawValue, reason.text,
      language: language, field: reason.field?.text)
  }

  /// A value that does not fit its field: 422.
  package init(_ problem: FieldProblem, language: Language) {
    self.init(.unprocessableContent, problem.code, problem.reason, language: language, field: problem.field)
  }

  /// - Parameters:
  ///   - written: as the caller called it.
  ///   - known: the datasets that there are.
  package static func unknownDataset(
    _ written: String, among known: [DatasetName], language: Language
  ) -> HTTPProblem {
    HTTPProblem(
      .notFound, "unknown_dataset", UnknownName.dataset(written, among: known.map(\.text)), language: language)
  }

  package static func unknownRecord(_ language: Language) -> HTTPProblem {
    HTTPProblem(
      .notFound, "unknown_record",
      BilingualText(id: "Data ini tidak ada di sini.", en: "There is no such record here."),
      language: language)
  }

  /// - Parameter pair: as `duplicates` calls it. The list of what was merged is the centre's, and so is its undoing.
  package static func merged(_ pair: String, _ language: Language) -> HTTPProblem {
    HTTPProblem(
      .conflict, "merged",
      BilingualText(
        id: "Data ini digabung, tidak dihapus. Batalkan di pusat: simpulctl duplicates undo '\(pair)' --reason ALASAN.",
        en:
          "This record was merged, not deleted. Undo that at the centre: simpulctl duplicates undo '\(pair)' --reason TEXT."
      ), language: language)
  }

  package static func unknownNode(_ language: Language) -> HTTPProblem {
    HTTPProblem(
      .notFound, "unknown_node",
      BilingualText(
        id: "Kantor ini tidak dikenal. Daftarnya: simpulctl nodes list.",
        en: "There is no such office. The list: simpulctl nodes list."),
      language: language)
  }

  package static func unknownConflict(_ language: Language) -> HTTPProblem {
    HTTPProblem(
      .notFound, "unknown_conflict",
      BilingualText(
        id: "Konflik ini tidak ada, atau sudah diputuskan.",
        en: "There is no such conflict, or it is decided."),
      language: language)
  }

  /// Events and samples are facts: nobody edits them.
  package static func notEditable(_ language: Language) -> HTTPProblem {
    HTTPProblem(
      .methodNotAllowed, "not_editable",
      BilingualText(
        id: "Dataset ini mencatat kejadian; isinya tidak disunting.",
        en: "This dataset records events; they are not edited."),
      language: language)
  }

  /// A cursor that no page before gave, or gave too long ago: 400.
  package static func unknownCursor(_ language: Language) -> HTTPProblem {
    .malformed(
      "cursor", BilingualText(id: "isi next dari halaman sebelumnya", en: "the page before's next"),
      language: language)
  }

  /// A query parameter, header or path segment that cannot be read: 400.
  package static func malformed(_ field: String, _ expected: BilingualText, language: Language) -> HTTPProblem {
    HTTPProblem(
      .badRequest, "malformed",
      BilingualText(
        id: "\(field) tidak terbaca: seharusnya \(expected.indonesian).",
        en: "\(field) cannot be read: it must be \(expected.english)."),
      language: language, field: field)
  }
}

import Datasets
import Replication

// Every text says what is wrong and what to do; none repeats the value, which may be personal data.
extension FieldProblem {
  init(_ refusal: EditRefusal) {
    switch refusal {
    case .gone:
      self.init(
        field: nil, code: "gone",
        reason: BilingualText(
          id:
            "Data ini sudah dihapus atau digabung dengan data lain. Bila masih berlaku, pulihkan dulu (simpulctl records "
            + "restore DATASET ID); bila kantor ini tidak lagi menyimpannya, minta pusat memulihkannya.",
          en: "This record was deleted or merged into another. If it still holds, restore it first (simpulctl records "
            + "restore DATASET ID); where this office no longer holds it, ask the centre to restore it."))
    case .stepBack(let field):
      self = .stepBack(field)
    case .stale(let fields):
      self.init(
        field: fields.first?.text, code: "stale",
        reason: BilingualText(
          id: "Kantor ini sudah mengubahnya sejak data dibaca. Baca ulang, lalu ulangi.",
          en: "This office has changed it since it was read. Read it again and repeat."))
    case .foreignVersion, .unknownRecord:
      self.init(
        field: nil, code: "unknown_record",
        reason: BilingualText(
          id: "Data ini tidak dikenal di kantor ini.", en: "This office does not know the record."))
    }
  }

  /// Of a row that was exported, changed and brought back.
  init(ofExported refusal: EditRefusal) {
    switch refusal {
    case .stale(let fields):
      self.init(
        field: fields.first?.text, code: "stale",
        reason: BilingualText(
          id: "Kantor ini sudah mengubahnya sejak berkas ini diekspor. Ekspor lagi, lalu ulangi suntingan baris ini.",
          en: "This office has changed it since this file was exported. Export again and repeat the edit of this row."))
    case .foreignVersion:
      self.init(
        field: "version", code: "foreign_version",
        reason: BilingualText(
          id:
            "Baris ini diekspor dari data lain, atau dari salinan yang lebih baru daripada yang ada di kantor ini. "
            + "Ekspor di kantor ini, lalu ulangi suntingan baris ini.",
          en:
            "This row was exported of another record, or from a copy that is newer than this office's. Export here and "
            + "repeat the edit of this row."))
    case .gone, .stepBack, .unknownRecord: self.init(refusal)
    }
  }

  /// Of a row that names a record.
  static var unknownID: FieldProblem {
    FieldProblem(
      field: "id", code: "unknown_id",
      reason: BilingualText(
        id:
          "Data dengan id ini tidak ada di salinan kantor ini. Kosongkan id dan version bila orangnya baru; bila tidak, "
          + "impor di kantor yang mencatatnya, atau ekspor lagi di sini.",
        en:
          "This office's copy has no record of this id. Leave id and version out for somebody new; otherwise import the "
          + "row at the office that keeps the record, or export again here."))
  }

  static func stepBack(_ field: FieldName) -> FieldProblem {
    FieldProblem(
      field: field.text, code: "step_back",
      reason: BilingualText(
        id: "Nilai ini mundur dari yang tercatat. Bila memang salah catat, ubah sebagai koreksi.",
        en: "This goes back from what is recorded. If the record was wrong, change it as a correction."))
  }

  static func held(_ field: FieldName) -> FieldProblem {
    FieldProblem(
      field: field.text, code: "held",
      reason: BilingualText(
        id:
          "Kolom ini sudah diubah di kantor ini atau kantor lain sejak impor terakhir; nilai berkas ditahan sampai "
          + "diputuskan.",
        en:
          "This office or another one changed the field since the last import; the file's value is held until somebody "
          + "decides."))
  }

  static func numberTaken(_ definition: DatasetDefinition) -> FieldProblem {
    FieldProblem(
      field: definition.person?.number?.text, code: "number_taken",
      reason: BilingualText(
        id:
          "Nomor ini sudah ada pada data lain di sini; baris ini tidak diubah. Bila kolomnya terurut tanpa kolom id, ekspor "
          + "lagi; bila memang satu orang, gabungkan di pusat (simpulctl duplicates list).",
        en:
          "Another record here shows this number; the row was not changed. Where the column was sorted without id, export "
          + "again; where it is one person, merge them at the centre (simpulctl duplicates list)."))
  }

  static var keyReused: FieldProblem {
    FieldProblem(
      field: nil, code: "key_reused",
      reason: BilingualText(
        id:
          "Idempotency-Key (--key) ini sudah dipakai untuk isian lain; isian ini belum disimpan. Pakai kunci baru untuk setiap "
          + "isian.",
        en:
          "This Idempotency-Key (--key) was used for something else; this is not stored. Use a new key for every entry."
      ))
  }

  static var unreadable: FieldProblem {
    FieldProblem(
      field: nil, code: "damaged",
      reason: BilingualText(
        id: "Data yang tersimpan rusak dan sedang diambil ulang dari pusat. Kirim ulang baris ini nanti.",
        en: "What is stored is damaged and is being fetched from the centre. Send this row again later."))
  }

  static var tooLarge: FieldProblem {
    FieldProblem(
      field: nil, code: "too_large",
      reason: BilingualText(
        id: "Baris ini terlalu besar. Persingkat isinya.", en: "This row is too large. Shorten it."))
  }
}

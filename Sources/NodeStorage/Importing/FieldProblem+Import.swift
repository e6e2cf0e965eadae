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
            "Data ini sudah dihapus, digabung dengan data lain, atau pindah dari wilayah kantor ini. Bila masih berlaku, "
            + "pulihkan dulu di pusat (simpulctl records restore).",
          en: "This record was deleted, merged into another, or left this office's area. If it still holds, restore it "
            + "at the centre first (simpulctl records restore)."))
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
          "Kantor ini sudah mengubah kolom ini sejak impor terakhir; nilai berkas ditahan sampai diputuskan.",
        en:
          "This office changed the field since the last import; the file's value is held until somebody decides."
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

package import Datasets
package import Wire

extension QuarantineReason {
  /// Both languages in an ack, a line each: which one the office reads is the office's matter.
  package static func ackText(_ text: BilingualText) -> String {
    let both = "\(text.indonesian)\n\(text.english)"
    if both.utf8.count <= Limits.reasonBytesMax { return both }
    // A list of codes may be long. Cut between characters.
    var bytes = 0
    return String(
      text.indonesian.prefix { character in
        bytes += character.utf8.count
        return bytes <= Limits.reasonBytesMax
      })
  }

  /// What `ackText` says, in both languages as far as it has both.
  package static func text(ofAck reason: String) -> BilingualText {
    let lines = reason.split(separator: "\n", maxSplits: 1).map(String.init)
    return BilingualText(id: lines.first ?? reason, en: lines.last ?? reason)
  }

  /// The rule that a value breaks, as whoever enters it would be told.
  static func schema(_ field: FieldDefinition, _ problem: FieldProblem) -> QuarantineReason {
    QuarantineReason(
      .schema, field: field.name, id: "Isi kolom \(field.name) ditolak. \(problem.reason.indonesian)",
      en: "The value of \(field.name) is refused. \(problem.reason.english)")
  }

  static func undeclaredValue(_ field: FieldName) -> QuarantineReason {
    QuarantineReason(
      .schema, field: field,
      id:
        "Kolom \(field) tidak terdaftar di dataset ini; isinya hanya boleh teks sampai "
        + "\(RowValidator.unknownLengthMax) karakter dalam satu baris.",
      en:
        "The dataset does not declare \(field); it may hold only a text of up to \(RowValidator.unknownLengthMax) "
        + "characters on one line.")
  }

  /// Of the fields that are Simpul's own.
  static func schema(_ field: FieldName) -> QuarantineReason {
    QuarantineReason(
      .schema, field: field, id: "Isi kolom \(field) tidak sesuai dengan ketentuan dataset.",
      en: "The value of \(field) does not fit the dataset.")
  }

  /// Too much in all undeclared fields of an entry together.
  static func tooMuchUndeclared(_ field: FieldName) -> QuarantineReason {
    let kibibytes = Undeclared.bytesMax >> 10
    return QuarantineReason(
      .schema, field: field,
      id:
        "Kolom yang tidak terdaftar di baris ini bersama-sama lebih dari \(kibibytes) KiB. Persingkat isinya.",
      en: "The undeclared fields of this row together hold more than \(kibibytes) KiB. Shorten them.")
  }

  static func foreignOffset(_ field: FieldName) -> QuarantineReason {
    QuarantineReason(
      .schema, field: field,
      id: "Waktu di kolom \(field) harus ditulis dalam WITA (+08:00); perbarui program pengirimnya.",
      en: "The time in \(field) must be written in WITA (+08:00); update the program that sends it.")
  }

  static func missing(_ field: FieldName, _ definition: DatasetDefinition) -> QuarantineReason {
    let title = definition.field(field)?.title ?? BilingualText(id: field.text, en: field.text)
    return QuarantineReason(
      .schema, field: field, id: "Kolom \(title.indonesian) wajib diisi.", en: "\(title.english) is required."
    )
  }

  /// One undeclared field too many, in an entry or in its dataset.
  package static func tooManyUndeclared(_ field: FieldName, countMax: Int) -> QuarantineReason {
    QuarantineReason(
      .schema, field: field,
      id:
        "Kolom \(field) tidak terdaftar di dataset ini, dan tempat untuk kolom tambahan (\(countMax)) sudah habis. "
        + "Hapus kolom itu dari berkas, atau minta pusat mendaftarkannya, lalu kirim ulang.",
      en:
        "The dataset does not declare \(field), and all \(countMax) places for additional fields are taken. "
        + "Remove that column, or ask the centre to declare it, and send it again.")
  }

  static func notAllowed(_ definition: DatasetDefinition) -> QuarantineReason {
    QuarantineReason(
      .writeRule, id: "Kantor ini tidak berwenang menulis data \(definition.title.indonesian) tersebut.",
      en: "This office may not write that \(definition.title.english) data.")
  }

  static func outsideRegion(_ field: FieldName, _ regions: [String]) -> QuarantineReason {
    let own = regions.joined(separator: ", ")
    return QuarantineReason(
      .writeRule, field: field,
      id:
        "Desa/kelurahan data ini di luar wilayah kantor ini (\(own)). Periksa desanya; data wilayah lain dicatat oleh "
        + "kantor wilayah itu.",
      en:
        "The village of this record lies outside this office's area (\(own)). Check the village; what belongs to another "
        + "area is recorded by that area's office.")
  }

  static var empty: QuarantineReason {
    QuarantineReason(.schema, id: "Perubahan ini tidak berisi kolom apa pun.", en: "The change has no fields.")
  }

  static func unseenOwnEdit(_ field: FieldName) -> QuarantineReason {
    QuarantineReason(
      .schema, id: "Perubahan kolom \(field) tidak menyertakan perubahan kantor itu sendiri sebelumnya.",
      en: "The change of \(field) does not include its office's own one before.")
  }

  static var affirmsAbsence: QuarantineReason {
    QuarantineReason(
      .schema, id: "Perubahan ini mengakhiri penghapusan tanpa keputusan seseorang.",
      en: "The change ends a delete without anybody's decision.")
  }

  package static var unknownContext: QuarantineReason {
    QuarantineReason(
      .unknownContext, id: "Perubahan ini merujuk data yang belum diterima pusat.",
      en: "The change refers to data that the centre has not received.")
  }

  /// The change that put the record where its editor saw it is held itself: what that editor may do there can be judged
  /// once somebody has decided on that one.
  ///
  /// - Parameters:
  ///   - author: whose change that is.
  ///   - entry: its number in quarantine.
  package static func awaitsDecision(on author: NodeName, entry: Int64) -> QuarantineReason {
    QuarantineReason(
      .awaitsDecision, awaited: entry,
      id:
        "Menunggu perubahan \(author) atas data yang sama, yang juga ditahan; sesudah itu diputuskan, perubahan ini "
        + "diperiksa lagi dengan sendirinya. Di pusat: simpulctl quarantine show \(entry).",
      en:
        "It waits for a change of \(author) to the same record, which is held too; once that is decided, this one is "
        + "judged again by itself. At the centre: simpulctl quarantine show \(entry).")
  }

  /// The office may write the record only where a change had put it that somebody has discarded.
  package static func shownDiscarded(by author: NodeName) -> QuarantineReason {
    QuarantineReason(
      .writeRule,
      id:
        "Perubahan \(author) yang menempatkan data ini di wilayah kantor ini sudah dibuang di pusat; tanpa itu kantor "
        + "ini tidak berwenang menulisnya. Catat orangnya dari awal, atau minta pusat memperbaiki perubahan ini.",
      en:
        "The change of \(author) that put this record into this office's area was discarded at the centre; without it "
        + "this office may not write the record. Record it anew, or ask the centre to mend this change.")
  }

  /// What let the office write the record was lost with the centre's disk, and its author does not keep it any more.
  package static func shownLost(by author: NodeName) -> QuarantineReason {
    QuarantineReason(
      .writeRule,
      id:
        "Perubahan \(author) yang menempatkan data ini di wilayah kantor ini hilang bersama disk pusat yang lama; tanpa "
        + "itu pusat tidak dapat menilai wewenang kantor ini. Bila isinya benar, minta pusat memperbaiki perubahan ini.",
      en:
        "The change of \(author) that put this record into this office's area was lost with the centre's old disk; without "
        + "it the centre cannot judge what this office may do. If it is right, ask the centre to mend this change.")
  }

  package static var unknownDataset: QuarantineReason {
    QuarantineReason(
      .unknownDataset, id: "Pusat belum mengenal dataset ini; data disimpan dan diproses setelah dikenal.",
      en: "The centre does not know this dataset yet; the data is kept and taken in once it does.")
  }

  package static var revokedBacklog: QuarantineReason {
    QuarantineReason(
      .revokedBacklog,
      id: "Dicatat sebelum kantor ini bergabung lagi sesudah kuncinya dicabut; menunggu keputusan admin.",
      en: "It was recorded before this office joined again after its key was revoked; the admin decides.")
  }

  /// What the centre's disk holds of the record does not match its checksum, and cannot be made anew.
  package static var damagedRecord: QuarantineReason {
    QuarantineReason(
      .damagedRecord,
      id:
        "Isi data ini rusak di disk pusat dan belum dapat dipulihkan; perubahan ini menunggu. Di pusat: simpulctl doctor.",
      en:
        "What the centre's disk holds of this record is damaged and could not be put right yet; this change waits. At the "
        + "centre: simpulctl doctor.")
  }

  package static func notDecodable(_ error: WireError) -> QuarantineReason {
    QuarantineReason(
      .notDecodable, id: "Isi perubahan tidak terbaca (\(error)).",
      en: "The change cannot be decoded (\(error)).")
  }
}

import Datasets

// Texts of what can be wrong with a file or a body as such; none repeats what was in it.
extension FieldProblem {
  static func unreadable(_ code: String, id indonesian: String, en english: String) -> FieldProblem {
    FieldProblem(field: nil, code: code, reason: BilingualText(id: indonesian, en: english))
  }

  static let rowTooLarge = unreadable(
    "row_too_large",
    id:
      "Baris ini terlalu besar (lebih dari 1 MiB) dan dilewati. Periksa apakah ada tanda kutip yang tidak "
      + "ditutup.",
    en: "This row is too large (over 1 MiB) and was skipped. Check for a quotation mark that is not closed.")

  static let cellTooLarge = unreadable(
    "field_too_large",
    id:
      "Satu isian di baris ini lebih dari 64 KiB; barisnya dilewati. Persingkat, atau periksa tanda kutip "
      + "yang tidak ditutup.",
    en:
      "A field of this row is over 64 KiB; the row was skipped. Shorten it, or check for a quotation mark "
      + "that is not closed."
  )

  static let tooManyColumns = unreadable(
    "too_many_columns",
    id: "Baris ini lebih dari 1.000 kolom dan dilewati. Periksa pemisah kolomnya.",
    en: "This row has more than 1,000 columns and was skipped. Check the column separator.")

  static let unclosedQuote = unreadable(
    "unclosed_quote",
    id: "Tanda kutip di baris ini tidak ditutup; barisnya dilewati. Tutup atau hapus tanda kutip itu.",
    en: "A quotation mark of this row is not closed; the row was skipped. Close or remove it.")

  static func ragged(expected: Int, found: Int) -> FieldProblem {
    unreadable(
      "ragged_row",
      id:
        "Baris ini punya \(found) kolom, sedangkan judulnya \(expected). Periksa pemisah kolom dan tanda "
        + "kutip di baris ini.",
      en:
        "This row has \(found) columns, the heading has \(expected). Check separators and quotation marks "
        + "in this row."
    )
  }

  static func noHeading(_ definition: DatasetDefinition) -> FieldProblem {
    let examples = definition.exampleHeadings.joined(separator: ", ")
    return unreadable(
      "unknown_header",
      id:
        "Tidak ada baris judul kolom yang dikenal (misalnya \(examples)). Tambahkan baris judul di atas data, "
        + "lalu kirim ulang.",
      en:
        "No line with known column headings (such as \(examples)) was found. Put a heading line above the "
        + "data and send it again.")
  }

  /// Of a file whose name says that it is a table.
  static let attlogName = unreadable(
    "attlog_name",
    id:
      "Ini unduhan mesin absensi (attlog), bukan tabel berjudul kolom. Beri nama SERIAL_attlog.dat, dengan nomor seri "
      + "mesinnya, lalu taruh lagi di folder attendance.",
    en:
      "This is a terminal's download (attlog), no table with headings. Name it SERIAL_attlog.dat, with the terminal's "
      + "serial number, and drop it into the folder attendance again.")

  /// Words of problems for which no row of a table is read.
  private static let ofWholeTable: Set<String> = [
    "misspelt_column", "missing_column", "duplicate_column", "unknown_column", "reserved_field", "too_many_fields",
    "unknown_header", "not_text", "attlog_name",
  ]

  /// Whether the table is refused as a whole, when it comes before any row.
  var refusesTable: Bool { Self.ofWholeTable.contains(code) }

  static let notCSV = unreadable(
    "not_text",
    id:
      "Ini bukan teks CSV melainkan lembar kerja (XLSX, ODS), PDF, gambar, atau teks UTF-16. Di Excel pilih Simpan "
      + "Sebagai > CSV UTF-8, lalu kirim ulang.",
    en:
      "This is not CSV text but a spreadsheet (XLSX, ODS), a PDF, a picture or UTF-16 text. In Excel choose Save As > "
      + "CSV UTF-8 and send it again."
  )

  static func brokenJSON(_ what: BilingualText) -> FieldProblem {
    unreadable(
      "broken_json", id: "JSON rusak: \(what.indonesian). Perbaiki, lalu kirim ulang.",
      en: "Broken JSON: \(what.english). Mend it and send it again.")
  }

  static let notAnObject = unreadable(
    "not_an_object",
    id: "Setiap data harus berupa objek JSON, seperti {\"nama\": \"…\"}.",
    en: "Every record must be a JSON object such as {\"nama\": \"…\"}.")

  static let tooDeep = unreadable(
    "too_deep",
    id:
      "Objek JSON ini terlalu dalam atau terlalu banyak isinya. Kirim satu data sebagai satu objek yang "
      + "datar.",
    en: "This JSON object is nested too deeply or has too many members. Send one record as one flat object.")

  static func duplicateKey(_ name: String) -> FieldProblem {
    FieldProblem(
      field: name, code: "duplicate_field",
      reason: BilingualText(
        id: "Nama ini ada dua kali dalam satu objek. Hapus salah satunya.",
        en: "This name occurs twice in one object. Remove one of them."))
  }

  static let notAPunch = unreadable(
    "not_a_punch",
    id:
      "Bukan baris absensi: harus ada PIN dan waktu TTTT-BB-HH JJ:MM:DD. Periksa apakah berkasnya terpotong.",
    en:
      "Not a line of attendance: a PIN and a time YYYY-MM-DD HH:MM:SS are needed. Check whether the file "
      + "was cut off."
  )

  static let punchBefore2000 = FieldProblem(
    field: "time", code: "time_before_2000",
    reason: BilingualText(
      id:
        "Waktunya sebelum tahun 2000: jam mesin absensi salah, jadi baris ini tidak diambil. Setel jam mesin, "
        + "betulkan waktu di baris ini bila diketahui, lalu kirim ulang.",
      en:
        "The time is before the year 2000: the terminal's clock is wrong, so this line was not taken. Set its "
        + "clock, correct the time in this line where it is known, and send it again."
    ))

  static let noDevice = FieldProblem(
    field: "device", code: "required",
    reason: BilingualText(
      id: "Mesin absensi tidak diketahui. Beri nama berkas SERIAL_attlog.dat, dengan nomor seri mesinnya.",
      en: "The terminal is not known. Name the file SERIAL_attlog.dat, with the terminal's serial number."))
}

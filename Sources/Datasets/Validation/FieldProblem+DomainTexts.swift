// Texts for the types that know the domain: times, regions, and the numbers that identify people.
extension FieldProblem {
  static func notADate(_ name: String) -> FieldProblem {
    FieldProblem(
      field: name, code: "not_a_date",
      reason: BilingualText(
        id: "Bukan tanggal yang ada di kalender. Tulis HH-BB-TTTT (05-08-1968) atau TTTT-BB-HH (1968-08-05).",
        en: "Not a day of the calendar. Write DD-MM-YYYY (05-08-1968) or YYYY-MM-DD (1968-08-05)."))
  }

  static func dateOutOfRange(_ name: String) -> FieldProblem {
    FieldProblem(
      field: name, code: "date_out_of_range",
      reason: BilingualText(
        id: "Tahunnya tidak masuk akal: harus 1800 sampai 2200. Periksa tahunnya.",
        en: "The year makes no sense: it must be 1800 to 2200. Check the year."))
  }

  /// - Parameter shown: the refused date, where it may be repeated.
  static func dateInFuture(_ name: String, shown: CalendarDate?, today: CalendarDate) -> FieldProblem {
    let value = shown.map { " (\($0))" } ?? ""
    return FieldProblem(
      field: name, code: "date_in_future",
      reason: BilingualText(
        id:
          "Tanggal ini\(value) belum terjadi: hari ini \(today). Periksa tahunnya; bila hari ini keliru, setel jam "
          + "komputer.",
        en:
          "This date\(value) has not come yet: today is \(today). Check the year; if today is wrong, set this "
          + "machine's clock."))
  }

  /// Of a time that is taken all the same: the punch happened, whatever the device's clock said.
  static func timeAhead(_ name: String, clock: ZonedInstant) -> FieldProblem {
    FieldProblem(
      field: name, code: "time_ahead",
      reason: BilingualText(
        id:
          "Waktunya lebih dari sehari di depan jam kantor (\(clock)). Dicatat apa adanya; periksa jam alat itu dan "
          + "jam kantor.",
        en:
          "The time is more than a day ahead of the office's clock (\(clock)). It is kept as it came; check the "
          + "device's clock and the office's."))
  }

  static func notAnInstant(_ name: String) -> FieldProblem {
    FieldProblem(
      field: name, code: "not_an_instant",
      reason: BilingualText(
        id:
          "Bukan waktu yang benar. Tulis 2026-10-04T07:30:00+08:00, atau waktu setempat 2026-10-04 07:30:00.",
        en: "Not a time. Write 2026-10-04T07:30:00+08:00, or local time as 2026-10-04 07:30:00."))
  }

  static func timeBefore2000(_ name: String) -> FieldProblem {
    FieldProblem(
      field: name, code: "time_before_2000",
      reason: BilingualText(
        id: "Waktunya sebelum tahun 2000: jam alat itu salah. Setel jamnya, lalu betulkan data ini.",
        en:
          "The time is before the year 2000: the device's clock is wrong. Set the clock, then mend this row.")
    )
  }

  static func timeAfter2100(_ name: String) -> FieldProblem {
    FieldProblem(
      field: name, code: "time_after_2100",
      reason: BilingualText(
        id: "Waktunya sesudah tahun 2100: jam alat itu salah. Setel jamnya, lalu betulkan data ini.",
        en: "The time is after the year 2100: the device's clock is wrong. Set the clock, then mend this row."
      ))
  }

  static func scientificNotation(_ name: String) -> FieldProblem {
    FieldProblem(
      field: name, code: "scientific_notation",
      reason: BilingualText(
        id:
          "Lembar kerja (Excel) telah mengubah nomor ini menjadi bentuk 7,31E+15 sehingga angka akhirnya "
          + "hilang dan tidak "
          + "dapat dipulihkan. Ambil ulang dari sumbernya, dengan format kolom Teks.",
        en:
          "A spreadsheet turned this number into the form 7.31E+15: its last digits are lost and cannot "
          + "be restored. "
          + "Export it again from the source with the column formatted as Text."))
  }

  static func civilNumber(_ name: String, type: FieldType, defect: CivilNumber.Defect) -> FieldProblem {
    if case .scientificNotation = defect { return .scientificNotation(name) }
    let word = type.word.uppercased()
    let count = type == .nip ? 18 : 16
    let (indonesian, english): (String, String) =
      switch defect {
      case .length(let expected, let found):
        ("harus \(expected) angka, ini \(found)", "it has \(expected) digits, this has \(found)")
      case .notDigits, .scientificNotation:
        (
          "harus \(count) angka tanpa huruf atau tanda lain",
          "it is \(count) digits without letters or other marks"
        )
      case .date:
        (
          "angka tanggal lahirnya bukan tanggal yang ada (untuk NIK perempuan: hari ditambah 40)",
          "its birth date digits are no real day (for a woman's NIK: the day plus 40)"
        )
      case .serial: ("nomor urutnya nol, padahal mulai dari 1", "its serial is zero, but serials start at 1")
      case .allZero: ("isinya nol semua", "it is all zeros")
      }
    let source = type == .kk ? "Kartu Keluarga" : type == .nik ? "KTP-el / Kartu Keluarga" : "SK CPNS"
    return FieldProblem(
      field: name, code: "not_a_\(type.word)",
      reason: BilingualText(
        id: "Bukan \(word) yang benar: \(indonesian). Cocokkan dengan \(source).",
        en: "Not a valid \(word): \(english). Compare with the \(source)."))
  }

  /// - Parameter near: the desa that was most likely meant, by name and code.
  static func notARegion(_ name: String, near: String? = nil) -> FieldProblem {
    let guess = guess(near)
    return FieldProblem(
      field: name, code: "not_a_region",
      reason: BilingualText(
        id: "Bukan kode wilayah.\(guess.indonesian) Tulis seperti 73.12.04.1001 atau 7312041001.",
        en: "Not a region code.\(guess.english) Write it like 73.12.04.1001 or 7312041001."))
  }

  /// The code of a kecamatan or of what is larger, where a desa is meant.
  static func notAVillage(_ name: String) -> FieldProblem {
    FieldProblem(
      field: name, code: "not_a_village",
      reason: BilingualText(
        id:
          "Ini kode provinsi, kabupaten, atau kecamatan; di sini harus desa/kelurahan. Tulis kode lengkapnya, misalnya "
          + "73.12.04.1001.",
        en:
          "This is the code of a province, regency or kecamatan; a desa or kelurahan is meant here. Write its whole code, "
          + "such as 73.12.04.1001."))
  }

  private static func guess(_ near: String?) -> BilingualText {
    near.map { BilingualText(id: " Maksudnya \($0)?", en: " Did you mean \($0)?") } ?? BilingualText(id: "", en: "")
  }

  /// - Parameter near: the region that was most likely meant, by name and code.
  static func unknownRegion(_ name: String, near: String? = nil) -> FieldProblem {
    let guess = guess(near)
    return FieldProblem(
      field: name, code: "unknown_region",
      reason: BilingualText(
        id:
          "Wilayah ini tidak ada dalam daftar.\(guess.indonesian) Periksa nama kecamatan dan desa/kelurahannya, "
          + "atau tulis kodenya (73.12.04.1001).",
        en: "This region is not in the list.\(guess.english) Check the names of the kecamatan and the desa, or "
          + "write the code (73.12.04.1001)."))
  }

  /// A kecamatan that is not in the list, whatever stands beside it.
  ///
  /// - Parameter near: the kecamatan that was most likely meant, and the desa where that is misspelt too.
  static func unknownDistrict(_ name: String, near: String?) -> FieldProblem {
    let guess = guess(near)
    return FieldProblem(
      field: name, code: "unknown_district",
      reason: BilingualText(
        id:
          "Kecamatan di baris ini tidak ada dalam daftar.\(guess.indonesian) Perbaiki nama atau kode kecamatannya, atau "
          + "tulis kode desa/kelurahan (73.12.04.1001).",
        en:
          "The kecamatan of this row is not in the list.\(guess.english) Correct its name or code, or write the desa's "
          + "code (73.12.04.1001)."))
  }

  static func notAPhone(_ name: String) -> FieldProblem {
    FieldProblem(
      field: name, code: "not_a_phone",
      reason: BilingualText(
        id: "Bukan nomor telepon. Tulis 3 sampai 15 angka, misalnya 0812xxxxxxxx atau +62812xxxxxxxx.",
        en: "Not a phone number. Write 3 to 15 digits, such as 0812xxxxxxxx or +62812xxxxxxxx."))
  }
}

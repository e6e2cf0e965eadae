// Every text says what is wrong and what to do; none repeats the value, which may be personal data.
extension FieldProblem {
  package static func required(_ name: String, title: BilingualText) -> FieldProblem {
    FieldProblem(
      field: name, code: "required",
      reason: BilingualText(
        id: "\(title.indonesian) wajib ada dan tidak boleh kosong. Isi, lalu kirim ulang baris ini.",
        en: "\(title.english) is required and may not be empty. Fill it in and send this row again."))
  }

  static func tooLong(_ name: String, lengthMax: Int) -> FieldProblem {
    FieldProblem(
      field: name, code: "too_long",
      reason: BilingualText(
        id: "Terlalu panjang: paling banyak \(lengthMax) karakter. Persingkat isinya.",
        en: "Too long: at most \(lengthMax) characters. Shorten it."))
  }

  static func controlCharacter(_ name: String) -> FieldProblem {
    FieldProblem(
      field: name, code: "control_character",
      reason: BilingualText(
        id:
          "Ada karakter yang tidak terlihat (misalnya ganti baris atau tab). Ketik ulang isinya dalam "
          + "satu baris.",
        en: "It has characters that cannot be seen (a line break or a tab, say). Type it again on one line."))
  }

  static func wrongKind(_ name: String, expected: BilingualText) -> FieldProblem {
    FieldProblem(
      field: name, code: "wrong_kind",
      reason: BilingualText(
        id: "Jenis data salah: di sini harus \(expected.indonesian).",
        en: "Wrong kind of data: \(expected.english) is expected here."))
  }

  static func emptyValue(_ name: String) -> FieldProblem {
    FieldProblem(
      field: name, code: "empty_value",
      reason: BilingualText(
        id: "Kosong. Hilangkan kolom ini bila tidak berubah, atau kirim null untuk mengosongkannya.",
        en: "Empty. Leave the field out if it does not change, or send null to clear it."))
  }

  /// Of a value that says that nothing is known: the field stays as it is.
  static func meansUnknown(_ name: String) -> FieldProblem {
    FieldProblem(
      field: name, code: "means_unknown",
      reason: BilingualText(
        id:
          "Isinya (nol semua, atau -) berarti tidak diketahui, sehingga kolom ini tidak diubah. Isi nilai aslinya, atau "
          + "kirim null untuk mengosongkannya.",
        en:
          "What it says (all zeros, or -) means not known, so the field stays as it is. Give the real value, or send "
          + "null to clear it."))
  }

  static func notAnInteger(_ name: String) -> FieldProblem {
    FieldProblem(
      field: name, code: "not_an_integer",
      reason: BilingualText(
        id: "Bukan bilangan bulat. Tulis angka saja, tanpa titik ribuan atau satuan.",
        en: "Not a whole number. Write digits only, without thousands marks or units."))
  }

  static func notADecimal(_ name: String) -> FieldProblem {
    FieldProblem(
      field: name, code: "not_a_decimal",
      reason: BilingualText(
        id:
          "Bukan bilangan, atau tanda desimalnya tidak jelas. Pakai titik untuk desimal, misalnya 12.5, "
          + "tanpa titik ribuan.",
        en:
          "Not a number, or its decimal mark is not clear. Use a point for decimals, as in 12.5, and no "
          + "thousands marks."
      ))
  }

  static func outOfRange(_ name: String, minimum: String?, maximum: String?) -> FieldProblem {
    let range: BilingualText =
      switch (minimum, maximum) {
      case (let low?, let high?):
        BilingualText(id: "dari \(low) sampai \(high)", en: "from \(low) to \(high)")
      case (let low?, nil): BilingualText(id: "paling sedikit \(low)", en: "at least \(low)")
      case (nil, let high?): BilingualText(id: "paling banyak \(high)", en: "at most \(high)")
      case (nil, nil): BilingualText(id: "lebih kecil", en: "smaller")
      }
    return FieldProblem(
      field: name, code: "out_of_range",
      reason: BilingualText(
        id: "Di luar batas: nilainya harus \(range.indonesian). Periksa angkanya.",
        en: "Out of range: it must be \(range.english). Check the number."))
  }

  static func notABoolean(_ name: String) -> FieldProblem {
    FieldProblem(
      field: name, code: "not_a_boolean",
      reason: BilingualText(
        id: "Tulis ya atau tidak (boleh juga true, false, 1 atau 0).",
        en: "Write ya or tidak (true, false, 1 or 0 also work)."))
  }

  static func unknownCode(_ name: String, table: CodeTable) -> FieldProblem {
    // Long tables (89 occupations) would drown the message.
    let shown = table.codes.count <= 15 ? table.codes : []
    let indonesian = shown.map(\.title.indonesian).joined(separator: "; ")
    let english = shown.map { "\($0.code) \($0.title.english)" }.joined(separator: "; ")
    return FieldProblem(
      field: name, code: "unknown_code",
      reason: BilingualText(
        id: "Tidak ada dalam daftar kode \(table.name)."
          + (shown.isEmpty ? " Pakai kode atau nama dari daftar itu." : " Pilih salah satu: \(indonesian)."),
        en: "Not in the code list \(table.name)."
          + (shown.isEmpty ? " Use a code or a name from that list." : " Choose one of: \(english).")))
  }

  static func masked(_ name: String) -> FieldProblem {
    FieldProblem(
      field: name, code: "masked",
      reason: BilingualText(
        id:
          "Ini nilai yang disamarkan (berisi *), bukan nilai asli. Hilangkan kolom ini, atau isi nilai "
          + "lengkapnya.",
        en: "This is a masked value (with *), not the real one. Leave the field out, or give the full value.")
    )
  }

  static func tooManyElements(_ name: String, countMax: Int) -> FieldProblem {
    FieldProblem(
      field: name, code: "too_many_elements",
      reason: BilingualText(
        id: "Terlalu banyak: paling banyak \(countMax) isi dalam satu daftar.",
        en: "Too many: at most \(countMax) entries in one list."))
  }

  static func duplicateField(_ name: String) -> FieldProblem {
    FieldProblem(
      field: name, code: "duplicate_field",
      reason: BilingualText(
        id: "Kolom ini ada dua kali dalam satu baris. Hapus salah satunya.",
        en: "This field occurs twice in one row. Remove one of them."))
  }

  static func unknownField(_ name: String) -> FieldProblem {
    FieldProblem(
      field: name, code: "unknown_field",
      reason: BilingualText(
        id:
          "Nama kolom tidak dikenal dan tidak dapat disimpan. "
          + "Pakai huruf kecil, angka dan _ (contoh: kode_pos).",
        en:
          "The field's name is not known and cannot be kept. "
          + "Use lower-case letters, digits and _ (such as kode_pos)."
      ))
  }

  static func reservedField(_ name: String) -> FieldProblem {
    FieldProblem(
      field: name, code: "reserved_field",
      reason: BilingualText(
        id:
          "Nama kolom ini dipakai oleh Simpul sendiri. Hapus kolomnya; untuk menghapus data pakai "
          + "perintah hapus.",
        en: "This name belongs to Simpul itself. Remove the field; to delete a record use the delete command."
      ))
  }

  static func tooManyFields(countMax: Int) -> FieldProblem {
    FieldProblem(
      field: nil, code: "too_many_fields",
      reason: BilingualText(
        id: "Terlalu banyak kolom yang tidak dikenal: paling banyak \(countMax).",
        en: "Too many fields that are not known: at most \(countMax)."))
  }
}

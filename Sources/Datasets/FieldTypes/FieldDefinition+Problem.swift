extension FieldDefinition {
  /// Why a value that came over the wire may not stand in the field, by the rule that it breaks; nil when it may. Null
  /// always may, it clears.
  ///
  /// Intake is stricter (it repairs and explains); this is what keeps a hostile or outdated peer's values out.
  package func problem(with value: Value) -> FieldProblem? {
    let name = name.text
    switch (type, value) {
    case (_, .null), (.boolean, .boolean), (.date, .date), (.instant, .instant): return nil
    case (.text(let lengthMax), .text(let text)):
      return text.unicodeScalars.count <= lengthMax ? nil : .tooLong(name, lengthMax: lengthMax)
    case (.integer(let minimum, let maximum), .integer(let number)):
      if number >= minimum ?? .min, number <= maximum ?? .max { return nil }
      return .outOfRange(name, minimum: minimum.map { "\($0)" }, maximum: maximum.map { "\($0)" })
    case (.decimal(let minimum, let maximum), .decimal(let text)):
      guard DecimalText.canonical(text) == text, let number = Double(text) else { return .notADecimal(name) }
      if number >= minimum ?? -.infinity, number <= maximum ?? .infinity { return nil }
      return .outOfRange(
        name, minimum: minimum.map(RowValidator.shown), maximum: maximum.map(RowValidator.shown))
    case (.code(let table), .text(let code)):
      return table.title(of: code) == nil ? .unknownCode(name, table: table) : nil
    case (.list(let lengthMax, let countMax), .list(let elements)):
      guard elements.count <= countMax else { return .tooManyElements(name, countMax: countMax) }
      let isLong = elements.contains { $0.unicodeScalars.count > lengthMax }
      return isLong ? .tooLong(name, lengthMax: lengthMax) : nil
    case (.nik, .text(let text)): return civilNumberProblem(CivilNumber.nik(text))
    case (.kk, .text(let text)): return civilNumberProblem(CivilNumber.kk(text))
    case (.nip, .text(let text)): return civilNumberProblem(CivilNumber.nip(text))
    case (.region, .text(let text)):
      // Whether it is a desa's is asked where it comes in: a heading that a definition gets later must not make wrong what
      // an office took before (ADR 0015).
      guard let region = RegionCode(text), region.text == text else { return .notARegion(name) }
      return nil
    case (.phone, .text(let text)): return (3...20).contains(text.utf8.count) ? nil : .notAPhone(name)
    default: return .wrongKind(name, expected: type.expected)
    }
  }

  private func civilNumberProblem(_ result: Result<String, CivilNumber.Defect>) -> FieldProblem? {
    guard case .failure(let defect) = result else { return nil }
    return .civilNumber(name.text, type: type, defect: defect)
  }
}

extension FieldType {
  /// What a value of the type is called.
  fileprivate var expected: BilingualText {
    switch self {
    case .text: BilingualText(id: "teks", en: "a text")
    case .integer: BilingualText(id: "bilangan bulat", en: "a whole number")
    case .decimal: BilingualText(id: "bilangan", en: "a number")
    case .boolean: BilingualText(id: "ya atau tidak", en: "yes or no")
    case .date: BilingualText(id: "tanggal", en: "a date")
    case .instant: BilingualText(id: "waktu", en: "a time")
    case .code(let table): BilingualText(id: "kode dari daftar \(table.name)", en: "a code of the list \(table.name)")
    case .list: BilingualText(id: "daftar teks", en: "a list of texts")
    case .nik, .kk, .nip: BilingualText(id: "\(word.uppercased())", en: "a \(word.uppercased())")
    case .region: BilingualText(id: "kode wilayah", en: "a region code")
    case .phone: BilingualText(id: "nomor telepon", en: "a phone number")
    }
  }
}

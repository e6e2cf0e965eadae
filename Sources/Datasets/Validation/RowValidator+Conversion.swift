extension RowValidator {
  /// The value of a field that is not JSON null; nil when the text says that the value is not known.
  func value(of raw: RawValue, as field: FieldSlot) throws(FieldProblem) -> Value? {
    let name = field.name.text
    switch field.type {
    case .boolean: return try boolean(raw, name)
    case .list(let lengthMax, let countMax):
      return try list(raw, field, lengthMax: lengthMax, countMax: countMax)
    default: break
    }
    let text = try scalarText(raw, name)
    if case .text(let lengthMax) = field.type {
      if field.isIdentifier, text.utf8.contains(UInt8(ascii: "*")) { throw .masked(name) }
      return try freeText(TextCleaning.withoutTextMarkBeforeDigit(text), name, lengthMax: lengthMax)
    }
    guard !text.isEmpty else { throw .emptyValue(name) }
    return try typedValue(text, field)
  }

  private func typedValue(_ text: String, _ field: FieldSlot) throws(FieldProblem) -> Value? {
    let name = field.name.text
    switch field.type {
    case .nik, .kk, .nip: return try civilNumber(text, name, field.type)
    case .code(let table):
      if let value = field.codes[text] { return value }
      if let code = table.code(for: text) { return .text(code) }
      if Self.meansUnknown(text) { return nil }
      throw .unknownCode(name, table: table)
    case .date: return try date(text, name)
    case .instant: return try instant(text, name, isKey: field.isKey)
    case .integer(let minimum, let maximum):
      return try integer(text, name, minimum: minimum, maximum: maximum)
    case .decimal(let minimum, let maximum):
      return try decimal(text, name, minimum: minimum, maximum: maximum)
    case .region: return try region(text, field)
    case .phone: return try phone(text, name, isIdentifier: field.isIdentifier)
    case .text, .boolean, .list: return nil  // Taken before.
    }
  }

  /// A lone hyphen, with which exports fill a cell they know nothing for.
  static func meansUnknown(_ text: String) -> Bool { text == "-" || text == "–" || text == "—" }

  /// The trimmed text of a number or a string; anything else is no value of a scalar field.
  private func scalarText(_ raw: RawValue, _ name: String) throws(FieldProblem) -> String {
    switch raw {
    case .text(let text): return TextCleaning.trimmed(text)
    case .number(let text): return text
    case .null, .boolean, .list, .object:
      throw .wrongKind(name, expected: BilingualText(id: "satu teks atau angka", en: "one text or number"))
    }
  }

  /// Trimmed text as a value; nothing at all means cleared, so that empty and null are one value.
  func freeText(_ text: String, _ name: String, lengthMax: Int) throws(FieldProblem) -> Value {
    guard !text.isEmpty else { return .null }
    // A number of somebody's in a text is shown masked too.
    if IdentityNumbers.isMasked(text) { throw .masked(name) }
    guard TextCleaning.fits(text, lengthMax: lengthMax) else { throw .tooLong(name, lengthMax: lengthMax) }
    guard !TextCleaning.hasControlCharacter(text) else { throw .controlCharacter(name) }
    return .text(text)
  }

  private func boolean(_ raw: RawValue, _ name: String) throws(FieldProblem) -> Value? {
    if case .boolean(let value) = raw { return .boolean(value) }
    let text = try scalarText(raw, name)
    switch text.lowercased() {
    case "ya", "y", "true", "yes", "1", "benar": return .boolean(true)
    case "tidak", "false", "no", "n", "0", "tdk": return .boolean(false)
    case "": throw .emptyValue(name)
    default: throw .notABoolean(name)
    }
  }

  private func list(
    _ raw: RawValue, _ field: FieldSlot, lengthMax: Int, countMax: Int
  ) throws(FieldProblem) -> Value {
    let name = field.name.text
    let parts: [RawValue]
    switch raw {
    case .list(let elements): parts = elements
    case .text(let text): parts = text.split(separator: ";").map { .text(String($0)) }
    case .number: parts = [raw]
    case .null, .boolean, .object:
      throw .wrongKind(name, expected: BilingualText(id: "daftar teks", en: "a list of texts"))
    }
    var elements: [String] = []
    for part in parts {
      let value = try freeText(try scalarText(part, name), name, lengthMax: lengthMax)
      guard case .text(let text) = value else { continue }
      if field.isIdentifier, text.utf8.contains(UInt8(ascii: "*")) { throw .masked(name) }
      elements.append(text)
      // Counted while reading: a hostile list must not be sorted first.
      guard elements.count <= countMax else { throw .tooManyElements(name, countMax: countMax) }
    }
    return elements.isEmpty ? .null : .list(of: elements)
  }

  private func civilNumber(_ text: String, _ name: String, _ type: FieldType) throws(FieldProblem) -> Value? {
    if text.utf8.contains(UInt8(ascii: "*")) { throw .masked(name) }
    let number = TextCleaning.withoutTextMark(TextCleaning.withoutBlanks(text))
    // Some systems write 0 for a number that is not known (domain.md section 4); so does a lone hyphen.
    if Self.meansUnknown(number) || number.utf8.allSatisfy({ $0 == UInt8(ascii: "0") }) {
      if number.isEmpty { throw .emptyValue(name) }
      return nil
    }
    let result =
      switch type {
      case .nik: CivilNumber.nik(number)
      case .kk: CivilNumber.kk(number)
      default: CivilNumber.nip(number)
      }
    switch result {
    case .success(let digits): return .text(digits)
    case .failure(let defect): throw .civilNumber(name, type: type, defect: defect)
    }
  }

  private func region(_ text: String, _ field: FieldSlot) throws(FieldProblem) -> Value? {
    if Self.meansUnknown(text) { return nil }
    let name = field.name.text
    let code = TextCleaning.withoutTextMark(TextCleaning.withoutBlanks(text))
    guard let region = RegionCode(code) else {
      throw .notARegion(name, near: field.isVillage ? regions?.suggestion(forVillage: text) : nil)
    }
    guard region.isVillage || !field.isVillage else { throw .notAVillage(name) }
    guard isKnown(region) else { throw .unknownRegion(name) }
    return .text(region.text)
  }

  /// `+62…` or `0…`, digits only; the two are not turned into each other, since only the owner knows what a
  /// local number is local to.
  private func phone(_ text: String, _ name: String, isIdentifier: Bool) throws(FieldProblem) -> Value? {
    if text.utf8.contains(UInt8(ascii: "*")) {
      if isIdentifier { throw .masked(name) }
      throw .notAPhone(name)
    }
    if Self.meansUnknown(text) { return nil }
    var digits: [UInt8] = []
    var isInternational = false
    let written = TextCleaning.withoutTextMark(TextCleaning.withoutBlanks(text))
    if written.utf8.contains(where: { $0 | 32 == UInt8(ascii: "e") }),
      written.utf8.allSatisfy({ "0123456789.,eE+".utf8.contains($0) })
    {
      throw .scientificNotation(name)
    }
    for byte in written.utf8 {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digits.append(byte)
      case UInt8(ascii: "+") where digits.isEmpty && !isInternational: isInternational = true
      case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "("), UInt8(ascii: ")"):
        continue
      default: throw .notAPhone(name)
      }
    }
    // A number of at least ten digits that starts with the country's 62 is international; 62 alone may start
    // a local short one.
    if !isInternational, digits.count >= 10, digits.starts(with: "62".utf8) { isInternational = true }
    // A spreadsheet takes the 0 off a mobile number: 812… is 0812….
    if !isInternational, (9...12).contains(digits.count), digits.first == UInt8(ascii: "8") {
      digits.insert(UInt8(ascii: "0"), at: 0)
    }
    guard (3...15).contains(digits.count) else { throw .notAPhone(name) }
    return .text((isInternational ? "+" : "") + String(decoding: digits, as: UTF8.self))
  }
}

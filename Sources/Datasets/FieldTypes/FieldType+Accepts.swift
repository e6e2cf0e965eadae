extension FieldType {
  /// Whether a value that came over the wire may stand in such a field; null always may, it clears.
  ///
  /// Intake is stricter (it repairs and explains); this is what keeps a hostile or outdated peer's values out.
  package func accepts(_ value: Value) -> Bool {
    switch (self, value) {
    case (_, .null): true
    case (.text(let lengthMax), .text(let text)): text.unicodeScalars.count <= lengthMax
    case (.integer(let minimum, let maximum), .integer(let number)):
      number >= minimum ?? .min && number <= maximum ?? .max
    case (.decimal(let minimum, let maximum), .decimal(let text)):
      DecimalText.canonical(text) == text
        && Double(text).map { $0 >= minimum ?? -.infinity && $0 <= maximum ?? .infinity } ?? false
    case (.boolean, .boolean), (.date, .date), (.instant, .instant): true
    case (.code(let table), .text(let code)): table.title(of: code) != nil
    case (.list(let lengthMax, let countMax), .list(let elements)):
      elements.count <= countMax && elements.allSatisfy { $0.unicodeScalars.count <= lengthMax }
    case (.nik, .text(let text)): (try? CivilNumber.nik(text).get()) != nil
    case (.kk, .text(let text)): (try? CivilNumber.kk(text).get()) != nil
    case (.nip, .text(let text)): (try? CivilNumber.nip(text).get()) != nil
    case (.region, .text(let text)): RegionCode(text)?.text == text
    case (.phone, .text(let text)): (3...20).contains(text.utf8.count)
    default: false
    }
  }
}

import API
import Datasets

/// Whether the daemon has masked anything of what it answered with.
struct Masking {
  /// Why it was, where a reason was given.
  static let role = BilingualText(
    id: "token dengan peran ini tidak membuka nomor", en: "a token of this role does not disclose them")

  /// Fields that nobody declared are masked too; of the others only an identifier with an asterisk was.
  private let shown: Set<String>
  private(set) var isSeen = false

  init(_ fields: [DatasetsReply.Field]) {
    shown = Set(fields.filter { $0.personal != FieldDefinition.PersonalData.identifier.rawValue }.map(\.name))
  }

  mutating func look(at records: [RecordReply]) {
    if isSeen { return }
    isSeen = records.contains { record in
      record.fields.contains { name, value in
        guard case .string(let text) = value, !shown.contains(name) else { return false }
        return text.utf8.contains(UInt8(ascii: "*"))
      }
    }
  }
}

extension Session {
  /// Says why numbers stay masked although somebody said why they are looked at.
  func noteMasking(of records: [RecordReply], _ fields: [DatasetsReply.Field], reason: String?) throws {
    guard reason != nil else { return }
    var masking = Masking(fields)
    masking.look(at: records)
    guard masking.isSeen else { return }
    try note(
      language("NIK dan nomor pengenal lain disamarkan; ", "Identifiers are masked; ") + Masking.role(language))
  }
}

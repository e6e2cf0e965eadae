import API
import Datasets

/// Names of people and records as the demo shows them.
enum DemoText {
  /// Ids are personal data: enough to tell records apart, too little to find one.
  static func id(_ record: String) -> String { record.prefix(8) + "…" }

  /// The beginnings of a name, as in `A* B*`: who looks over somebody's shoulder learns nobody's data.
  static func masked(_ name: String) -> String {
    name.split(separator: " ").map { "\($0.prefix(1))***" }.joined(separator: " ")
  }

  /// A field's value, masked where it is a name.
  static func value(_ value: JSONValue, of field: String, _ language: Language) -> String {
    let text = StateWords.value(value, of: field, language)
    return field == "nama" ? masked(text) : text
  }

  /// A resident of a list by masked name and id.
  static func resident(_ record: String, _ residents: [RecordReply]) -> String {
    guard case .string(let name)? = residents.first(where: { $0.id == record })?.fields["nama"] else {
      return id(record)
    }
    return "\(masked(name)) (\(id(record)))"
  }
}

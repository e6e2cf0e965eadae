package import API

/// The part of JSON Schema that the API's documents need.
package indirect enum Schema: Sendable {
  case string
  /// RFC 3339.
  case instant
  case integer
  case boolean
  case anything
  case words([String])
  case array(Schema)
  /// An object with any member names.
  case map(Schema)
  /// An object; members in the order of display.
  case object([Member])
  case nullable(Schema)
  /// One of `components.schemas`.
  case named(String)

  package struct Member: Sendable {
    package let name: String
    package let schema: Schema
    package let isRequired: Bool

    package init(_ name: String, _ schema: Schema, isRequired: Bool = true) {
      self.name = name
      self.schema = schema
      self.isRequired = isRequired
    }
  }

  package static func optional(_ name: String, _ schema: Schema) -> Member {
    Member(name, schema, isRequired: false)
  }

  /// As JSON Schema 2020-12, which OpenAPI 3.1 speaks.
  package var document: JSONValue {
    switch self {
    case .string: Self.type("string")
    case .instant: .object(["type": .string("string"), "format": .string("date-time")])
    case .integer: Self.type("integer")
    case .boolean: Self.type("boolean")
    case .anything: .object([:])
    case .words(let words): .object(["type": .string("string"), "enum": .array(words.map(JSONValue.string))])
    case .array(let element): .object(["type": .string("array"), "items": element.document])
    case .map(let value): .object(["type": .string("object"), "additionalProperties": value.document])
    case .object(let members):
      .object([
        "type": .string("object"),
        "properties": .object(
          Dictionary(members.map { ($0.name, $0.schema.document) }, uniquingKeysWith: { first, _ in first })),
        "required": .array(members.filter(\.isRequired).map { .string($0.name) }),
      ])
    case .nullable(let schema): .object(["anyOf": .array([schema.document, Self.type("null")])])
    case .named(let name): .object(["$ref": .string("#/components/schemas/\(name)")])
    }
  }

  private static func type(_ word: String) -> JSONValue { .object(["type": .string(word)]) }
}

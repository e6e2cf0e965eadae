package import Datasets

/// Any JSON document; members keep no order, so encoders sort them.
package enum JSONValue: Sendable, Hashable, Codable {
  case null
  case boolean(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .boolean(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }

  /// A field's value as contract.md shows it: dates and instants as RFC 3339 texts, decimals as numbers.
  package init(_ value: Value) {
    switch value {
    case .null: self = .null
    case .boolean(let flag): self = .boolean(flag)
    case .integer(let number): self = .integer(number)
    case .decimal(let text): self = Double(text).map(JSONValue.number) ?? .string(text)
    case .text(let text): self = .string(text)
    case .date(let date): self = .string(date.description)
    case .instant(let instant): self = .string(instant.description)
    case .list(let elements): self = .array(elements.map(JSONValue.string))
    }
  }

  /// The value as a producer's, to be validated by the field's type.
  package var rawValue: RawValue {
    switch self {
    case .null: .null
    case .boolean(let flag): .boolean(flag)
    case .integer(let number): .number(String(number))
    case .number(let number): .number(String(number))
    case .string(let text): .text(text)
    case .array(let elements): .list(elements.map(\.rawValue))
    case .object: .object
    }
  }
}

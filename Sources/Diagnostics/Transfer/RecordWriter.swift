package import API
import Datasets
import Foundation
package import Replication

/// Records as the text of a file that `records import` takes again.
package struct RecordWriter: Sendable {
  package enum Form: Sendable, Equatable {
    case csv
    case ndjson
    /// One document, as a single very long page of the API.
    case document
  }

  private let form: Form
  private let fields: [String]
  private let key: ExportKey?
  private var isFirst = true

  /// - Parameters:
  ///   - fields: the columns of a CSV, in order.
  ///   - key: puts `id` and `version` first, by which an import knows the record and what was changed (ADR 0032); nil
  ///     leaves them out.
  package init(form: Form, fields: [String], key: ExportKey?) {
    self.form = form
    self.fields = fields
    self.key = key
  }

  package var opening: String {
    switch form {
    case .csv: Self.line((key == nil ? [] : ["id", ExportedVersion.column]) + fields)
    case .ndjson: ""
    case .document: "{\"next\":null,\"records\":["
    }
  }

  package var closing: String { form == .document ? "]}\n" : "" }

  /// - Throws: what encoding JSON throws.
  package mutating func text(of records: [RecordReply]) throws -> String {
    var output = ""
    for record in records {
      switch form {
      case .csv:
        let cells = fields.map { Self.cell(record.fields[$0]) }
        let own =
          key.map { [record.id, Self.version(of: record, zip(fields, cells).map { (field: $0, text: $1) }, $0)] } ?? []
        output += Self.line(own + cells)
      case .ndjson:
        // A null would clear the field on the way back.
        var members = record.fields.filter { $0.value != .null }
        if let key {
          members["id"] = .string(record.id)
          let cells = record.fields.map { (field: $0.key, text: Self.cell($0.value)) }
          if record.version != nil { members[ExportedVersion.column] = .string(Self.version(of: record, cells, key)) }
        }
        output += String(decoding: try APICoding.encoder.encode(members), as: UTF8.self) + "\n"
      case .document:
        output += (isFirst ? "" : ",") + String(decoding: try APICoding.encoder.encode(record), as: UTF8.self)
      }
      isFirst = false
    }
    return output
  }

  private static func version(
    of record: RecordReply, _ cells: [(field: String, text: String)], _ key: ExportKey
  ) -> String {
    guard let version = record.version else { return "" }
    return ExportedVersion.text(version: version, cells: cells.filter { !$0.text.isEmpty }, key: key)
  }

  /// The elements of a list are separated as the intake takes them.
  private static func cell(_ value: JSONValue?) -> String {
    switch value {
    case nil, .null: ""
    case .boolean(let flag): flag ? "true" : "false"
    case .array(let elements): elements.map { cell($0) }.joined(separator: ";")
    case .integer, .number, .string, .object: ValueText.of(value, language: .english)
    }
  }

  /// RFC 4180.
  private static func line(_ cells: [String]) -> String {
    cells.map { cell in
      let needsQuotes = cell.utf8.contains {
        $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == 10 || $0 == 13
      }
      return needsQuotes ? "\"\(cell.replacing("\"", with: "\"\""))\"" : cell
    }.joined(separator: ",") + "\r\n"
  }
}

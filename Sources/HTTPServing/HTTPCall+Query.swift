package import Datasets
import Foundation
import HTTPTypes
import Hummingbird
package import Replication

extension HTTPCall {
  /// How many elements a page holds.
  package static let limitDefault = 100
  package static let limitMax = 1000

  /// A query parameter, percent-decoded; nil when absent or empty.
  package func query(_ name: String) -> String? {
    request.uri.queryParameters.first { $0.key == name }.flatMap { $0.value.isEmpty ? nil : String($0.value) }
  }

  /// All query parameters but those named, in the order in which they came.
  package func query(except names: Set<String>) -> [(name: String, value: String)] {
    request.uri.queryParameters.compactMap { key, value in
      guard let name = String(key).removingPercentEncoding, !names.contains(name) else { return nil }
      return (name, String(value))
    }
  }

  /// `limit`: 1 to 1,000, above is held there, 100 when absent.
  package func limit() throws -> Int {
    guard let text = query("limit") else { return Self.limitDefault }
    // A number of more digits than fit is above the limit too.
    let isNumber = text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard isNumber, Int(text) ?? .max >= 1 else {
      throw HTTPProblem.malformed(
        "limit", BilingualText(id: "bilangan dari 1 sampai 1000", en: "a number from 1 to 1000"),
        language: language)
    }
    return min(Int(text) ?? .max, Self.limitMax)
  }

  /// `cursor`, read by `read`; nil when absent.
  package func cursor<Cursor>(_ read: (PageCursor) -> Cursor?) throws -> Cursor? {
    guard let text = query("cursor") else { return nil }
    guard let cursor = PageCursor(text).flatMap(read) else {
      throw HTTPProblem.unknownCursor(language)
    }
    return cursor
  }

  /// A name in the query that must be well-formed; nil when absent.
  package func query<Name>(_ name: String, as read: (String) -> Name?, expected: BilingualText) throws
    -> Name?
  {
    guard let text = query(name) else { return nil }
    guard let value = read(text) else { throw HTTPProblem.malformed(name, expected, language: language) }
    return value
  }

  package func datasetFilter() throws -> DatasetName? {
    try query(
      "dataset", as: DatasetName.init, expected: BilingualText(id: "nama dataset", en: "a dataset's name"))
  }

  /// `node`, held to the caller's office: who is limited to one need not name it, and may name no other.
  ///
  /// - Throws: `HTTPProblem` 400 for what is no name, 403 for another office.
  package func nodeFilter() throws -> NodeName? {
    let node = try query(
      "node", as: { NodeName($0) }, expected: BilingualText(id: "nama kantor", en: "an office's name"))
    guard let office = caller.office else { return node }
    if let node, node != office { throw HTTPProblem.otherOffice(caller, language: language) }
    return office
  }

  /// `true` or `false`, absent is false.
  package func flag(_ name: String) throws -> Bool {
    try query(name, as: Bool.init, expected: BilingualText(id: "true atau false", en: "true or false"))
      ?? false
  }

  /// `open`, `settled` or `all`, which is the default.
  package func conflictState() throws -> ConflictState? {
    let state: ConflictState?? = try query(
      "state",
      as: { text -> ConflictState?? in
        switch text {
        case "open": .some(.open)
        case "settled": .some(.settled)
        case "all": .some(nil)
        default: nil
        }
      }, expected: BilingualText(id: "open, settled, atau all", en: "open, settled or all"))
    return state ?? nil
  }

  // MARK: Versions

  /// A version as answers give it; nil for none.
  ///
  /// - Throws: `HTTPProblem` for a text that is no version.
  package func version(_ text: String?) throws -> RecordVersion? {
    guard let text else { return nil }
    guard let version = RecordVersion(text) else {
      throw HTTPProblem(EditRefusal.foreignVersion, language: language)
    }
    return version
  }

  /// The version in `If-Match`, quoted or not; nil when there is none, or `*`.
  ///
  /// - Throws: 412 when it is no version of ours, since then it matches nothing (RFC 9110 section 13.1.1).
  package func ifMatch() throws -> RecordVersion? {
    guard let header = request.headers[.ifMatch] else { return nil }
    var text = header.trimmingCharacters(in: .whitespaces)
    if text.isEmpty || text == "*" { return nil }
    // Proxies that compress weaken tags; ours names what was shown, in whatever bytes.
    if text.hasPrefix("W/") { text.removeFirst(2) }
    if text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") {
      text = String(text.dropFirst().dropLast())
    }
    return try version(text)
  }
}

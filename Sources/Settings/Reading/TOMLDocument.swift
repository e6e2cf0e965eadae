import Datasets
import TOMLKit

/// A parsed TOML text with the places of its keys. The only user of TOMLKit.
struct TOMLDocument {
  /// How the text is called in problems: the file's path as the user gave it.
  let name: String
  var root: SettingValue.Table
  let outline: TOMLOutline

  static let bytesMax = 1 << 20

  private static let remedy = BilingualText(
    id: "perbaiki TOML di situ (https://toml.io)", en: "correct the TOML there (https://toml.io)")

  /// - Throws: one problem, with the line: a parser does not see past the first error.
  init(_ text: String, name: String) throws(SettingsProblems) {
    self.name = name
    guard text.utf8.count <= Self.bytesMax else {
      throw SettingsProblems(
        SettingsProblem(
          .unreadable, file: name, reason: .init(id: "lebih besar dari 1 MiB", en: "larger than 1 MiB"),
          remedy: .init(
            id: "tidak ada berkas pengaturan Simpul yang sebesar itu", en: "no file of Simpul's settings is so large")))
    }
    // C strings end at NUL: what follows would silently be lost.
    guard !text.utf8.contains(0) else {
      throw SettingsProblems(
        SettingsProblem(
          .syntax, file: name, reason: .init(id: "berisi bita NUL", en: "contains a NUL byte"),
          remedy: .init(id: "tulis ulang sebagai teks biasa", en: "write it anew as plain text")))
    }
    do throws(TOMLScanner.Failure) {
      outline = try TOMLOutline(text)
    } catch {
      throw SettingsProblems(
        SettingsProblem(.syntax, file: name, line: error.line, reason: error.reason, remedy: Self.remedy))
    }
    root = SettingValue.Table()
    let parsed: TOMLTable
    do {
      parsed = try TOMLTable(string: text)
    } catch {
      throw Self.syntaxProblem(error, name: name)
    }
    root = converted(parsed, at: .root)
  }

  private static func syntaxProblem(_ error: any Error, name: String) -> SettingsProblems {
    guard let error = error as? TOMLParseError else {
      return SettingsProblems(SettingsProblem(.syntax, file: name, reason: notTOML("\(error)")))
    }
    return SettingsProblems(
      SettingsProblem(
        .syntax, file: name, line: error.source.begin.line, reason: notTOML(error.description), remedy: remedy))
  }

  /// - Parameter message: the parser's, which it has in English only.
  private static func notTOML(_ message: String) -> BilingualText {
    BilingualText(id: "bukan TOML yang benar: \(message)", en: "not TOML: \(message)")
  }

  private func converted(_ table: TOMLTable, at path: SettingPath) -> SettingValue.Table {
    let keys = table.keys.map { (key: $0, rank: outline.rank(of: path.appending($0))) }
      .sorted { ($0.rank, $0.key) < ($1.rank, $1.key) }
    var result = SettingValue.Table()
    for (key, _) in keys {
      guard let value = table[key] else { continue }
      result.set(key, converted(value, at: path.appending(key)))
    }
    return result
  }

  private func converted(_ value: any TOMLValueConvertible, at path: SettingPath) -> SettingValue {
    switch value.type {
    case .table: return .table(value.table.map { converted($0, at: path) } ?? .init())
    case .array:
      guard let array = value.array else { return .array([]) }
      return .array(array.indices.map { converted(array[$0], at: path.appending(index: $0)) })
    case .string: return .string(value.string ?? "")
    case .int: return .integer(Int64(value.int ?? 0))
    case .double: return .decimal(value.double ?? 0)
    case .bool: return .boolean(value.bool ?? false)
    case .date: return .time(.date)
    case .time: return .time(.timeOfDay)
    case .dateTime: return .time(.dateAndTime)
    }
  }
}

/// The place of a value in a TOML document: `collectors.camera[1].url`.
struct SettingPath: Hashable, Sendable, CustomStringConvertible {
  enum Part: Hashable, Sendable {
    case key(String)
    /// From 0; people see it from 1.
    case index(Int)
  }

  var parts: [Part]

  static let root = SettingPath(parts: [])

  func appending(_ key: String) -> SettingPath { SettingPath(parts: parts + [.key(key)]) }

  func appending(_ keys: [String]) -> SettingPath { SettingPath(parts: parts + keys.map { .key($0) }) }

  func appending(index: Int) -> SettingPath { SettingPath(parts: parts + [.index(index)]) }

  /// The path around this one; the root's is itself.
  var parent: SettingPath { SettingPath(parts: Array(parts.dropLast())) }

  /// The last key, indices left out.
  var leaf: String {
    for case .key(let key) in parts.reversed() { return key }
    return ""
  }

  /// The same without indices: what every element of an array of tables has in common.
  var general: SettingPath {
    SettingPath(parts: parts.filter { if case .key = $0 { true } else { false } })
  }

  var description: String {
    var text = ""
    for part in parts {
      switch part {
      case .key(let key): text += (text.isEmpty ? "" : ".") + TOMLText.key(key)
      case .index(let index): text += "[\(index + 1)]"
      }
    }
    return text
  }
}

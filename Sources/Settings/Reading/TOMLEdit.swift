/// Changes single values of a TOML text and leaves every other byte as it is.
struct TOMLEdit {
  private let bytes: [UInt8]
  private let outline: TOMLOutline
  /// The text's own way to end a line.
  private let newline: String

  init(_ text: String, _ outline: TOMLOutline) {
    bytes = Array(text.utf8)
    self.outline = outline
    newline = text.utf8.contains(13) ? "\r\n" : "\n"
  }

  /// The text with `values`, already written as TOML, in the root's table `name`, however that is written.
  func setting(_ values: [(key: String, text: String)], inTable name: String) -> String {
    let table = SettingPath.root.appending(name)
    var changes: [(range: Range<Int>, text: String)] = []
    var missing: [(key: String, text: String)] = []
    for value in values {
      if let entry = outline.assignment(of: table.appending(value.key)) {
        changes.append((entry.value, value.text))
      } else {
        missing.append(value)
      }
    }
    if !missing.isEmpty { changes.append(insertion(of: missing, in: table, name)) }
    var output = bytes
    // From the back, so that the places before stay right.
    for change in changes.sorted(by: { $0.range.lowerBound > $1.range.lowerBound }) {
      output.replaceSubrange(change.range, with: change.text.utf8)
    }
    return String(decoding: output, as: UTF8.self)
  }

  private func insertion(
    of values: [(key: String, text: String)], in table: SettingPath, _ name: String
  ) -> (range: Range<Int>, text: String) {
    if let inline = outline.assignment(of: table) {
      // name = { … }: right behind the brace.
      let isEmpty = !outline.entries.contains {
        $0.kind == .inlineAssignment && $0.path.parts.starts(with: table.parts)
      }
      let pairs = values.map { " \($0.key) = \($0.text)" }.joined(separator: ",")
      let place = inline.value.lowerBound + 1
      return (place..<place, pairs + (isEmpty ? " " : ","))
    }
    let members = outline.entries.filter { $0.kind == .assignment && $0.path.parent == table }
    if let header = outline.header(of: table) {
      // [name]: behind its last value, else behind the header.
      let last = members.last ?? header
      return lines(values.map { "\($0.key) = \($0.text)" }, after: last.bytes.upperBound)
    }
    if let last = members.last {
      // name.key = …: such lines again, because a header would open the same table twice.
      return lines(values.map { "\(name).\($0.key) = \($0.text)" }, after: last.bytes.upperBound)
    }
    let lead = bytes.isEmpty ? "" : (bytes.last == 10 ? "" : newline) + newline
    let body = (["[\(name)]"] + values.map { "\($0.key) = \($0.text)" }).map { $0 + newline }.joined()
    return (bytes.count..<bytes.count, lead + body)
  }

  /// Whole lines below the one that `offset` is in.
  private func lines(_ lines: [String], after offset: Int) -> (range: Range<Int>, text: String) {
    if let end = bytes[offset...].firstIndex(of: 10) {
      return (end + 1..<end + 1, lines.map { $0 + newline }.joined())
    }
    return (bytes.count..<bytes.count, lines.map { newline + $0 }.joined() + newline)
  }
}

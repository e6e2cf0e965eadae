import Datasets

/// One line of a terminal's log, cut into columns.
struct AttlogColumns {
  /// What a line says about one punch, as text.
  struct Punch: Equatable {
    var device: String?
    var pin: String
    var time: String
    var status: String?
    var verify: String?
    var workcode: String?
  }

  /// Trimmed; an empty column stays in its place.
  let texts: [String]

  init(_ line: String) {
    if line.utf8.contains(9) {
      texts = line.split(separator: "\t", omittingEmptySubsequences: false).map(Self.trimmed)
    } else {
      texts = line.split(separator: " ").map(String.init)
    }
  }

  /// The punch, nil when there is none in the line.
  func punch(layout: AttlogParser.Layout, swapsStatusAndVerify: Bool) -> Punch? {
    if texts.first?.utf8.contains(UInt8(ascii: "=")) == true { return keyedPunch() }
    for pinColumn in [0, 1] {
      // A leading row id is accepted only when column 2 is not a time.
      guard let (time, after) = self.time(at: pinColumn + 1), texts[pinColumn].isEmpty == false else {
        continue
      }
      var rest = Array(texts[after...])
      var punch = Punch(pin: texts[pinColumn], time: time)
      if layout == .export {
        punch.device = Self.filled(rest.first)
        rest = Array(rest.dropFirst())
      }
      if swapsStatusAndVerify, rest.count > 1 { rest.swapAt(0, 1) }
      punch.status = Self.filled(rest.first)
      punch.verify = rest.count > 1 ? Self.filled(rest[1]) : nil
      punch.workcode = rest.count > 2 ? Self.filled(rest[2]) : nil
      return punch
    }
    return nil
  }

  /// `Time=…<TAB>PIN=…` of protocol version 3; a value may contain `=`.
  private func keyedPunch() -> Punch? {
    var values: [String: String] = [:]
    for text in texts {
      guard let mark = text.firstIndex(of: "=") else { continue }
      values[text[..<mark].lowercased()] = Self.trimmed(text[text.index(after: mark)...])
    }
    guard let pin = Self.filled(values["pin"]), let written = values["time"], let time = Self.time(written)
    else { return nil }
    return Punch(
      device: nil, pin: pin, time: time, status: Self.filled(values["status"]),
      verify: Self.filled(values["verify"]),
      workcode: Self.filled(values["workcode"]))
  }

  /// The time in this column, or in this and the next where blanks separate; and the column behind it.
  private func time(at column: Int) -> (time: String, after: Int)? {
    guard column < texts.count else { return nil }
    if let time = Self.time(texts[column]) { return (time, column + 1) }
    guard column + 1 < texts.count, let time = Self.time(texts[column] + " " + texts[column + 1]) else {
      return nil
    }
    return (time, column + 2)
  }

  /// `YYYY-MM-DD HH:MM:SS` and nothing else. A clock that was never set may show no real day (`0000-00-00`):
  /// before 2000 only the shape counts.
  private static func time(_ text: String) -> String? {
    guard text.utf8.count == 19 else { return nil }
    if ZonedInstant(text, defaultOffsetMinutes: 0) != nil { return text }
    let shape = text.utf8.map { $0 &- UInt8(ascii: "0") < 10 ? UInt8(ascii: "9") : $0 }
    guard shape.elementsEqual("9999-99-99 99:99:99".utf8), text.prefix(4) < "2000" else { return nil }
    return text
  }

  private static func filled(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : $0 } }

  private static func trimmed(_ text: Substring) -> String {
    var bytes = text.utf8[...]
    while bytes.first == 0x20 { bytes.removeFirst() }
    while bytes.last == 0x20 { bytes.removeLast() }
    return String(Substring(bytes))
  }
}

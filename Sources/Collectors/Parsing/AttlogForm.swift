/// A push whose body is a form (`SN=..&table=ATTLOG&Stamp=9999&data=…`), as some terminals send.
package struct AttlogForm: Sendable, Equatable {
  package let serialNumber: String?
  package let table: String?
  package let stamp: String?
  /// What stands behind `data=`: the lines that others send as the whole body.
  package let data: [UInt8]

  /// Whether a body that begins so may be one: lines of punches begin with a number, `Time=` or `PIN=`.
  package static func mayBegin(_ head: [UInt8]) -> Bool {
    let start = String(decoding: head.prefix(6), as: UTF8.self).lowercased()
    return ["sn=", "table=", "stamp=", "data="].contains { start.hasPrefix($0) }
  }

  /// - Returns: nil when the body is no such form.
  package init?(_ body: [UInt8]) {
    let first = body.prefix(64)
    // A line of a key/value punch also has `=`, but a TAB instead of `&`.
    guard let mark = first.firstIndex(of: UInt8(ascii: "=")), !first[..<mark].contains(9),
      body.contains(UInt8(ascii: "&"))
    else { return nil }
    var values: [String: [UInt8]] = [:]
    var rest = body[...]
    while !rest.isEmpty, values.count < 32 {
      let name = rest.prefix { $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: "&") }
      rest = rest.dropFirst(name.count)
      var value = ArraySlice<UInt8>()
      if rest.first == UInt8(ascii: "=") {
        rest = rest.dropFirst()
        value = rest.prefix { $0 != UInt8(ascii: "&") }
        rest = rest.dropFirst(value.count)
      }
      rest = rest.dropFirst()
      values[LossyText.decode(Self.unescaped(name)[...]).lowercased()] = Self.unescaped(value)
    }
    guard let data = values["data"], values["sn"] != nil || values["table"] != nil else { return nil }
    self.data = data
    serialNumber = values["sn"].map { LossyText.decode($0[...]) }
    table = values["table"].map { LossyText.decode($0[...]) }
    stamp = values["stamp"].map { LossyText.decode($0[...]) }
  }

  /// `+` is a blank, `%0A` a byte; anything that only looks like an escape stays.
  private static func unescaped(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count)
    var index = bytes.startIndex
    while index < bytes.endIndex {
      let byte = bytes[index]
      if byte == UInt8(ascii: "%"), bytes.endIndex - index > 2,
        let high = Character(Unicode.Scalar(bytes[index + 1])).hexDigitValue,
        let low = Character(Unicode.Scalar(bytes[index + 2])).hexDigitValue
      {
        output.append(UInt8(high << 4 | low))
        index += 3
        continue
      }
      output.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
      index += 1
    }
    return output
  }
}

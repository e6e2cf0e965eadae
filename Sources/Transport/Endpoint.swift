/// The one form of address used: `tcp://HOST:PORT`, an IPv6 host in brackets.
enum Endpoint {
  private static let charactersMax = 255

  /// Throws `endpoint` for other forms. libzmq itself would take other transports (inproc would reach the ZAP
  /// handler) and cuts a port above 65,535 down to 16 bits without a word. A listener may have `*` as host and
  /// `*` or 0 as port, for any.
  static func check(_ text: String, listening: Bool) throws(TransportError) {
    let scheme = "tcp://"
    let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: ";") }
    guard isPlain, text.utf8.count <= charactersMax, text.hasPrefix(scheme),
      let colon = text.lastIndex(of: ":")
    else { throw wrong(text) }
    let start = text.index(text.startIndex, offsetBy: scheme.count)
    guard start < colon else { throw wrong(text) }
    let host = text[start..<colon]
    let port = text[text.index(after: colon)...]
    guard isHost(host, listening: listening), isPort(port, listening: listening) else { throw wrong(text) }
  }

  private static func isHost(_ host: Substring, listening: Bool) -> Bool {
    if host.hasPrefix("[") { return host.hasSuffix("]") && host.count > 2 }
    if host == "*" { return listening }
    return !host.contains { $0 == "/" || $0 == ":" || $0 == "[" || $0 == "]" || $0 == "*" }
  }

  private static func isPort(_ port: Substring, listening: Bool) -> Bool {
    if listening, port == "*" { return true }
    guard !port.isEmpty, port.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = UInt16(port) else {
      return false
    }
    return number > 0 || listening
  }

  private static func wrong(_ text: String) -> TransportError {
    TransportError(
      .endpoint, "an address is tcp://HOST:PORT with a port of 1 to 65535, not \"\(text.prefix(80))\"")
  }
}

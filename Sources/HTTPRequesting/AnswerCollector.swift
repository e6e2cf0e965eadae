import HTTPTypes

/// An answer as libcurl hands it over: lines of its head, then pieces of its body.
struct AnswerCollector {
  /// Once the head is whole; that of an interim answer (RFC 9110, 15.2) is passed over.
  private(set) var head: HTTPResponse?
  /// Changes whenever something came.
  private(set) var movement = 0
  private var growing: HTTPResponse?
  private var body: [UInt8] = []

  mutating func add(line bytes: UnsafeRawBufferPointer) {
    movement &+= 1
    let line = String(decoding: bytes, as: UTF8.self).trimmingSuffix { $0.isWhitespace || $0.isNewline }
    if line.hasPrefix("HTTP/") {
      let words = line.split(separator: " ", maxSplits: 2)
      growing = words.dropFirst().first.flatMap { Int($0) }.flatMap { code in
        (100...999).contains(code) ? HTTPResponse(status: .init(code: code)) : nil
      }
    } else if line.isEmpty {
      if let whole = growing, whole.status.kind != .informational { head = whole }
      growing = nil
    } else if let colon = line.firstIndex(of: ":"), let name = HTTPField.Name(String(line[..<colon])) {
      let value = line[line.index(after: colon)...].drop { $0.isWhitespace }
      growing?.headerFields.append(HTTPField(name: name, value: String(value)))
    }
  }

  mutating func add(body bytes: UnsafeRawBufferPointer) {
    movement &+= 1
    body.append(contentsOf: bytes)
  }

  mutating func takePiece() -> [UInt8]? {
    guard !body.isEmpty else { return nil }
    defer { body = [] }
    return body
  }
}

extension String {
  fileprivate func trimmingSuffix(while isOut: (Character) -> Bool) -> Substring {
    var rest = self[...]
    while let last = rest.last, isOut(last) { rest.removeLast() }
    return rest
  }
}

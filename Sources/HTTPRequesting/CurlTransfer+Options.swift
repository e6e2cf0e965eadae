import CCurl
import HTTPTypes

/// What libcurl is told about a request (curl_easy_setopt(3)).
extension CurlTransfer {
  /// The largest wait that is told: libcurl counts some of them in 32 bits of milliseconds.
  private static let waitMax = Duration.milliseconds(2_000_000_000)

  func set(_ request: OutgoingRequest) throws(HTTPFailure) {
    var texts: [(CURLoption, String)] = [
      (CURLOPT_URL, request.url), (CURLOPT_PROTOCOLS_STR, "http,https"),
      (CURLOPT_CUSTOMREQUEST, request.method.rawValue),
      // The machine's settings for browsers say nothing about a daemon of ours.
      (CURLOPT_PROXY, ""),
    ]
    if let path = request.socketPath { texts.append((CURLOPT_UNIX_SOCKET_PATH, path)) }
    for (option, text) in texts { try check(simpul_curl_set_text(easy, option, text)) }
    var numbers: [(CURLoption, Int)] = [
      (CURLOPT_NOSIGNAL, 1),
      // As libcurl has it by itself, unless it was built otherwise: whom we give a token to is who the name says.
      (CURLOPT_SSL_VERIFYPEER, 1), (CURLOPT_SSL_VERIFYHOST, 2),
      (CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1), (CURLOPT_PATH_AS_IS, 1),
      (CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(request.connectTimeMax)),
      (CURLOPT_TIMEOUT_MS, Self.milliseconds(request.timeMax)),
    ]
    if request.method == .head { numbers.append((CURLOPT_NOBODY, 1)) }
    for (option, number) in numbers { try check(simpul_curl_set_number(easy, option, number)) }
    try set(request.body)
    try set(request.headers, body: request.body, method: request.method)
    try setReceivers()
  }

  private func check(_ code: CURLcode) throws(HTTPFailure) {
    guard code == CURLE_OK else { throw .other(String(cString: curl_easy_strerror(code))) }
  }

  /// 0 would mean "for ever".
  private static func milliseconds(_ duration: Duration) -> Int {
    max(1, Int(min(duration, waitMax) / .milliseconds(1)))
  }

  private func set(_ body: OutgoingRequest.Body) throws(HTTPFailure) {
    switch body {
    case .none: return
    case .bytes(let bytes):
      // The size first: then the bytes are copied whatever is among them.
      try check(simpul_curl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count)))
      let code = bytes.withUnsafeBytes { buffer in
        // An empty body is one too: libcurl would ask for it where the address is nil.
        var none: UInt8 = 0
        return withUnsafeMutablePointer(to: &none) { empty in
          simpul_curl_set_pointer(
            easy, CURLOPT_COPYPOSTFIELDS,
            buffer.baseAddress.map { UnsafeMutableRawPointer(mutating: $0) } ?? UnsafeMutableRawPointer(empty))
        }
      }
      try check(code)
    case .pieces(let next):
      let source = RequestSource(next)
      self.source = source
      try check(simpul_curl_set_number(easy, CURLOPT_UPLOAD, 1))
      let read: simpul_curl_transfer = { buffer, size, count, place in
        guard let buffer, let place else { return simpul_curl_abort }
        return Unmanaged<RequestSource>.fromOpaque(place).takeUnretainedValue().fill(
          UnsafeMutableRawBufferPointer(start: buffer, count: size * count))
      }
      try check(simpul_curl_set_transfer(easy, CURLOPT_READFUNCTION, read))
      try check(simpul_curl_set_pointer(easy, CURLOPT_READDATA, Unmanaged.passUnretained(source).toOpaque()))
    }
  }

  private func set(
    _ headers: HTTPFields, body: OutgoingRequest.Body, method: HTTPRequest.Method
  ) throws(HTTPFailure) {
    // Nobody here answers "100 Continue", which libcurl would wait a second for.
    var lines = ["Expect:"]
    for field in headers { lines.append("\(field.name.rawName): \(field.value)") }
    switch body {
    case .none: if [.post, .put, .patch].contains(method) { lines.append("Content-Length: 0") }
    // Or libcurl says that it is a form.
    case .bytes: if headers[.contentType] == nil { lines.append("Content-Type:") }
    case .pieces: lines.append("Transfer-Encoding: chunked")
    }
    for line in lines {
      guard let longer = curl_slist_append(fields, line) else { throw .other("out of memory") }
      fields = longer
    }
    try check(simpul_curl_set_pointer(easy, CURLOPT_HTTPHEADER, fields))
  }

  private func setReceivers() throws(HTTPFailure) {
    let line: simpul_curl_transfer = { bytes, size, count, place in
      CurlTransfer.at(place)?.answer.add(line: UnsafeRawBufferPointer(start: bytes, count: size * count))
      return size * count
    }
    let body: simpul_curl_transfer = { bytes, size, count, place in
      CurlTransfer.at(place)?.answer.add(body: UnsafeRawBufferPointer(start: bytes, count: size * count))
      return size * count
    }
    let place = Unmanaged.passUnretained(self).toOpaque()
    try check(simpul_curl_set_transfer(easy, CURLOPT_HEADERFUNCTION, line))
    try check(simpul_curl_set_pointer(easy, CURLOPT_HEADERDATA, place))
    try check(simpul_curl_set_transfer(easy, CURLOPT_WRITEFUNCTION, body))
    try check(simpul_curl_set_pointer(easy, CURLOPT_WRITEDATA, place))
  }

  private static func at(_ place: UnsafeMutableRawPointer?) -> CurlTransfer? {
    place.map { Unmanaged<CurlTransfer>.fromOpaque($0).takeUnretainedValue() }
  }
}

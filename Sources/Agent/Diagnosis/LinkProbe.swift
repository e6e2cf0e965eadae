import Glibc

/// How far a way to the centre goes when it is tried by hand: its name, then a connection.
enum LinkProbe: Sendable, Equatable {
  /// The words are the system's.
  case unresolved(String)
  /// A machine answers, and nothing listens there.
  case refused(String)
  /// Nobody answers at all, within so many milliseconds.
  case silent(Int32)
  /// No connection could be made otherwise; the words are the system's.
  case unreachable(String)
  case reachable

  /// Tries an endpoint such as `tcp://scc.example:7312`. Blocks its thread.
  ///
  /// - Parameter limit: for each address of it, in milliseconds; names take what the system's resolver takes.
  static func of(_ endpoint: String, limitMilliseconds limit: Int32 = 3_000) -> LinkProbe {
    let address = endpoint.hasPrefix("tcp://") ? String(endpoint.dropFirst(6)) : endpoint
    guard let colon = address.lastIndex(of: ":") else { return .unresolved("no port in \(endpoint)") }
    let host = address[..<colon].filter { $0 != "[" && $0 != "]" }
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(address[address.index(after: colon)...]), &hints, &list)
    guard code == 0 else { return .unresolved(String(cString: gai_strerror(code))) }
    defer { freeaddrinfo(list) }
    var outcome = LinkProbe.unreachable("no address")
    var next = list
    while let entry = next?.pointee {
      outcome = connect(entry, limit)
      if outcome == .reachable { return outcome }
      next = entry.ai_next
    }
    return outcome
  }

  private static func connect(_ entry: addrinfo, _ limit: Int32) -> LinkProbe {
    let descriptor = socket(entry.ai_family, entry.ai_socktype | Int32(SOCK_NONBLOCK.rawValue), entry.ai_protocol)
    guard descriptor >= 0 else { return failed(errno) }
    defer { close(descriptor) }
    if Glibc.connect(descriptor, entry.ai_addr, entry.ai_addrlen) == 0 { return .reachable }
    guard errno == EINPROGRESS else { return failed(errno) }
    var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    guard poll(&wait, 1, limit) > 0 else { return .silent(limit) }
    var failure: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &size)
    return failure == 0 ? .reachable : failed(failure)
  }

  private static func failed(_ code: Int32) -> LinkProbe {
    let words = String(cString: strerror(code))
    return code == ECONNREFUSED ? .refused(words) : .unreachable(words)
  }
}

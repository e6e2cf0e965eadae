import Dispatch
import Glibc

/// How far a way to the centre goes when it is tried by hand: its name, then a connection.
enum LinkProbe: Sendable, Equatable {
  /// The words are the system's.
  case unresolved(String)
  /// No connection could be made; the words are the system's.
  case unreachable(String)
  case reachable

  /// Tries an endpoint such as `tcp://scc.example:7312`, away from the cooperative pool.
  ///
  /// - Parameter limit: for the connection, in milliseconds; names take what the system's resolver takes.
  static func of(_ endpoint: String, limitMilliseconds limit: Int32 = 3_000) async -> LinkProbe {
    await withCheckedContinuation { continuation in
      DispatchQueue.global(qos: .utility).async { continuation.resume(returning: probe(endpoint, limit)) }
    }
  }

  private static func probe(_ endpoint: String, _ limit: Int32) -> LinkProbe {
    let address = endpoint.hasPrefix("tcp://") ? String(endpoint.dropFirst(6)) : endpoint
    guard let colon = address.lastIndex(of: ":") else { return .unresolved("no port in \(endpoint)") }
    let host = address[..<colon].filter { $0 != "[" && $0 != "]" }
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(address[address.index(after: colon)...]), &hints, &list)
    guard code == 0 else { return .unresolved(String(cString: gai_strerror(code))) }
    defer { freeaddrinfo(list) }
    var why = "no address"
    var next = list
    while let entry = next?.pointee {
      if let problem = connect(entry, limit) { why = problem } else { return .reachable }
      next = entry.ai_next
    }
    return .unreachable(why)
  }

  /// - Returns: why not; nil when it is open.
  private static func connect(_ entry: addrinfo, _ limit: Int32) -> String? {
    let descriptor = socket(entry.ai_family, entry.ai_socktype | Int32(SOCK_NONBLOCK.rawValue), entry.ai_protocol)
    guard descriptor >= 0 else { return String(cString: strerror(errno)) }
    defer { close(descriptor) }
    if Glibc.connect(descriptor, entry.ai_addr, entry.ai_addrlen) == 0 { return nil }
    guard errno == EINPROGRESS else { return String(cString: strerror(errno)) }
    var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    guard poll(&wait, 1, limit) > 0 else { return "no answer within \(limit) ms" }
    var failure: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &size)
    return failure == 0 ? nil : String(cString: strerror(failure))
  }
}

import Datasets
import Glibc

/// How far a way to the centre goes when it is tried by hand: its name, then a connection.
enum LinkProbe: Sendable, Equatable {
  /// The words are the system's.
  case unresolved(String)
  /// No name server has answered for its name in time.
  case unanswered(within: Duration)
  /// A machine answers, and nothing listens there.
  case refused(String)
  /// Nobody answers at all, within so many milliseconds.
  case silent(Int32)
  /// No connection could be made otherwise; the words are the system's.
  case unreachable(String)
  case reachable

  /// What was found, as the system said it where it said something.
  var evidence: BilingualText {
    switch self {
    case .unresolved(let words), .refused(let words), .unreachable(let words): .verbatim(words)
    case .unanswered(let limit):
      BilingualText(
        id: "tidak ada server nama yang menjawab dalam \(limit.components.seconds) detik",
        en: "no name server has answered within \(limit)")
    case .silent(let milliseconds): .verbatim("\(milliseconds) ms")
    case .reachable: .verbatim("-")
    }
  }

  /// Why it goes no further, for who has no doctor at hand; nil where it goes all the way.
  var obstacle: BilingualText? {
    let evidence = evidence
    func because(_ indonesian: String, _ english: String) -> BilingualText {
      BilingualText(id: "\(indonesian) (\(evidence.indonesian))", en: "\(english) (\(evidence.english))")
    }
    switch self {
    case .unresolved, .unanswered: return because("namanya tidak ditemukan", "its name cannot be resolved")
    case .refused:
      return because("komputernya menjawab, tetapi menolak sambungan", "its machine answers, but refuses to connect")
    case .silent: return because("tidak ada jawaban dari alamatnya", "nothing answers at its address")
    case .unreachable: return because("tidak ada jalan ke sana", "there is no way to it")
    case .reachable: return nil
    }
  }

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

import Datasets

// Values that both daemons' files have in common.
extension TableReader {
  /// Replaces `value` by the file's, if there is a good one.
  func set<Value>(_ value: inout Value, _ read: Value?) {
    if let read { value = read }
  }

  func size(_ key: String, in range: ClosedRange<ByteSize>) -> ByteSize? {
    // A plain number is bytes: scripts write it.
    if case .integer? = raw(key), document.overrides.text(at: path.appending(key)) == nil {
      return integer(key, in: Int64(range.lowerBound.bytes)...Int64(range.upperBound.bytes))
        .map { ByteSize(bytes: Int($0)) }
    }
    let form = BilingualText(
      id: "ukuran seperti \"2GB\", \"512MiB\" atau \"100kB\"", en: "a size such as \"2GB\", \"512MiB\" or \"100kB\"")
    let parse = { (text: String) in ByteSize(text) ?? Int(text).flatMap { $0 < 0 ? nil : ByteSize(bytes: $0) }
    }
    guard let size = value(key, form: form, parse) else { return nil }
    guard range.contains(size) else {
      report(key, .outOfRange("\(range.lowerBound)", "\(range.upperBound)", found: "\(size)"))
      return nil
    }
    return size
  }

  func duration(_ key: String, from least: Duration = .milliseconds(1)) -> Duration? {
    let form = BilingualText(
      id: "lama waktu seperti \"60s\", \"7d\", \"5m\", \"12h\" atau \"250ms\"",
      en: "a duration such as \"60s\", \"7d\", \"5m\", \"12h\" or \"250ms\"")
    guard let duration = value(key, form: form, DurationText.parse) else { return nil }
    guard duration >= least else {
      let (bound, found) = (DurationText.text(least), DurationText.text(duration))
      report(
        key,
        .init(id: "harus paling sedikit \(bound), tertulis \(found)", en: "must be at least \(bound), found \(found)"))
      return nil
    }
    return duration
  }

  /// An address to listen on.
  func listen(_ key: String) -> HostPort? {
    let form = BilingualText(
      id: "host:port seperti \"127.0.0.1:7381\"; 0.0.0.0 berarti semua alamat",
      en: "host:port such as \"127.0.0.1:7381\"; 0.0.0.0 is every address")
    return value(key, form: form) { text in
      // `*` is ZeroMQ's word and means nothing to an HTTP server.
      HostPort(text).flatMap { $0.host == "*" ? nil : $0 }
    }
  }

  /// Endpoints that somebody else connects to: no wildcard, no port 0, none twice.
  func destinations(_ key: String) -> [Endpoint]? {
    let form = BilingualText(
      id: "alamat seperti \"tcp://scc.example:7312\", dengan nama atau alamat yang terjangkau dari luar",
      en: "an endpoint such as \"tcp://scc.example:7312\", with a name or address that others can reach")
    guard
      let endpoints = values(
        key, form: form,
        { text -> Endpoint? in
          guard let endpoint = Endpoint(text), !endpoint.address.isWildcard, endpoint.address.port > 0 else {
            return nil
          }
          return endpoint
        })
    else { return nil }
    if Set(endpoints).count < endpoints.count {
      report(key, .init(id: "menyebut satu alamat dua kali", en: "names an endpoint twice"))
    }
    return endpoints
  }

  func directory(_ key: String) -> String? { absolutePath(key) }

  /// A daemon is started from `/`, a check from anywhere: only a whole path means the same to both.
  private func absolutePath(_ key: String) -> String? {
    guard let path = nonEmptyString(key) else { return nil }
    guard path.hasPrefix("/") else {
      report(
        key,
        .init(
          id: "harus jalur lengkap yang dimulai dengan /, tertulis \(path)",
          en: "must be a whole path that begins with /, found \(path)"),
        remedy: .init(id: "tulis \(key) = \"/…/\(path)\"", en: "write \(key) = \"/…/\(path)\""))
      return nil
    }
    return path
  }

  /// The path of a Unix socket.
  func socketPath(_ key: String) -> String? {
    guard let path = absolutePath(key) else { return nil }
    // sockaddr_un.sun_path holds 108 bytes with the closing NUL (unix(7)).
    guard path.utf8.count <= 107 else {
      let count = path.utf8.count
      report(
        key,
        .init(
          id: "panjangnya harus paling banyak 107 bita, ini \(count)",
          en: "must be at most 107 bytes long, found \(count)"),
        remedy: .init(id: "pakai jalur yang lebih pendek", en: "use a shorter path"))
      return nil
    }
    return path
  }

  /// Heartbeats must fit into the silence that is borne, or every quiet moment ends the session.
  func checkSilence(heartbeat: Duration, limit: Duration) {
    guard limit < heartbeat + heartbeat else { return }
    let (beat, silence) = (DurationText.text(heartbeat), DurationText.text(limit))
    report(
      "silence_limit",
      .init(
        id: "harus paling sedikit dua kali heartbeat (\(beat)), tertulis \(silence)",
        en: "must be at least twice the heartbeat (\(beat)), is \(silence)"),
      remedy: .init(
        id: "naikkan silence_limit atau turunkan heartbeat", en: "raise silence_limit or lower heartbeat"))
  }
}

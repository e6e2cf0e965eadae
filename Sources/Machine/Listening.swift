package import Datasets
import Foundation

/// Whether a daemon can listen where its settings say: asked before anything is started, because a listener that fails
/// among running services says neither which setting it was nor what to do.
package enum Listening {
  /// Binds and lets go again (bind(2)).
  ///
  /// - Parameters:
  ///   - port: 0 lets the system choose one.
  ///   - setting: the key of the address, such as `http.listen`.
  /// - Throws: `ListenFailure`.
  package static func checkTCP(host: String, port: Int, setting: String) throws(ListenFailure) {
    let place = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    var hints = addrinfo()
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    // `*` is ZeroMQ's word for every address.
    let found = getaddrinfo(host == "*" ? "0.0.0.0" : host, "\(port)", &hints, &list)
    guard found == 0, list != nil else {
      throw ListenFailure(setting: setting, place: place, reason: .unknownName)
    }
    defer { freeaddrinfo(list) }
    // A name may have an address of a family that this machine does not speak: one that can be bound is enough.
    var code: Int32 = 0
    var next = list
    while let address = next?.pointee {
      code = tryBinding(address)
      if code == 0 { return }
      next = address.ai_next
    }
    throw ListenFailure(setting: setting, place: place, reason: .tcp(code))
  }

  /// - Returns: `errno` of what failed; 0 when nothing did.
  private static func tryBinding(_ address: addrinfo) -> Int32 {
    let descriptor = socket(address.ai_family, address.ai_socktype, 0)
    guard descriptor >= 0 else { return errno }
    defer { close(descriptor) }
    // As the listeners set it: a daemon that was just stopped is no other process.
    var isOn: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &isOn, socklen_t(MemoryLayout<Int32>.size))
    return bind(descriptor, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno
  }

  /// Whether a Unix socket can be made at `path`, as far as that shows without touching what is there.
  ///
  /// - Throws: `ListenFailure`.
  package static func checkSocket(_ path: String, setting: String) throws(ListenFailure) {
    var facts = stat()
    if lstat(path, &facts) == 0, facts.st_mode & S_IFMT != S_IFSOCK {
      throw ListenFailure(setting: setting, place: path, reason: .noSocket)
    }
    guard access(ListenFailure.directory(of: path) + "/.", W_OK | X_OK) == 0 else {
      throw ListenFailure(setting: setting, place: path, reason: .socket(errno))
    }
  }

  /// Removes what a killed daemon left at `path`, where a living one's socket and another file of that name are left
  /// alone (unix(7)).
  ///
  /// - Throws: `ListenFailure`.
  package static func clearSocket(_ path: String, setting: String) throws(ListenFailure) {
    func failure(_ reason: ListenFailure.Reason) -> ListenFailure {
      ListenFailure(setting: setting, place: path, reason: reason)
    }
    try checkSocket(path, setting: setting)
    if access(path, F_OK) == 0 {
      let answer = withSocket(path) { connect($0, $1, $2) }
      // A queue that is full is somebody's too.
      if answer == 0 || answer == EAGAIN { throw failure(.answered) }
      guard unlink(path) == 0 else { throw failure(.socket(errno)) }
    }
    let code = withSocket(path) { bind($0, $1, $2) }
    guard code == 0 else { throw failure(.socket(code)) }
    unlink(path)
  }

  /// - Returns: `errno` of what failed; 0 when nothing did.
  private static func withSocket(
    _ path: String, _ body: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let name = Array(path.utf8)
    guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return ENAMETOOLONG }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { return errno }
    defer { close(descriptor) }
    // Safe because both types are plain bytes, and the size given is that of the address.
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 ? 0 : errno
      }
    }
  }
}

/// Why a daemon cannot listen at an address of its settings.
package struct ListenFailure: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Reason: Sendable, Equatable {
    /// `errno` of a TCP address.
    case tcp(Int32)
    case unknownName
    /// Another process answers on the Unix socket.
    case answered
    /// Another file lies where the Unix socket should be.
    case noSocket
    /// `errno` of a Unix socket.
    case socket(Int32)
    /// The system's own words, where its number is not known.
    case other(String)
  }

  /// The key of the address, such as `http.listen`.
  package let setting: String
  /// The address or path that stands there.
  package let place: String
  package let reason: Reason

  package init(setting: String, place: String, reason: Reason) {
    self.setting = setting
    self.place = place
    self.reason = reason
  }

  /// Whether it stays until somebody changes something; an address may be free later, or come up.
  package var needsOwner: Bool {
    switch reason {
    case .tcp(let code): code == EACCES
    case .noSocket: true
    case .socket(let code): [ENOENT, ENOTDIR, EACCES, EPERM].contains(code)
    case .unknownName, .answered, .other: false
    }
  }

  /// Setting, address, reason and what to do, in one line.
  package var text: BilingualText {
    let words = words
    return BilingualText(
      id: "\(setting): \(place): \(words.indonesian), atau ganti \(setting)",
      en: "\(setting): \(place): \(words.english), or change \(setting)")
  }

  package var description: String { text.english }

  private var words: BilingualText {
    switch reason {
    case .tcp(let code): Self.words(ofTCP: code)
    case .socket(let code): words(ofSocket: code)
    case .unknownName:
      BilingualText(
        id: "nama ini tidak dikenal mesin ini; tulis alamat mesin ini atau 0.0.0.0",
        en: "this machine does not know this name; write an address of this machine or 0.0.0.0")
    case .answered:
      BilingualText(
        id: "proses lain mendengarkan di soket ini; hentikan dahulu (systemctl stop)",
        en: "another process listens on this socket; stop it first (systemctl stop)")
    case .noSocket:
      BilingualText(
        id: "di sana sudah ada berkas lain, bukan soket; pindahkan berkas itu",
        en: "another file lies there, which is no socket; move it away")
    case .other(let said):
      BilingualText(
        id: "tidak dapat mendengarkan di sini (\(said)); hentikan proses yang memakainya (ss -ltnp)",
        en: "cannot listen here (\(said)); stop the process that uses it (ss -ltnp)")
    }
  }

  private static func words(ofTCP code: Int32) -> BilingualText {
    let said = String(cString: strerror(code))
    return switch code {
    case EADDRINUSE:
      BilingualText(
        id: "alamat ini sudah dipakai proses lain; hentikan proses itu (ss -ltnp menyebutnya)",
        en: "another process uses this address; stop it (ss -ltnp names it)")
    case EADDRNOTAVAIL:
      BilingualText(
        id: "alamat ini bukan milik mesin ini, atau belum aktif; tulis alamat mesin ini atau 0.0.0.0",
        en: "this is no address of this machine, or it is not up yet; write one of its addresses or 0.0.0.0")
    case EACCES:
      BilingualText(
        id: "port ini hanya boleh dibuka pengguna dengan hak khusus; pakai port dari 1024 ke atas",
        en: "only a user with special rights may open this port; take a port from 1024 up")
    default:
      BilingualText(
        id: "tidak dapat mendengarkan di sini (\(said)); periksa jaringan mesin ini",
        en: "cannot listen here (\(said)); check this machine's network")
    }
  }

  /// Of a socket that this user may not make, and another one may.
  package var isForbidden: Bool { reason == .socket(EACCES) || reason == .socket(EPERM) }

  /// Of a socket whose directory is not there, that directory.
  package var missingDirectory: String? { reason == .socket(ENOENT) ? Self.directory(of: place) : nil }

  fileprivate static func directory(of path: String) -> String {
    URL(fileURLWithPath: path).deletingLastPathComponent().path
  }

  private func words(ofSocket code: Int32) -> BilingualText {
    let directory = Self.directory(of: place)
    let said = String(cString: strerror(code))
    return switch code {
    case ENOENT, ENOTDIR:
      BilingualText(
        id: "tidak ada direktori \(directory); buat direktori itu",
        en: "there is no directory \(directory); make it")
    case EACCES, EPERM:
      BilingualText(
        id: "pengguna ini tidak boleh membuat berkas di \(directory); beri pengguna layanan hak itu (chown)",
        en: "this user may not make files in \(directory); let the service's user do so (chown)")
    default:
      BilingualText(
        id: "soket tidak dapat dibuat (\(said)); periksa \(directory)",
        en: "the socket cannot be made (\(said)); check \(directory)")
    }
  }
}

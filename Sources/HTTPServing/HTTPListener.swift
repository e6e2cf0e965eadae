import Foundation
package import Hummingbird
import HummingbirdCore
package import Logging
package import NIOCore

/// Where a daemon listens for HTTP.
package enum HTTPAddress: Sendable, Equatable {
  /// A Unix socket with mode 0660: the admin socket, with full rights.
  case socket(path: String)
  case tcp(host: String, port: Int)
}

/// Who is on the other end, by where the request came in.
package enum HTTPRealm: Sendable, Equatable {
  /// The admin socket: full rights (contract.md).
  case admin
  /// TCP.
  case network
}

/// Somebody listens on a daemon's socket already.
package struct AddressInUse: Error, CustomStringConvertible {
  package let path: String

  package var description: String {
    "another process listens on the socket \(path): stop it first (systemctl stop), or set admin_socket to another path"
  }
}

/// Makes a listening service out of routes.
package enum HTTPListener {
  /// Connections at a time; further ones wait in the kernel's queue. Each costs a descriptor and some KiB, of which
  /// a daemon on a small box has few.
  static let connectionsMax = 256
  /// A connection that has asked nothing, or has stopped in the middle of a request, for this long is closed.
  static let idleLimit = TimeAmount.seconds(120)

  /// - Parameters:
  ///   - idleLimit: how long a connection may be idle, or a request stand still.
  ///   - onListening: told the port once the socket accepts connections (0 for Unix sockets).
  /// - Throws: `AddressInUse` when another process answers on the Unix socket.
  package static func service(
    router: Router<BasicRequestContext>, address: HTTPAddress, logger: Logger,
    idleLimit: TimeAmount = idleLimit, onListening: @escaping @Sendable (Int) -> Void = { _ in }
  ) throws -> Application<RouterResponder<BasicRequestContext>> {
    let bind: BindAddress
    switch address {
    case .socket(let path):
      try removeStaleSocket(path)
      bind = .unixDomainSocket(path: path)
    case .tcp(let host, let port):
      bind = .hostname(host, port: port)
    }
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .notice)
    return Application(
      router: router,
      server: .http1(configuration: HTTP1Channel.Configuration(idleTimeout: idleLimit)),
      configuration: ApplicationConfiguration(
        address: bind, serverName: nil, availableConnectionsDelegate: .maximum(connectionsMax, logger: quiet)),
      onServerRunning: { channel in
        if case .socket(let path) = address { chmod(path, 0o660) }
        onListening(channel.localAddress?.port ?? 0)
      },
      logger: quiet)
  }

  /// A socket file outlives a killed daemon; a living daemon's, and another file of that name, are left alone.
  private static func removeStaleSocket(_ path: String) throws {
    var facts = stat()
    guard lstat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFSOCK else { return }
    guard !isAnswered(path) else { throw AddressInUse(path: path) }
    try FileManager.default.removeItem(atPath: path)
  }
  /// Whether a process accepts connections there (unix(7)); a path too long for an address is nobody's.
  private static func isAnswered(_ path: String) -> Bool {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let name = Array(path.utf8)
    guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    // Safe because both types are plain bytes, and the size given is that of the address.
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    // A queue that is full is somebody's too.
    return result == 0 || errno == EAGAIN
  }
}

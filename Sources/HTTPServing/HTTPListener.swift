import Foundation
package import Hummingbird
package import Logging

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

/// Makes a listening service out of routes.
package enum HTTPListener {
  /// - Parameter onListening: told the port once the socket accepts connections (0 for Unix sockets).
  package static func service(
    router: Router<BasicRequestContext>, address: HTTPAddress, logger: Logger,
    onListening: @escaping @Sendable (Int) -> Void = { _ in }
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
      configuration: ApplicationConfiguration(address: bind, serverName: nil),
      onServerRunning: { channel in
        if case .socket(let path) = address { chmod(path, 0o660) }
        onListening(channel.localAddress?.port ?? 0)
      },
      logger: quiet)
  }

  /// A socket file outlives a killed daemon; another file of that name is left alone and binding fails.
  private static func removeStaleSocket(_ path: String) throws {
    var facts = stat()
    guard lstat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFSOCK else { return }
    try FileManager.default.removeItem(atPath: path)
  }
}

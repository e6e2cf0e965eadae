import Foundation
package import Hummingbird
import HummingbirdCore
package import Logging
import Machine
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

/// Makes a listening service out of routes.
package enum HTTPListener {
  /// Connections at a time; further ones wait in the kernel's queue. Each costs a descriptor and some KiB, of which
  /// a daemon on a small box has few.
  static let connectionsMax = 256
  /// A connection that has asked nothing, or has stopped in the middle of a request, for this long is closed.
  static let idleLimit = TimeAmount.seconds(120)

  /// - Parameters:
  ///   - setting: where a TCP address stands, for whoever is told that nothing can listen there.
  ///   - idleLimit: how long a connection may be idle, or a request stand still.
  ///   - onListening: told the port once the socket accepts connections (0 for Unix sockets).
  /// - Throws: `ListenFailure` when nothing can listen there.
  package static func service(
    router: Router<BasicRequestContext>, address: HTTPAddress, logger: Logger,
    setting: String = "http.listen", idleLimit: TimeAmount = idleLimit,
    onListening: @escaping @Sendable (Int) -> Void = { _ in }
  ) throws -> Application<RouterResponder<BasicRequestContext>> {
    let bind: BindAddress
    switch address {
    case .socket(let path):
      try Listening.clearSocket(path, setting: "admin_socket")
      bind = .unixDomainSocket(path: path)
    case .tcp(let host, let port):
      try Listening.checkTCP(host: host, port: port, setting: setting)
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
}

/// What both ends set on their ZeroMQ sockets. The names in capitals are libzmq's, see zmq_setsockopt(3).
package struct TransportOptions: Sendable, Equatable {
  /// The largest message in bytes; default 4 MiB, at least 1, at most 1 GiB. MAXMSGSIZE, with room for the
  /// CURVE envelope: a peer that sends more loses its connection before the message is read.
  package var messageBytesMax = 4 << 20

  /// How many bytes may wait for `receive()`; default 16 MiB. Past it the socket is left unread, so that TCP
  /// holds the sender back. One message may overshoot it.
  package var inboxBytesMax = 16 << 20

  /// How many messages libzmq may hold towards one peer; default 32. SNDHWM. What waits here dies with the
  /// connection, so it is kept small: the durable queue is the store.
  package var sendQueueMessages = 32

  /// How many messages libzmq may hold from one peer; default 32. RCVHWM. The worst case in memory is peers x
  /// this x `messageBytesMax`.
  package var receiveQueueMessages = 32

  /// How long a name look-up and TCP connection may take, default 15 s. CONNECT_TIMEOUT.
  package var connectLimit: Duration = .seconds(15)

  /// How long the ZMTP and CURVE handshake may take once TCP stands, default 15 s. HANDSHAKE_IVL.
  package var handshakeLimit: Duration = .seconds(15)

  /// How often an idle link is probed, default 15 s. HEARTBEAT_IVL. It keeps NAT entries alive; whether a
  /// session is alive is judged by the session machine.
  package var heartbeatInterval: Duration = .seconds(15)

  /// How long a probe may go unanswered before the connection is closed, default 60 s. HEARTBEAT_TIMEOUT.
  /// Keep it above the time of the largest frame at the slowest rate, since an answer waits behind it, and
  /// above the longest time a consumer may leave its inbox full.
  package var heartbeatLimit: Duration = .seconds(60)

  /// After how long of our silence the other end shall close, default 60 s. HEARTBEAT_TTL (6,553 s at most).
  package var heartbeatTimeToLive: Duration = .seconds(60)

  /// How long sent bytes may stay unacknowledged by TCP, default 60 s. TCP_MAXRT, which is tcp(7)'s
  /// TCP_USER_TIMEOUT.
  package var retransmissionLimit: Duration = .seconds(60)

  /// How long a `close()` may go on sending what was accepted, default 0: drop it. LINGER at closing; until
  /// then it is 0. Stopping the thread waits at most this long.
  package var lingerOnClose: Duration = .zero

  /// Kernel probes on an idle TCP connection, nil for none. TCP_KEEPALIVE and its three numbers.
  package var keepAlive: KeepAlive? = KeepAlive()

  /// Whether IPv6 is used beside IPv4; default true. IPV6.
  package var ipv6 = true

  /// How many connections the kernel may hold before they are accepted; default 128. BACKLOG, centre only.
  package var backlogConnections = 128

  /// The domain that the centre's sockets name to the ZAP handler (RFC 27/ZAP). ZAP_DOMAIN; it is always
  /// enforced (ZAP_ENFORCE_DOMAIN): without a handler for it nobody gets in.
  package var zapDomain = "simpul"

  package init() {}

  /// Kernel keep-alive of tcp(7): first probe after `idle`, then one each `interval`, at most `probes`.
  package struct KeepAlive: Sendable, Equatable {
    package var idle: Duration = .seconds(60)
    package var interval: Duration = .seconds(15)
    package var probes = 4

    package init() {}
  }
}

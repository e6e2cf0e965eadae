package import Datasets

/// What an office's box decides, from `agent.toml` and the environment. The centre decides the rest.
package struct AgentSettings: Sendable, Equatable {
  /// `node`, required: the office's name, which the centre binds to the node's key.
  package var node: NodeName
  /// `data_dir`: store and keys. Default `/var/lib/simpul-agent`.
  package var dataDirectory = "/var/lib/simpul-agent"
  /// `admin_socket`: HTTP over a Unix socket with full rights. Default `/run/simpul/agent.sock`.
  package var adminSocket = "/run/simpul/agent.sock"
  /// `language`: of pages and messages, `id` or `en`. Default `id`.
  package var language = Language.indonesian
  /// `log_level`. Default `info`.
  package var logLevel = LogLevel.info
  package var aggregator = Aggregator()
  package var http = HTTP()
  package var buffer = Buffer()
  package var spool = Spool()
  package var collectors = Collectors()
  package var replication = Replication()

  /// The store's file.
  package var storePath: String { dataDirectory + "/agent.sqlite" }
  /// This node's key pair, which `join` makes.
  package var keyPath: String { dataDirectory + "/node.key" }

  package init(node: NodeName) { self.node = node }

  /// `[aggregator]`: where the centre is. Written by `join`; before that the agent does not start (78):
  /// without definitions and key it could take nothing in.
  package struct Aggregator: Sendable, Equatable {
    /// `endpoints`: tried in this order. Default none.
    package var endpoints: [Endpoint] = []
    /// `public_key`: the centre's CURVE key. Default none.
    package var publicKey: Z85Key?

    package init() {}
  }

  /// `[http]`: the local interface over TCP.
  package struct HTTP: Sendable, Equatable {
    /// `listen`. Default nil: served on the admin socket only.
    package var listen: HostPort?

    package init() {}
  }

  /// `[buffer]`: how much may wait for the link.
  package struct Buffer: Sendable, Equatable {
    /// `quota`: most that the store may take. Default 2 GB.
    package var quota = ByteSize(bytes: 2_000_000_000)
    /// `reserve`: what stays free on the disk whatever the quota says. Default 256 MB.
    package var reserve = ByteSize(bytes: 256_000_000)
    /// `retain_acknowledged`: how long acknowledged entries are kept for a centre that loses them. Default 7 d.
    package var retainAcknowledged = Duration.seconds(7 * 86_400)

    package init() {}
  }

  /// `[spool]`: files taken in from a directory.
  package struct Spool: Sendable, Equatable {
    /// `directory`. Default nil: none is watched.
    package var directory: String?
    /// `settle`: how long a file must have stayed the same. Default 3 s, up to 1 hour.
    package var settle = Duration.seconds(3)
    /// `attlog_verify_first`: whether `attlog.dat` files have verify before status. Default false.
    package var attlogVerifyFirst = false

    package init() {}
  }

  /// `[replication]`: tuning of the session with the centre.
  package struct Replication: Sendable, Equatable {
    /// `heartbeat`: longest time without sending anything. Default 10 s.
    package var heartbeat = Duration.seconds(10)
    /// `silence_limit`: after this long without hearing anything the session is closed. Default 30 s.
    package var silenceLimit = Duration.seconds(30)
    /// `batch_bytes_max`: most that a batch holds before compression. Default 1 MiB, from 4 KiB to 2 MiB.
    package var batchBytesMax = ByteSize(bytes: 1 << 20)
    /// `reconnect_min`: first pause before connecting again. Default 1 s.
    package var reconnectMin = Duration.seconds(1)
    /// `reconnect_max`: the pauses grow up to this. Default 60 s.
    package var reconnectMax = Duration.seconds(60)

    package init() {}
  }
}

/// The least grave messages that are logged, by swift-log's names.
package enum LogLevel: String, Sendable, CaseIterable {
  case trace, debug, info, notice, warning, error, critical
}

package import Datasets

/// What the centre's machine decides, from `aggregator.toml` and the environment.
///
/// What the centre decides about its offices is in files of its own: `FleetDirectory`.
package struct AggregatorSettings: Sendable, Equatable {
  /// `data_dir`: store and keys. Default `/var/lib/simpul-aggregator`.
  package var dataDirectory = "/var/lib/simpul-aggregator"
  /// `admin_socket`: HTTP over a Unix socket with full rights. Default `/run/simpul/aggregator.sock`.
  package var adminSocket = "/run/simpul/aggregator.sock"
  /// `language`: of pages and messages, `id` or `en`. Default `id`.
  package var language = Language.indonesian
  /// `log_level`. Default `info`.
  package var logLevel = LogLevel.info
  package var replication = Replication()
  package var http = HTTP()
  package var datasets = Datasets()
  package var fleet = Fleet()

  /// The store's file.
  package var storePath: String { dataDirectory + "/aggregator.sqlite" }
  /// The centre's key pair, by which offices know it.
  package var keyPath: String { dataDirectory + "/aggregator.key" }

  package init() {}

  /// `[replication]`: the sessions with all nodes.
  package struct Replication: Sendable, Equatable {
    /// `listen`. Default `tcp://0.0.0.0:7312`.
    package var listen = Endpoint(HostPort(host: "0.0.0.0", port: 7312))
    /// `advertise`: what invitations name. Default `listen`; a wildcard there needs it.
    package var advertise: [Endpoint] = []
    /// `silence_limit`: after this long without hearing of a node its session is closed; nodes are told, and speak at
    /// least three times within it. Default 30 s.
    package var silenceLimit = Duration.seconds(30)
    /// `peer_credit_bytes`: most that one node may have under way. Default 8 MiB, from 64 KiB to 1 GiB.
    package var peerCredit = ByteSize(bytes: 8 << 20)

    package init() {}

    /// What invitations name.
    package var destinations: [Endpoint] { advertise.isEmpty ? [listen] : advertise }
  }

  /// `[http]`: the command centre's interface over TCP.
  package struct HTTP: Sendable, Equatable {
    /// `listen`. Default nil: served on the admin socket only.
    package var listen: HostPort?

    package init() {}
  }

  /// `[datasets]`
  package struct Datasets: Sendable, Equatable {
    /// `directory` of the definitions. Default `/usr/share/simpul/agents/datasets`.
    package var directory = "/usr/share/simpul/agents/datasets"

    package init() {}
  }

  /// `[fleet]`
  package struct Fleet: Sendable, Equatable {
    /// `directory` of profiles, calendars and reference tables. Default `/usr/share/simpul/agents`.
    package var directory = "/usr/share/simpul/agents"

    package init() {}
  }
}

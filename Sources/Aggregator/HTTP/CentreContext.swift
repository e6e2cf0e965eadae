package import CentreStorage
package import Datasets
package import HTTPServing
import Machine
package import Settings
package import Transport

/// What the aggregator's routes and services share.
package struct CentreContext: Sendable {
  package let settings: AggregatorSettings
  package let store: CentreStore
  package let hub: SessionHub
  package let metrics: CentreMetrics
  /// The fleet's files that are in force.
  package let fleet: @Sendable () -> FleetDirectory
  /// Why the files as they are now are not in force; nil when they are.
  package let fleetProblem: @Sendable () -> FleetProblem?
  package let linkCounters: @Sendable () async -> CentreCounters
  package let startedAt: Timestamp
  /// What invitations give nodes to know the centre by.
  package let serverPublicKey: CurvePublicKey
  /// Where the replication socket listens; nil when it is not bound.
  package let boundEndpoint: @Sendable () async -> String?
  /// The wall clock.
  package let now: @Sendable () -> Timestamp
  /// Who may come in over TCP.
  package let access: AccessControl
  let pictures: FleetPictures
  let readiness: Readiness
  let eventSeats: EventSeats
  let cursors: CursorVault
  let backups: Backups
  /// Where looks and orders are noted.
  var audit: AuditTrail { AuditTrail(store.auditLog, now: now) }
  /// How events are polled and when their streams end.
  var eventPace = EventPace()

  package init(
    settings: AggregatorSettings, store: CentreStore, hub: SessionHub, metrics: CentreMetrics,
    fleet: @escaping @Sendable () -> FleetDirectory,
    fleetProblem: @escaping @Sendable () -> FleetProblem? = { nil },
    linkCounters: @escaping @Sendable () async -> CentreCounters,
    startedAt: Timestamp, serverPublicKey: CurvePublicKey,
    boundEndpoint: @escaping @Sendable () async -> String?,
    now: @escaping @Sendable () -> Timestamp = { MachineClock.wall() }
  ) {
    self.settings = settings
    self.store = store
    self.hub = hub
    self.metrics = metrics
    self.fleet = fleet
    self.fleetProblem = fleetProblem
    self.linkCounters = linkCounters
    self.startedAt = startedAt
    self.serverPublicKey = serverPublicKey
    self.boundEndpoint = boundEndpoint
    self.now = now
    access = AccessControl(
      home: .centre, store: store.access,
      address: settings.http.listen?.webAddress(hostName: MachineFacts.hostName()), now: now,
      random: { MachineFacts.randomBytes($0) }, isOffice: { fleet().profile(of: $0) != nil })
    pictures = FleetPictures(store: store, hub: hub, fleet: fleet, now: now)
    readiness = Readiness(store: store, boundEndpoint: boundEndpoint, now: now)
    eventSeats = EventSeats()
    cursors = CursorVault()
    let directory = settings.dataDirectory
    backups = Backups(
      store: store, directory: directory, keyPath: settings.keyPath,
      freeBytes: { MachineFacts.freeBytes(at: directory) })
  }
}

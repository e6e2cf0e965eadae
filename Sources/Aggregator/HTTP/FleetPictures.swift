import CentreStorage
import Datasets
import Replication
import Settings

/// Takes pictures of the fleet; many viewers share one, so that what is open to everybody costs the store
/// little.
actor FleetPictures {
  /// How old a shared picture may be, in milliseconds.
  private static let sharedAgeMax: Int64 = 1_000
  /// While a new one is taken, others are content with one of this age, in milliseconds.
  private static let staleAgeMax: Int64 = 15_000

  private let store: CentreStore
  private let hub: SessionHub
  private let fleet: @Sendable () -> FleetDirectory
  private let now: @Sendable () -> Timestamp
  private var shared: FleetPicture?
  private var isTaking = false

  init(
    store: CentreStore, hub: SessionHub, fleet: @escaping @Sendable () -> FleetDirectory,
    now: @escaping @Sendable () -> Timestamp
  ) {
    self.store = store
    self.hub = hub
    self.fleet = fleet
    self.now = now
  }

  /// At most a second old, except while many ask at once.
  func recent() async throws -> FleetPicture {
    if let shared {
      let age = now().millisecondsSince(shared.at)
      // A clock that was set back makes every age negative: then a new one is taken.
      if age >= 0, age < (isTaking ? Self.staleAgeMax : Self.sharedAgeMax) { return shared }
    }
    return try await fresh()
  }

  /// As things are now.
  func fresh() async throws -> FleetPicture {
    isTaking = true
    defer { isTaking = false }
    let at = now()
    let overview = try await store.fleetOverview(now: at)
    let picture = FleetPicture(
      at: at, overview: overview, profiles: fleet().profiles, presences: await hub.online(),
      streams: try await store.streams())
    shared = picture
    return picture
  }
}

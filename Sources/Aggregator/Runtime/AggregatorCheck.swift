package import Machine
import Services
package import Settings

/// What `simpul-aggregator check` can say beyond the settings' own rules: whether their directories can be had, and whether
/// the fleet's files fit the store.
package enum AggregatorCheck {
  /// Changes nothing; a daemon may run meanwhile.
  ///
  /// - Parameter service: as `PlaceCheck.run`.
  /// - Returns: what is no mistake but should be known, for people.
  /// - Throws: `DaemonProblem` as `AggregatorRuntime.run` would.
  package static func run(
    _ settings: AggregatorSettings, service: ServiceUser? = PlaceCheck.service
  ) throws -> [String] {
    let notes = try PlaceCheck.run(
      dataDirectory: settings.dataDirectory, adminSocket: settings.adminSocket, settings.language, service: service)
    return try notes + FleetFit.check(settings)
  }
}

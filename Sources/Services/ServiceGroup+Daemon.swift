package import Logging
package import ServiceLifecycle
import UnixSignals

extension ServiceGroupConfiguration {
  /// How both daemons run: SIGTERM and SIGINT end them in order, within 30 s whatever a client does.
  ///
  /// systemd's TimeoutStopSec is longer, so that a stop that takes its time is no kill.
  package static func daemon(_ services: [any Service], logger: Logger) -> ServiceGroupConfiguration {
    var configuration = ServiceGroupConfiguration(
      services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    configuration.maximumGracefulShutdownDuration = .seconds(25)
    configuration.maximumCancellationDuration = .seconds(5)
    return configuration
  }
}

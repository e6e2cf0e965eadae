import CentreStorage
import Datasets
import HTTPServing
import Logging
import Settings
import Systemd

/// What has to be done now and then: expired invitations, entries whose time has come, and the sentence in `systemctl status`.
struct CentreHousekeeping: Sendable {
  let context: CentreContext
  let notifier: ServiceNotifier
  let logger: Logger

  func run() async {
    while !Task.isCancelled {
      do { try await context.hub.refreshAuthorised() } catch {
        logger.error("who may come in could not be read: \(error)")
      }
      do { try await context.hub.requeueDue() } catch {
        logger.error("entries whose time has come could not be taken in: \(error)")
      }
      do { try await context.access.sweep() } catch {
        logger.error("tokens and sessions could not be swept: \(error)")
      }
      notifier.status(await sentence())
      do { try await Task.sleep(for: .seconds(10)) } catch { return }
    }
  }

  private func sentence() async -> String {
    let online = await context.hub.online().count
    let known = (try? await context.store.nodes().count) ?? 0
    let text = BilingualText(
      id: "\(online) dari \(known) kantor tersambung", en: "\(online) of \(known) offices are connected")
    return text(context.settings.language)
  }
}

import CentreStorage
import Datasets
import HTTPServing
import Logging
import Machine
import Settings
import Systemd

/// What has to be done now and then: expired invitations, entries whose time has come,
/// damage that nobody has met, and the sentence in `systemctl status`.
struct CentreHousekeeping: Sendable {
  let context: CentreContext
  let notifier: ServiceNotifier
  let logger: Logger

  /// Of ten seconds each.
  private static let roundsPerMinute = 6

  func run() async {
    var round = 0
    while !Task.isCancelled {
      round += 1
      let isMinute = round.isMultiple(of: Self.roundsPerMinute)
      await lookForDamage(isScrubbing: isMinute)
      do { try await context.hub.refreshAuthorised() } catch {
        logger.error("who may come in could not be read: \(error)")
      }
      do { try await context.hub.requeueDue() } catch {
        logger.error("entries whose time has come could not be taken in: \(error)")
      }
      do { try await context.access.sweep() } catch {
        logger.error("tokens and sessions could not be swept: \(error)")
      }
      // What a full drain has used is not needed for the trickle behind it.
      if isMinute { MachineMemory.giveBack() }
      notifier.status(await sentence())
      do { try await Task.sleep(for: .seconds(10)) } catch { return }
    }
  }

  /// Puts right what was met of damaged rows, and looks at the next of those that nobody may have read for long.
  private func lookForDamage(isScrubbing: Bool) async {
    do {
      var steps = [try await context.store.mendDamage(now: context.now())]
      if isScrubbing { steps.append(try await context.store.scrub(now: context.now())) }
      for step in steps {
        if step.position != nil { await context.hub.feedChanged() }
        guard step.mended + step.lost > 0 else { continue }
        logger.critical(
          "rows of the store did not match their checksums; check the disk, see simpulctl doctor",
          metadata: ["mended": "\(step.mended)", "lost": "\(step.lost)"])
      }
    } catch {
      logger.error("damage of the store could not be looked for: \(error)")
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

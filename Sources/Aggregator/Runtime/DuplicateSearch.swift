import CentreStorage
import Logging

/// Looks for people who are registered twice, behind what comes in: an import is not held up by it.
struct DuplicateSearch: Sendable {
  let context: CentreContext
  let logger: Logger

  func run() async {
    while !Task.isCancelled {
      var pause = Duration.seconds(2)
      do {
        let step = try await context.store.searchDuplicates(now: context.now())
        if step.position != nil { await context.hub.feedChanged() }
        // What comes in goes first: the writer is free as long as it was held.
        if step.hasMore { pause = .milliseconds(20) }
      } catch {
        logger.error("duplicates cannot be looked for: \(error)")
        pause = .seconds(30)
      }
      do { try await Task.sleep(for: pause) } catch { return }
    }
  }
}

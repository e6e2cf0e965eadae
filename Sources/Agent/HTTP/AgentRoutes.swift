import Datasets
package import HTTPServing
package import Hummingbird
import NodeStorage
import Settings

/// The agent's HTTP: intake, the office's copy, its conflicts, and how the agent is doing.
package struct AgentRoutes: Sendable {
  let context: AgentContext
  let realm: HTTPRealm
  let counters: IntakeCounters
  let readiness: Readiness
  let cursors = CursorVault()

  /// - Parameter realm: `.network` for `http.listen`, where all but the open routes need a token.
  package init(context: AgentContext, realm: HTTPRealm) {
    self.init(context: context, realm: realm, counters: .process)
  }

  init(context: AgentContext, realm: HTTPRealm, counters: IntakeCounters) {
    self.context = context
    self.realm = realm
    self.counters = counters
    readiness = Readiness(context)
  }

  package func router() -> Router<BasicRequestContext> {
    Router(
      open + guarded, realm: realm, access: context.access, audit: context.audit, language: context.language)
  }
}

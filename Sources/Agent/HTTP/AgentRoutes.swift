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

  /// - Parameter realm: `.network` for `http.listen`, which serves all of it on loopback only.
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
    guard realm == .network else {
      return Router(open + guarded, realm: realm, audit: context.audit, language: context.language)
    }
    let gate = NetworkGate(listen: context.settings.http.listen, language: context.language)
    let routes = open + (gate.isOpen ? guarded.map { $0.behind(gate) } : [])
    let router = Router(routes, realm: realm, audit: context.audit, language: context.language)
    // For what is not there: whoever may not come in learns nothing about that either.
    router.add(middleware: gate)
    return router
  }
}

package import Datasets
import HTTPServing
import Machine
package import NodeStorage
package import Settings

/// What the agent's routes and services share.
package struct AgentContext: Sendable {
  package let settings: AgentSettings
  package let store: NodeStore
  package let catalogue: Catalogue
  package let intake: Intake
  package let replicator: Replicator
  package let startedAt: Timestamp
  let spool = SpoolStanding()

  /// Where looks and decisions are noted.
  var audit: AuditTrail { AuditTrail(store.auditLog) { MachineClock.wall() } }

  package var language: Language { settings.language }
}

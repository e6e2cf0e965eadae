package import Datasets
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

  package var language: Language { settings.language }
}

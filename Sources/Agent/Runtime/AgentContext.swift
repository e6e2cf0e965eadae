package import Datasets
package import HTTPServing
import Machine
package import NodeStorage
package import Sessions
package import Settings

/// What the agent's routes and services share.
package struct AgentContext: Sendable {
  package let settings: AgentSettings
  package let store: NodeStore
  package let catalogue: Catalogue
  package let intake: Intake
  package let replicator: Replicator
  package let startedAt: Timestamp
  /// Nil where no terminals are served.
  let terminals: TerminalDesk?
  /// Who may come in over TCP.
  package let access: AccessControl
  /// By which what people and producers hand in is judged.
  var clock: CentreClock { replicator.clock }
  let spool = SpoolStanding()
  let probes = LinkProbes()

  /// Where looks and decisions are noted.
  var audit: AuditTrail { AuditTrail(store.auditLog) { MachineClock.wall() } }

  /// - Parameter now: the wall clock by which tokens and sessions end.
  init(
    settings: AgentSettings, store: NodeStore, catalogue: Catalogue, intake: Intake, replicator: Replicator,
    startedAt: Timestamp, terminals: TerminalDesk? = nil,
    now: @escaping @Sendable () -> Timestamp = { MachineClock.wall() }
  ) {
    self.settings = settings
    self.store = store
    self.catalogue = catalogue
    self.intake = intake
    self.replicator = replicator
    self.startedAt = startedAt
    self.terminals = terminals
    let node = settings.node
    access = AccessControl(
      home: node, store: store.access,
      address: settings.http.listen?.webAddress(hostName: MachineFacts.hostName()), now: now,
      random: { MachineFacts.randomBytes($0) }, isOffice: { $0 == node })
  }

  package var language: Language { settings.language }
}

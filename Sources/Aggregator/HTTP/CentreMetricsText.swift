import API
import CentreStorage
import Datasets
import HTTPServing
import Machine
import Settings
import Transport
import Wire

/// `GET /metrics`: numbers alone, no data of anybody.
struct CentreMetricsText: Sendable {
  private let context: CentreContext

  init(_ context: CentreContext) { self.context = context }

  func text() async -> String {
    var metrics = PrometheusText()
    // A store that cannot be read is when the other numbers are needed most.
    let picture = try? await context.pictures.recent()
    if let picture { addFleet(picture, to: &metrics) }
    metrics.add("simpul_store_readable", .gauge, "Whether the store can be read.", picture == nil ? 0 : 1)
    addIngest(context.metrics.current, to: &metrics)
    addLink(await context.linkCounters(), to: &metrics)
    metrics.add(
      "simpul_build_info", .gauge, "Always 1; the version is in the label.",
      [.init([("version", SimpulVersion.text)], 1)])
    metrics.add("simpul_store_bytes", .gauge, "Bytes that the store's files take.", context.storeBytes)
    metrics.add(
      "simpul_disk_free_bytes", .gauge, "Bytes that are free on the store's file system.",
      MachineFacts.freeBytes(at: context.settings.dataDirectory))
    metrics.add(context.access.refusals)
    metrics.add(ProcessFigures(), startedAt: context.startedAt)
    return metrics.text
  }

  private func addFleet(_ picture: FleetPicture, to metrics: inout PrometheusText) {
    let overview = picture.overview
    metrics.add(
      "simpul_nodes", .gauge, "Nodes by state; absent ones are in the fleet's files and were never invited.",
      OfficeView.State.allCases.map { .init([("state", $0.rawValue)], picture.count($0)) })
    metrics.add(
      "simpul_node_backlog_changes", .gauge,
      "Changes recorded at a node and not yet acknowledged, as it last said.",
      picture.known.compactMap { office in
        office.report.map { .init([("node", office.node.text)], $0.backlogChanges) }
      })
    metrics.add(
      "simpul_node_last_seen_timestamp_seconds", .gauge, "When a node was last heard.",
      picture.known.compactMap { office in
        office.lastSeen.map { .init([("node", office.node.text)], Double($0.milliseconds) / 1000) }
      })
    metrics.add(
      "simpul_conflicts", .gauge, "Fields whose siblings differ, by state.",
      [
        .init([("state", "open")], overview.openConflicts),
        .init([("state", "settled")], overview.settledConflicts),
      ])
    metrics.add(
      "simpul_quarantine_entries", .gauge, "Changes that are held in quarantine.", overview.quarantined)
    metrics.add(
      "simpul_ledger_missing_records", .gauge, "Records that gaps stand for, over all time.", overview.missing
    )
    metrics.add("simpul_feed_position", .gauge, "The feed's newest position.", overview.feedEnd)
  }

  private func addIngest(_ counts: CentreMetrics.Counts, to metrics: inout PrometheusText) {
    let known = Set(context.fleet().datasets.map(\.definition.name.text))
    func add(_ name: String, _ help: String, _ values: [String: UInt64]) {
      let names = known.union(values.keys)
      metrics.add(name, .counter, help, names.map { .init([("dataset", $0)], values[$0] ?? 0) })
    }
    add(
      "simpul_records_applied_total", "New events and samples, and changes that made a difference.",
      counts.applied)
    add("simpul_records_duplicate_total", "Events and samples whose content was known.", counts.duplicates)
    add(
      "simpul_records_variant_total", "Events and samples whose key was taken by another content.",
      counts.variants)
    add("simpul_records_quarantined_total", "Entries that could not be applied.", counts.quarantined)
    add("simpul_records_missing_total", "Records that received gaps stand for.", counts.missing)
    metrics.add("simpul_batches_applied_total", .counter, "Batches that were applied.", counts.batches)
    // All that can be, from the first scrape on: a rate from nothing to one would not show else.
    let reasons =
      Refusal.Code.allCases.map(\.word) + RefusalReason.allCases.map(\.rawValue) + ["handshake"]
      + counts.refusals.keys
    metrics.add(
      "simpul_sessions_refused_total", .counter, "Sessions, connections and handshakes that were refused.",
      Set(reasons).map { .init([("reason", $0)], counts.refusals[$0] ?? 0) })
  }

  private func addLink(_ link: CentreCounters, to metrics: inout PrometheusText) {
    metrics.add(
      "simpul_link_received_bytes_total", .counter, "Bytes of messages received.", link.bytesReceived)
    metrics.add("simpul_link_received_messages_total", .counter, "Messages received.", link.messagesReceived)
    metrics.add(
      "simpul_link_sent_bytes_total", .counter, "Bytes of messages handed to the socket.", link.bytesSent)
    metrics.add(
      "simpul_link_sent_messages_total", .counter, "Messages handed to the socket.", link.messagesSent)
    metrics.add(
      "simpul_link_sends_full_total", .counter, "Sends that a full peer did not take.", link.sendsFull)
    metrics.add(
      "simpul_link_sends_unreachable_total", .counter, "Sends to peers that were gone.", link.sendsUnreachable
    )
    metrics.add("simpul_link_malformed_total", .counter, "Messages of more than one frame.", link.malformed)
    metrics.add(
      "simpul_link_handshakes_total", .counter, "Handshakes that succeeded.", link.handshakesSucceeded)
    metrics.add(
      "simpul_link_handshake_failures_total", .counter, "Handshakes that failed.", link.handshakeFailures)
    metrics.add(
      "simpul_link_refused_messages_total", .counter, "Messages and handshakes that the socket refused.",
      link.refused.map { .init([("reason", $0.key.rawValue)], $0.value) })
    metrics.add("simpul_link_peers", .gauge, "Connections that have spoken and not gone.", link.peers)
    metrics.add("simpul_link_inbox_bytes", .gauge, "Bytes that wait to be handled.", link.inboxBytes)
  }
}

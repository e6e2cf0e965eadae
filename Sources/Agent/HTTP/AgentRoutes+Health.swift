import Datasets
import HTTPServing
import HTTPTypes
import Hummingbird
import Machine
import NodeStorage
import Replication
import Sessions

/// `/readyz`: whether the daemon can do its work, and why not.
private struct ReadyReply: Encodable {
  var ready: Bool
  var why: [String]
}

extension AgentRoutes {
  /// Alive: it answers.
  func getHealth(_ call: HTTPCall) throws -> Response { .text("ok\n") }

  func getReadiness(_ call: HTTPCall) async throws -> Response {
    let problems = await readiness.problems()
    return try .json(
      ReadyReply(ready: problems.isEmpty, why: problems.map { $0(call.language) }),
      status: problems.isEmpty ? .ok : .serviceUnavailable)
  }

  func getMetrics(_ call: HTTPCall) async throws -> Response {
    let status = try await context.store.status()
    var text = PrometheusText()
    addBacklog(status, to: &text)
    addStore(status, to: &text)
    await addLink(to: &text)
    addIntake(to: &text)
    text.add(context.access.refusals)
    text.add(ProcessFigures(), startedAt: context.startedAt)
    return .text(text.text, type: PrometheusText.mediaType)
  }

  private func addBacklog(_ status: NodeStoreStatus, to text: inout PrometheusText) {
    text.add(
      "simpul_backlog_changes", .gauge, "Changes recorded and not yet acknowledged by the centre.",
      status.backlogChanges)
    text.add(
      "simpul_backlog_bytes", .gauge, "Bytes of the changes not yet acknowledged.", status.backlogBytes)
    let age = status.oldestUnacknowledged.map { MachineClock.wall().millisecondsSince($0) } ?? 0
    text.add(
      "simpul_backlog_oldest_age_seconds", .gauge,
      "Age of the oldest change not yet acknowledged; 0 without any.",
      Double(max(0, age)) / 1000)
    text.add(
      "simpul_held_back_changes", .gauge, "Own changes that the centre quarantined or the disk damaged.",
      status.heldBack)
    text.add("simpul_held_values", .gauge, "Values of files that wait for a person.", status.heldValues)
    text.add("simpul_conflicts_open", .gauge, "Open conflicts in the local copy.", status.conflictsOpen)
  }

  private func addStore(_ status: NodeStoreStatus, to text: inout PrometheusText) {
    text.add("simpul_store_bytes", .gauge, "Bytes that the store uses.", status.usedBytes)
    text.add(
      "simpul_store_copy_bytes", .gauge,
      "Of them, about how many hold other offices' events; the quota leaves them out.", status.copyBytes)
    text.add("simpul_store_quota_bytes", .gauge, "Bytes that the store may use.", status.quotaBytes)
    text.add("simpul_disk_free_bytes", .gauge, "Bytes free on the store's disk.", status.diskFreeBytes)
    text.add(
      "simpul_thinned_samples_total", .counter, "Samples dropped unsent because the store was full.",
      status.thinned)
    text.add(
      "simpul_trimmed_entries_total", .counter,
      "Acknowledged entries dropped before their time because the store was full.",
      status.trimmedUnderPressure)
    text.add(
      "simpul_damaged_total", .counter, "Entries and records whose bytes did not match their checksum.",
      status.damaged)
  }

  private func addLink(to text: inout PrometheusText) async {
    let phase = await context.replicator.phase
    text.add(
      "simpul_link_up", .gauge, "1 while a session with the centre stands, else 0.",
      phase.isEstablished ? 1 : 0)
    if let offset = await context.replicator.clockOffsetMilliseconds {
      text.add(
        "simpul_clock_offset_seconds", .gauge, "The centre's clock minus this machine's, as last measured.",
        Double(offset) / 1000)
    }
    if let roundTrip = await context.replicator.roundTripMilliseconds {
      text.add(
        "simpul_round_trip_seconds", .gauge, "Round trip to the centre, as last measured.",
        Double(roundTrip) / 1000)
    }
  }

  private func addIntake(to text: inout PrometheusText) {
    // Also those that took nothing yet, so that a rate can be told from the first row on.
    let known = context.catalogue.current.datasets.keys
    var counts = Dictionary(uniqueKeysWithValues: known.map { ($0.text, IntakeCounters.Counts()) })
    for (dataset, count) in counters.all {
      // A file's name may say anything: only names of the catalogue become labels.
      let label = known.contains(dataset) ? dataset.text : "other"
      counts[label, default: IntakeCounters.Counts()].add(count)
    }
    func samples(_ value: (IntakeCounters.Counts) -> UInt64) -> [PrometheusText.Sample] {
      counts.map { PrometheusText.Sample([("dataset", $0.key)], value($0.value)) }
    }
    text.add(
      "simpul_rows_accepted_total", .counter,
      "Rows taken since the start (HTTP and spool), repeated ones among them.",
      samples(\.accepted))
    text.add(
      "simpul_rows_duplicate_total", .counter, "Rows taken that changed nothing.",
      samples(\.duplicates))
    text.add(
      "simpul_rows_rejected_total", .counter, "Rows refused since the start (HTTP and spool).",
      samples(\.rejected))
  }
}

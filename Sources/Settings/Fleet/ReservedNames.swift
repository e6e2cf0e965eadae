import Datasets

/// Names that a definition cannot have, because Simpul's own tables and files have them.
package enum ReservedNames {
  /// Of fields: columns of the centre's tables and of exports.
  static func fields(_ kind: DatasetDefinition.Kind) -> Set<String> {
    kind == .record
      ? ["id", "version", "extra"] : ["node", "incarnation", "sequence", "effective", "suspect", "extra"]
  }

  /// Of datasets: the tables of the centre's store.
  package static let datasets: Set<String> = [
    "access_session", "access_token", "alias", "also_said", "audit", "backlog_hold", "backup", "backup_secret",
    "backup_stream", "change", "conflict",
    "conflict_node", "counter", "damage", "dataset", "dataset_digest", "departure", "duplicate", "epoch", "field_name",
    "fleet_key", "incarnation", "incarnation_end", "invitation", "ledger", "lost", "node", "node_key", "node_notice",
    "node_stream", "occurrence_batch", "person", "person_key", "person_search", "quarantine", "record", "retraction",
    "stream", "stream_mark", "verdict",
  ]
}

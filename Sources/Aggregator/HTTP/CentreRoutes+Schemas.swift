import CentreStorage
import HTTPServing
import Wire

extension CentreRoutes {
  /// What only the aggregator answers with.
  static let schemas: [(name: String, schema: Schema)] = [
    ("ReadyReply", .object([.init("ready", .boolean), .init("why", .array(.string))])),
    (
      "NodeReply",
      .object([
        .init("node", .string), Schema.optional("title", .map(.string)), Schema.optional("kind", .string),
        .init("state", .words(["online", "offline", "fenced", "revoked", "invited", "absent"])),
        .init("last_seen", .nullable(.instant)), .init("backlog", .named("BacklogReply")),
        .init("streams", .array(.named("StreamReply"))), .init("clock_offset_ms", .nullable(.integer)),
        .init("rtt_ms", .nullable(.integer)), .init("version", .nullable(.string)),
        .init("disk_free_bytes", .nullable(.integer)), Schema.optional("newest_data", .instant),
        Schema.optional("open_conflicts", .integer), Schema.optional("quarantined", .integer),
      ])
    ),
    ("NodesReply", .object([.init("nodes", .array(.named("NodeReply")))])),
    (
      "InvitationRequest",
      .object([Schema.optional("valid_hours", .integer), Schema.optional("replace", .boolean)])
    ),
    (
      "InvitationReply",
      .object([
        .init("node", .string), .init("invitation", .string), .init("expires", .instant),
      ])
    ),
    (
      "BackupReply",
      .object([
        .init("made_at", .instant), .init("position", .integer), .init("epoch", .string), .init("nodes", .integer),
        .init("records", .integer), .init("occurrences", .integer), .init("damaged", .integer),
      ])
    ),
    (
      "FleetKeyReply",
      .object([
        .init("version", .integer),
        .init("versions", .array(.object([.init("version", .integer), .init("created_at", .instant)]))),
        .init("nodes", .array(.string)),
      ])
    ),
    ("FleetKeyRotation", .object([.init("present", .integer), Schema.optional("reason", .string)])),
    ("BackupConfirmation", .object([.init("sha256", .string)])),
    (
      "DuplicatesReply",
      .object([.init("duplicates", .array(.named("DuplicateReply"))), .init("next", .nullable(.string))])
    ),
    (
      "DuplicateReply",
      .object([
        .init("id", .string), .init("dataset", .string),
        .init("kind", .words(["same_number", "other_name", "similar"])),
        .init("score", .integer), .init("state", .words(["open", "merged", "distinct"])), .init("found", .instant),
        Schema.optional("decided", .instant), Schema.optional("decision", .string),
        .init("records", .array(.named("RecordReply"))), Schema.optional("keep", .string),
        .init("same", .array(.string)),
        .init("differs", .array(.string)), Schema.optional("nodes", .array(.string)),
      ])
    ),
    (
      "MergeRequest",
      .object([
        Schema.optional("keep", .string), Schema.optional("take", .array(.string)),
        Schema.optional("versions", .map(.string)), Schema.optional("reason", .string),
      ])
    ),
    (
      "SplitRequest",
      .object([.init("node", .string), Schema.optional("version", .string), Schema.optional("reason", .string)])
    ),
    (
      "DuplicateDecision",
      .object([
        .init("id", .string), .init("outcome", .string), Schema.optional("record", .string),
        Schema.optional("taken", .array(.string)), Schema.optional("hidden", .array(.string)),
        Schema.optional("left", .array(.string)),
      ])
    ),
    ("RevocationRequest", .object([.init("reason", .string)])),
    (
      "QuarantineEntry",
      .object([
        .init("id", .string), .init("node", .string), .init("dataset", .string), .init("sequence", .integer),
        Schema.optional("record", .string), .init("code", .string), .init("reason", .string),
        .init("at", .instant),
        Schema.optional("fields", .map(.anything)),
      ])
    ),
    (
      "BacklogDecision",
      .object([.init("node", .string), .init("taken", .integer), .init("held", .integer)])
    ),
    ("DecisionRequest", .object([.init("reason", .string)])),
    (
      "MendRequest",
      .object([
        .init("fields", .map(.anything)), Schema.optional("version", .string), Schema.optional("reason", .string),
      ])
    ),
    (
      "QuarantineDecision",
      .object([
        .init("id", .string), .init("outcome", .words(["applied", "replaced", "held", "discarded", "mended"])),
        Schema.optional("code", .string), Schema.optional("reason", .string),
      ])
    ),
    (
      "QuarantineReply",
      .object([
        .init("quarantine", .array(.named("QuarantineEntry"))), Schema.optional("next", .string),
      ])
    ),
    (
      "LedgerReply",
      .object([
        .init(
          "ledger",
          .array(
            .object([
              .init("node", .string), .init("dataset", .string), .init("first", .integer),
              .init("last", .integer),
              .init("count", .integer),
              .init(
                "reason", .words(Gap.Reason.allCases.map(\.word) + [LedgerEntry.discarded, LedgerEntry.diskLost])),
              .init("at", .instant),
            ]))), Schema.optional("next", .string),
      ])
    ),
  ]
}

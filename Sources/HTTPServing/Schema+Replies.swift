import API

extension Schema {
  /// What both daemons answer with, by the names of the API's types.
  package static let replies: [(name: String, schema: Schema)] = [
    (
      "ErrorReply",
      .object([
        .init("error", .string), .init("message", .string), optional("field", .string),
        optional("present", .named("RecordReply")),
      ])
    ),
    (
      "BacklogReply",
      .object([
        .init("changes", .integer), .init("bytes", .integer), .init("oldest", .nullable(.instant)),
      ])
    ),
    (
      "StreamReply",
      .object([
        .init("dataset", .string), optional("node", .string), .init("applied", .integer),
        .init("last", .integer),
        optional("earliest_kept", .integer), optional("head", .string),
      ])
    ),
    ("StreamsReply", .object([.init("streams", .array(.named("StreamReply")))])),
    (
      "StatusReply",
      .object([
        .init("role", .words(["agent", "aggregator"])), .init("node", .string), .init("version", .string),
        .init("summary", .string), .init("state", .string), optional("why", .string),
        .init("incarnation", .string), .init("started_at", .instant),
        optional("backlog", .named("BacklogReply")),
        optional("feed", .object([.init("epoch", .string), .init("position", .integer)])),
        optional("audit", .named("AuditHeadReply")),
        optional("backup", .object([.init("made_at", .instant), .init("position", .integer)])),
        optional("clock_offset_ms", .integer), optional("rtt_ms", .integer),
        optional("disk_free_bytes", .integer),
        optional("store_bytes", .integer), optional("streams", .array(.named("StreamReply"))),
        optional("open_conflicts", .integer), optional("open_duplicates", .integer),
        optional("held_back", .integer), optional("held_values", .integer), optional("recovered", .integer),
        optional("nodes", .map(.integer)),
      ])
    ),
    (
      "DatasetsReply",
      .object([
        .init(
          "datasets",
          .array(
            .object([
              .init("id", .string), .init("kind", .words(["event", "sample", "record"])),
              .init("version", .integer),
              .init("title", .map(.string)),
              .init("lane", .words(["incident", "record", "event", "sample"])),
              .init(
                "fields",
                .array(
                  .object([
                    .init("name", .string), .init("type", .string), .init("title", .map(.string)),
                    .init("required", .boolean), .init("policy", .string),
                    .init("personal", .words(["none", "general", "specific", "identifier"])),
                    optional("codes", .map(.map(.string))),
                  ]))),
            ])))
      ])
    ),
    (
      "RecordReply",
      .object([
        .init("id", .string), optional("version", .string), .init("fields", .map(.anything)),
        optional("conflicts", .map(.words(["open", "settled"]))),
        optional("lifecycle", .words(["deleted", "alias"])), optional("aliases", .array(.string)),
      ])
    ),
    (
      "RecordsReply",
      .object([
        .init("records", .array(.named("RecordReply"))), .init("next", .nullable(.string)),
      ])
    ),
    (
      "HistoryReply",
      .object([
        .init(
          "history",
          .array(
            .object([
              .init("dot", .string), .init("node", .string), .init("time", .instant),
              .init("suspect", .boolean),
              .init("fields", .map(.anything)),
              .init("traits", .array(.words(["creation", "blind", "correction", "resolution"]))),
              optional("reason", .string), optional("source", .string),
              .init("disposition", .words(["applied", "replaced", "quarantined", "pending"])),
            ])))
      ])
    ),
    (
      "IntakeReply",
      .object([
        .init("accepted", .integer), .init("duplicates", .integer),
        .init(
          "rejected",
          .array(
            .object([
              .init("line", .integer), optional("field", .string), .init("reason", .string),
              optional("code", .string),
            ]))),
        .init("rejected_total", .integer),
        .init("stream", .nullable(.object([.init("first", .integer), .init("last", .integer)]))),
      ])
    ),
    (
      "DigestReply",
      .object([
        .init("count", .integer), .init("digest", .string), optional("epoch", .string),
        .init("position", .integer), .init("pending", .integer),
      ])
    ),
    (
      "ConflictReply",
      .object([
        .init("id", .string), .init("dataset", .string), .init("record", .string), .init("field", .string),
        .init("policy", .string), .init("state", .words(["open", "settled"])), .init("shown", .anything),
        .init("base", .anything), .init("version", .string),
        .init(
          "siblings",
          .array(
            .object([
              .init("dot", .string), .init("node", .string), .init("value", .anything),
              .init("time", .instant),
              .init("suspect", .boolean),
            ]))),
      ])
    ),
    (
      "ConflictsReply",
      .object([
        .init("conflicts", .array(.named("ConflictReply"))), .init("next", .nullable(.string)),
      ])
    ),
    (
      "ResolutionRequest",
      .object([
        optional("value", .anything), optional("take", .string), .init("version", .string), optional("reason", .string),
      ])
    ),
    (
      "TraceReply",
      .object([
        .init("id", .string), .init("dataset", .string),
        .init("now", .words(["recorded", "sent", "stored", "merged", "delivered", "held", "discarded"])),
        .init("why", .string),
        .init(
          "stages",
          .array(
            .object([
              .init("stage", .words(TraceReply.Step.allCases.map(\.rawValue))), .init("node", .string),
              .init("stream", .string), .init("at", .nullable(.instant)), optional("change", .string),
              optional("suspect", .boolean), optional("position", .integer), optional("note", .string),
            ]))),
        .init(
          "waiting",
          .array(
            .object([
              .init("stage", .words(TraceReply.Step.allCases.map(\.rawValue))), .init("node", .string),
              .init("stream", .string), optional("since", .instant), .init("why", .string),
            ]))),
        .init("changes", .integer), .init("omitted", .integer), optional("alias_of", .string),
      ])
    ),
    (
      "FindingsReply",
      .object([
        .init(
          "findings",
          .array(
            .object([
              .init("code", .string), .init("severity", .words(["critical", "warning", "info"])),
              .init("subject", .string), .init("what", .string), .init("evidence", .string),
              .init("consequence", .string), .init("remedy", .string), optional("since", .instant),
            ])))
      ])
    ),
    ("AuditHeadReply", .object([.init("sequence", .integer), .init("head", .string)])),
    (
      "AuditReply",
      .object([
        .init(
          "audit",
          .array(
            .object([
              .init("sequence", .integer), .init("at", .instant), .init("caller", .string), .init("role", .string),
              optional("office", .string), .init("action", .string), .init("subject", .string),
              optional("count", .integer), optional("records", .array(.string)), optional("reason", .string),
              optional("outcome", .string), .init("head", .string),
            ]))), optional("next", .string),
      ])
    ),
    (
      "AlertsReply",
      .object([
        .init(
          "alerts",
          .array(
            .object([
              .init("code", .string), .init("severity", .words(["critical", "warning", "info"])),
              .init("subject", .string), .init("what", .string), .init("since", .nullable(.instant)),
            ])))
      ])
    ),
  ]
}

import HTTPServing
import NodeStorage

extension AgentRoutes {
  /// What only the agent answers with, beside `Schema.replies`.
  static let schemas: [(name: String, schema: Schema)] = [
    ("ReadyReply", .object([.init("ready", .boolean), .init("why", .array(.string))])),
    (
      "IntakeAnswer",
      .object([
        .init("accepted", .integer), .init("duplicates", .integer),
        .init("created", .integer), .init("changed", .integer), .init("held", .integer),
        Schema.optional(
          "unknown_fields",
          .array(
            .object([
              .init("field", .string), Schema.optional("suggestion", .string), .init("rows", .integer),
            ]))),
        Schema.optional(
          "warnings",
          .array(
            .object([
              .init("line", .integer), Schema.optional("field", .string), .init("code", .string),
              .init("reason", .string), .init("rows", .integer),
            ]))),
        Schema.optional("dry_run", .boolean), Schema.optional("suspects", .integer),
        Schema.optional("rows", .array(.named("ImportRow"))), Schema.optional("rows_per_outcome_max", .integer),
        Schema.optional("name_field", .string),
        .init(
          "rejected",
          .array(
            .object([
              .init("line", .integer), .init("field", .nullable(.string)), .init("reason", .string),
              .init("code", .string),
            ]))),
        .init("rejected_total", .integer),
        .init("stream", .nullable(.object([.init("first", .integer), .init("last", .integer)]))),
        Schema.optional(
          "records",
          .array(.object([.init("id", .string), .init("version", .string), Schema.optional("lifecycle", .string)]))),
        Schema.optional("error", .string), Schema.optional("message", .string),
      ])
    ),
    (
      "NodeReply",
      .object([
        .init("node", .string), Schema.optional("title", .map(.string)), Schema.optional("kind", .string),
        .init("state", .words(["online", "offline", "fenced", "revoked"])),
        .init("backlog", .named("BacklogReply")),
        .init("streams", .array(.named("StreamReply"))), Schema.optional("clock_offset_ms", .integer),
        Schema.optional("rtt_ms", .integer), Schema.optional("version", .string),
        Schema.optional("disk_free_bytes", .integer),
        Schema.optional("open_conflicts", .integer), Schema.optional("quarantined", .integer),
      ])
    ),
    (
      "ImportRow",
      .object([
        .init("line", .integer), .init("outcome", .words(["new", "changed", "same", "held"])),
        Schema.optional("record", .string), Schema.optional("suspicion", .words(["same_number", "other_name"])),
        .init(
          "fields",
          .array(
            .object([
              .init("field", .string), Schema.optional("old", .anything), .init("new", .anything),
              Schema.optional("held", .boolean),
            ]))),
      ])
    ),
    ("NodesReply", .object([.init("nodes", .array(.named("NodeReply")))])),
    (
      "LedgerReply",
      .object([
        .init(
          "ledger",
          .array(
            .object([
              .init("node", .string), .init("dataset", .string), .init("first", .integer),
              .init("last", .integer),
              .init("count", .integer), .init("reason", .words(LossReason.allCases.map(\.word))),
              .init("at", .instant),
            ]))),
        Schema.optional("next", .string),
      ])
    ),
    (
      "QuarantineEntry",
      .object([
        .init("id", .string), .init("node", .string), .init("dataset", .string), .init("sequence", .integer),
        Schema.optional("record", .string), .init("code", .string), .init("reason", .string),
        .init("at", .instant),
        Schema.optional("fields", .map(.anything)), Schema.optional("present", .map(.anything)),
        Schema.optional("beside", .map(.array(.anything))),
      ])
    ),
    ("DecisionRequest", .object([.init("reason", .string)])),
    (
      "QuarantineDecision",
      .object([
        .init("id", .string), .init("outcome", .words(["applied", "replaced", "held", "discarded"])),
        Schema.optional("code", .string), Schema.optional("reason", .string), Schema.optional("left", .array(.string)),
      ])
    ),
    (
      "QuarantineReply",
      .object([
        .init("quarantine", .array(.named("QuarantineEntry"))), Schema.optional("next", .string),
      ])
    ),
  ]
}

import HTTPServing

extension AgentRoutes {
  /// What only the agent answers with, beside `Schema.replies`.
  static let schemas: [(name: String, schema: Schema)] = [
    ("ReadyReply", .object([.init("ready", .boolean), .init("why", .array(.string))])),
    ("IntakeAnswer", .object([
      .init("accepted", .integer), .init("duplicates", .integer),
      .init("rejected", .array(.object([
        .init("line", .integer), .init("field", .nullable(.string)), .init("reason", .string), .init("code", .string),
      ]))),
      .init("rejected_total", .integer),
      .init("stream", .nullable(.object([.init("first", .integer), .init("last", .integer)]))),
      .optional("records", .array(.object([.init("id", .string), .init("version", .string)]))),
      .optional("error", .string), .optional("message", .string),
    ])),
    ("NodeReply", .object([
      .init("node", .string), .optional("title", .map(.string)), .optional("kind", .string),
      .init("state", .words(["online", "offline", "fenced", "revoked"])), .init("backlog", .named("BacklogReply")),
      .init("streams", .array(.named("StreamReply"))), .optional("clock_offset_ms", .integer),
      .optional("rtt_ms", .integer), .optional("version", .string), .optional("disk_free_bytes", .integer),
      .optional("open_conflicts", .integer), .optional("quarantined", .integer),
    ])),
    ("NodesReply", .object([.init("nodes", .array(.named("NodeReply")))])),
    ("LedgerReply", .object([
      .init("ledger", .array(.object([
        .init("node", .string), .init("dataset", .string), .init("first", .integer), .init("last", .integer),
        .init("count", .integer), .init("reason", .words(["thinned", "trimmed", "damaged"])), .init("at", .instant),
      ]))),
      .optional("next", .string),
    ])),
    ("QuarantineEntry", .object([
      .init("id", .string), .init("node", .string), .init("dataset", .string), .init("sequence", .integer),
      .optional("record", .string), .init("code", .string), .init("reason", .string), .init("at", .instant),
      .optional("fields", .map(.anything)),
    ])),
    ("QuarantineReply", .object([
      .init("quarantine", .array(.named("QuarantineEntry"))), .optional("next", .string),
    ])),
  ]
}

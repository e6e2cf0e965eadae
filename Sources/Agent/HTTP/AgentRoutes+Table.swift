import API
import Datasets
import HTTPServing
import HTTPTypes
import Hummingbird
import Sessions
import Settings

extension AgentRoutes {
  /// For everybody, as is `/sign-in` (contract.md).
  var open: [Route] {
    [
      Route(
        .get, "/healthz", "Whether the agent is alive.", answer: .text("text/plain"), admits: .everybody,
        handle: getHealth),
      Route(
        .get, "/readyz", "Whether the agent can do its work, and why not.",
        answer: .json(.named("ReadyReply")),
        refusals: [503], admits: .everybody, handle: getReadiness),
      Route(
        .get, "/metrics", "Metrics for Prometheus.", answer: .text(PrometheusText.mediaType),
        admits: .everybody, handle: getMetrics),
    ]
  }

  /// The rest, with the document that describes all of it.
  var guarded: [Route] {
    let catalogue = context.catalogue
    let rest =
      records + [.exportKey { catalogue.current.fleetKeys.max { $0.version < $1.version } }] + conflicts + states
      + terminals
      + context.access.routes + context.audit.routes
    let document = (open + rest).described(
      title: "Simpul agent", home: context.settings.node, schemas: Self.schemas + Self.terminalSchemas + Schema.access
    ).suffix(1)
    return rest + document
  }

  private var records: [Route] {
    let dataset = "/api/v1/datasets/{dataset}"
    let record = dataset + "/records/{record}"
    return [
      Route(
        .get, "/api/v1/datasets", "The datasets that this office has.",
        answer: .json(.named("DatasetsReply")),
        handle: { call in try listDatasets(call) }),
      Route(
        .get, dataset + "/records",
        "Records of the office's copy. Any other parameter names a field that must hold exactly that.",
        query: Route.Parameter.page + [.init("q", .string, "A text that some field must contain.")],
        headers: [.reason], answer: .json(.named("RecordsReply")), handle: listRecords),
      Route(
        .post, dataset + "/records",
        "Takes rows: a JSON object or array (application/json), NDJSON (application/x-ndjson) or CSV "
          + "(text/csv). Of rows that name one record the later is the newer; in a table, which has no order, one that "
          + "gives a field another value than a row before it is refused (repeated_id).",
        query: [
          .init("source", .string, "What the import memory is kept by. Default default."),
          .init("dry_run", .boolean, "Nothing is kept; the answer says what would become of the rows."),
          .init("unknown", .words(["keep", "refuse"]), "Fields that the definition does not know. Default keep."),
        ],
        headers: [
          .init("Idempotency-Key", .string, "Makes rows that identify nobody the same when sent again."), .reason,
        ],
        body: .anything, answer: .json(.named("IntakeAnswer")), refusals: [403, 413, 415, 422, 503, 507],
        handle: postRecords),
      Route(
        .get, record, "One record; its version is the entity tag.", headers: [.reason],
        answer: .json(.named("RecordReply")), handle: getRecord),
      Route(
        .patch, record, "Changes the fields that the body names; null clears.",
        query: [.init("correction", .boolean, "Lets a monotone field step back.")],
        headers: [.ifMatch, .reason],
        body: .map(.anything), answer: .json(.named("RecordReply")),
        refusals: [403, 405, 410, 412, 415, 422, 507],
        handle: patchRecord),
      Route(
        .delete, record, "Deletes a record; it can be restored.", headers: [.ifMatch, .reason],
        answer: .json(.named("RecordReply")), refusals: [403, 405, 412, 507], handle: deleteRecord),
      Route(
        .post, record + "/restoration", "Brings a deleted or merged record back.",
        headers: [.ifMatch, .reason],
        body: .object([Schema.optional("reason", .string)]), answer: .json(.named("RecordReply")),
        refusals: [403, 405, 412, 507], handle: restoreRecord),
      Route(
        .get, record + "/history", "What this office wrote of a record, oldest first.", headers: [.reason],
        answer: .json(.named("HistoryReply")), refusals: [405], handle: getHistory),
      Route(
        .get, dataset + "/digest", "What proves that the office's copy equals the centre's.",
        query: [.init("node", .string, "This office; of others the centre knows.")],
        answer: .json(.named("DigestReply")), handle: getDigest),
      trace,
    ]
  }

  private var conflicts: [Route] {
    let conflict = "/api/v1/conflicts/{conflict}"
    return [
      Route(
        .get, "/api/v1/conflicts", "Conflicts in the office's copy.",
        query: Route.Parameter.page + [
          .init("state", .words(["open", "settled", "all"]), "Default all."),
          .init("dataset", .string, "Only of this dataset."),
        ], headers: [.reason], answer: .json(.named("ConflictsReply")), handle: listConflicts),
      Route(
        .get, conflict, "One conflict.", headers: [.reason], answer: .json(.named("ConflictReply")),
        handle: getConflict),
      Route(
        .post, conflict + "/resolution", "Decides a conflict with one of its values or a third one.",
        query: [.init("correction", .boolean, "Lets a monotone field step back.")], headers: [.reason],
        body: .named("ResolutionRequest"), answer: .json(.named("ConflictReply")),
        refusals: [403, 409, 410, 412, 415, 422, 507], handle: resolveConflict),
    ]
  }

  private var states: [Route] {
    let page =
      Route.Parameter.page + [
        .init("dataset", .string, "Only of this dataset."), .init("node", .string, "Only of this node."),
      ]
    return [
      Route(
        .get, "/api/v1/doctor", "What is wrong, with evidence, consequence and remedy; tries the way to the centre.",
        answer: .json(.named("FindingsReply")), handle: getFindings),
      Route(
        .get, "/api/v1/status", "How the agent is doing.", answer: .json(.named("StatusReply")),
        handle: getStatus),
      Route(
        .get, "/api/v1/streams", "The office's streams.", answer: .json(.named("StreamsReply")),
        handle: listStreams),
      Route(
        .get, "/api/v1/nodes", "This node, as the only one it knows.", answer: .json(.named("NodesReply")),
        handle: listNodes),
      Route(
        .get, "/api/v1/nodes/{node}", "This node.", answer: .json(.named("NodeReply")), handle: getNode),
      Route(
        .get, "/api/v1/ledger", "What was dropped on purpose or lost here.", query: page,
        answer: .json(.named("LedgerReply")), handle: getLedger),
      Route(
        .get, "/api/v1/quarantine", "What of this office waits for a person.", query: page,
        answer: .json(.named("QuarantineReply")), handle: listQuarantine),
      Route(
        .get, "/api/v1/quarantine/{entry}", "One of them, with what it would have written.",
        headers: [.reason],
        answer: .json(.named("QuarantineEntry")), handle: getQuarantined),
      Route(
        .post, "/api/v1/quarantine/{entry}/requeue",
        "Sends a state that a restored centre does not know back to it, as an ordinary change.",
        headers: [.reason], body: .named("DecisionRequest"), answer: .json(.named("QuarantineDecision")),
        refusals: [403, 409, 410, 415, 422, 507], handle: requeueQuarantined),
      Route(
        .post, "/api/v1/quarantine/{entry}/take",
        "The file is right about a value that this office changed itself: it becomes an edit of this office.",
        query: [.init("correction", .boolean, "Lets a monotone field step back.")],
        headers: [.ifMatch, .reason], body: .named("DecisionRequest"), answer: .json(.named("QuarantineDecision")),
        refusals: [403, 409, 410, 412, 415, 422, 507], handle: takeHeldValue),
      Route(
        .post, "/api/v1/quarantine/{entry}/discard",
        "A person has decided about a file's value, a recovered state or damage: it is kept aside no longer.",
        headers: [.reason], body: .named("DecisionRequest"), answer: .json(.named("QuarantineDecision")),
        refusals: [409, 415, 422], handle: discardQuarantined),
    ]
  }
}

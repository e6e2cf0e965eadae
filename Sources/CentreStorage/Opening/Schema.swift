import Storage

/// The store's tables beside the typed ones (DESIGN.md says what each is for).
enum Schema {
  static let first =
    RegistryTable.schema + fleet + lines + records + occurrences + aside + persons + audit.schema
    + AccessTables.centre.schema + backups

  /// Who looked at unmasked numbers, and who decided what.
  static let audit = AuditTable("audit")

  private static let fleet = """
    CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE fleet_key (version INTEGER PRIMARY KEY, secret BLOB NOT NULL, created_ms INTEGER NOT NULL);
    CREATE TABLE dataset (
      name TEXT PRIMARY KEY, kind TEXT NOT NULL, version INTEGER NOT NULL, shape TEXT NOT NULL,
      text TEXT NOT NULL, derived TEXT NOT NULL, installed_ms INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE node (
      name TEXT PRIMARY KEY, current INTEGER, created_ms INTEGER NOT NULL, revoked_ms INTEGER,
      fenced_ms INTEGER, fence_reason TEXT, last_seen_ms INTEGER, version TEXT, report BLOB, cursor BLOB) WITHOUT ROWID;
    CREATE TABLE node_key (
      public_key TEXT PRIMARY KEY, node TEXT NOT NULL, number INTEGER NOT NULL, enrolled_ms INTEGER NOT NULL,
      asked_ms INTEGER, welcomed_ms INTEGER, revoked_ms INTEGER) WITHOUT ROWID;
    CREATE INDEX node_key_node ON node_key (node);
    CREATE TABLE node_notice (
      node TEXT NOT NULL, code TEXT NOT NULL, at_ms INTEGER NOT NULL, count INTEGER NOT NULL, what_id TEXT NOT NULL,
      what_en TEXT NOT NULL, PRIMARY KEY (node, code)) WITHOUT ROWID;
    CREATE TABLE invitation (
      id INTEGER PRIMARY KEY AUTOINCREMENT, node TEXT NOT NULL, public_key TEXT NOT NULL UNIQUE,
      created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, used_ms INTEGER, used_by TEXT,
      withdrawn_ms INTEGER);
    CREATE INDEX invitation_node ON invitation (node);

    """

  private static let lines = """
    CREATE TABLE incarnation (
      id INTEGER PRIMARY KEY, node TEXT NOT NULL, generation INTEGER NOT NULL, random INTEGER NOT NULL,
      parent INTEGER, superseded_ms INTEGER, first_seen_ms INTEGER NOT NULL, revoked_ms INTEGER,
      UNIQUE (node, generation, random));
    CREATE TABLE incarnation_end (
      incarnation INTEGER NOT NULL, dataset TEXT NOT NULL, last INTEGER NOT NULL, sealed INTEGER NOT NULL,
      head BLOB NOT NULL, PRIMARY KEY (incarnation, dataset)) WITHOUT ROWID;
    CREATE TABLE epoch (
      id INTEGER PRIMARY KEY, incarnation INTEGER NOT NULL, generation INTEGER NOT NULL,
      random INTEGER NOT NULL, start INTEGER NOT NULL, started_ms INTEGER NOT NULL);
    CREATE INDEX epoch_name ON epoch (generation, random);
    CREATE TABLE stream (
      incarnation INTEGER NOT NULL, dataset TEXT NOT NULL, applied INTEGER NOT NULL, head BLOB NOT NULL,
      PRIMARY KEY (incarnation, dataset)) WITHOUT ROWID;
    CREATE TABLE stream_mark (
      incarnation INTEGER NOT NULL, dataset TEXT NOT NULL, sequence INTEGER NOT NULL, head BLOB NOT NULL,
      is_gap INTEGER NOT NULL, PRIMARY KEY (incarnation, dataset, sequence)) WITHOUT ROWID;
    CREATE TABLE lost (
      node TEXT NOT NULL, dataset TEXT NOT NULL, incarnation INTEGER NOT NULL, after INTEGER NOT NULL,
      through INTEGER NOT NULL, PRIMARY KEY (node, dataset, incarnation)) WITHOUT ROWID;
    CREATE INDEX lost_feed ON lost (node, through);
    CREATE TABLE node_stream (
      node TEXT NOT NULL, dataset TEXT NOT NULL, applied INTEGER NOT NULL DEFAULT 0,
      last INTEGER NOT NULL DEFAULT 0, newest_ms INTEGER, count INTEGER NOT NULL DEFAULT 0, sum BLOB,
      PRIMARY KEY (node, dataset)) WITHOUT ROWID;

    """

  private static let records = """
    CREATE TABLE record (
      row INTEGER PRIMARY KEY, dataset TEXT NOT NULL, id BLOB NOT NULL, position INTEGER NOT NULL, scope TEXT,
      hidden INTEGER NOT NULL, moved INTEGER NOT NULL, conflicts INTEGER NOT NULL, checksum INTEGER NOT NULL,
      state BLOB NOT NULL);
    CREATE UNIQUE INDEX record_id ON record (dataset, id);
    CREATE INDEX record_feed ON record (dataset, position, scope, hidden, moved);
    CREATE TABLE change (
      incarnation INTEGER NOT NULL, dataset TEXT NOT NULL, sequence INTEGER NOT NULL, record BLOB NOT NULL,
      position INTEGER NOT NULL, received_ms INTEGER NOT NULL, disposition INTEGER NOT NULL,
      checksum INTEGER NOT NULL, locator INTEGER NOT NULL, entry BLOB NOT NULL);
    CREATE UNIQUE INDEX change_dot ON change (incarnation, dataset, sequence);
    CREATE INDEX change_record ON change (dataset, record);
    CREATE TABLE departure (
      dataset TEXT NOT NULL, record BLOB NOT NULL, scope TEXT NOT NULL, position INTEGER NOT NULL,
      PRIMARY KEY (dataset, record, scope)) WITHOUT ROWID;
    CREATE TABLE retraction (
      position INTEGER PRIMARY KEY, node TEXT NOT NULL, dataset TEXT NOT NULL, record BLOB NOT NULL);
    CREATE INDEX retraction_feed ON retraction (node, dataset, position);
    CREATE TABLE verdict (
      position INTEGER PRIMARY KEY, node TEXT NOT NULL, dataset TEXT NOT NULL, incarnation INTEGER NOT NULL,
      sequence INTEGER NOT NULL, outcome INTEGER NOT NULL, effective_ms INTEGER NOT NULL, reason TEXT NOT NULL);
    CREATE INDEX verdict_feed ON verdict (node, position);
    CREATE TABLE conflict (
      dataset TEXT NOT NULL, record BLOB NOT NULL, field TEXT NOT NULL, state TEXT NOT NULL,
      position INTEGER NOT NULL, PRIMARY KEY (dataset, record, field)) WITHOUT ROWID;
    CREATE INDEX conflict_state ON conflict (state, position);
    CREATE INDEX conflict_position ON conflict (position);
    CREATE TABLE conflict_node (
      dataset TEXT NOT NULL, record BLOB NOT NULL, field TEXT NOT NULL, node TEXT NOT NULL,
      state TEXT NOT NULL, PRIMARY KEY (dataset, record, field, node)) WITHOUT ROWID;
    CREATE INDEX conflict_node_state ON conflict_node (state, node);

    """

  private static let occurrences = """
    CREATE TABLE occurrence_batch (
      position INTEGER PRIMARY KEY, incarnation INTEGER NOT NULL, dataset TEXT NOT NULL,
      first INTEGER NOT NULL, last INTEGER NOT NULL, received_ms INTEGER NOT NULL, raw_count INTEGER NOT NULL,
      checksum INTEGER NOT NULL, locator INTEGER NOT NULL, skipped BLOB NOT NULL, entries BLOB NOT NULL);
    CREATE INDEX occurrence_batch_feed ON occurrence_batch (dataset, position, incarnation);
    CREATE INDEX occurrence_batch_stream ON occurrence_batch (incarnation, dataset, first);
    CREATE INDEX occurrence_batch_lost ON occurrence_batch (incarnation, dataset, position, last);
    CREATE TABLE dataset_digest (
      dataset TEXT PRIMARY KEY, count INTEGER NOT NULL, sum BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE also_said (
      dataset TEXT NOT NULL, node TEXT NOT NULL, key BLOB NOT NULL, PRIMARY KEY (dataset, node, key))
      WITHOUT ROWID;

    """

  private static let aside = """
    CREATE TABLE quarantine (
      id INTEGER PRIMARY KEY, node TEXT NOT NULL, incarnation INTEGER NOT NULL, dataset TEXT NOT NULL,
      sequence INTEGER NOT NULL, record BLOB, code TEXT NOT NULL, reason_id TEXT NOT NULL,
      reason_en TEXT NOT NULL, state TEXT NOT NULL, received_ms INTEGER NOT NULL, due_ms INTEGER,
      awaits INTEGER, mended_incarnation INTEGER, mended_sequence INTEGER, decided_ms INTEGER, decision TEXT,
      checksum INTEGER NOT NULL, locator INTEGER NOT NULL, entry BLOB NOT NULL);
    CREATE TABLE backlog_hold (
      node TEXT NOT NULL, dataset TEXT NOT NULL, through INTEGER NOT NULL, PRIMARY KEY (node, dataset))
      WITHOUT ROWID;
    CREATE UNIQUE INDEX quarantine_dot ON quarantine (incarnation, dataset, sequence);
    CREATE INDEX quarantine_state ON quarantine (state, code, dataset, id);
    CREATE INDEX quarantine_record ON quarantine (dataset, record);
    CREATE INDEX quarantine_held ON quarantine (node, code, received_ms, state) WHERE state = 'held';
    CREATE INDEX quarantine_due ON quarantine (due_ms) WHERE state = 'held' AND due_ms IS NOT NULL;
    CREATE TABLE ledger (
      id INTEGER PRIMARY KEY, node TEXT NOT NULL, incarnation INTEGER NOT NULL, dataset TEXT NOT NULL,
      first INTEGER NOT NULL, last INTEGER NOT NULL, count INTEGER NOT NULL, reason TEXT NOT NULL,
      at_ms INTEGER NOT NULL);
    CREATE INDEX ledger_node ON ledger (node, dataset, id);
    CREATE TABLE damage (
      kind TEXT NOT NULL, row INTEGER NOT NULL, dataset TEXT, node TEXT, sequence INTEGER, found_ms INTEGER NOT NULL,
      mended_ms INTEGER, PRIMARY KEY (kind, row)) WITHOUT ROWID;

    """

  private static let persons = """
    CREATE TABLE person_search (dataset TEXT PRIMARY KEY, rules TEXT NOT NULL, position INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE person (
      row INTEGER PRIMARY KEY, id BLOB NOT NULL, number TEXT, name TEXT NOT NULL, birth_date TEXT, mother TEXT, sex TEXT);
    CREATE TABLE person_key (key INTEGER NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (key, row)) WITHOUT ROWID;
    CREATE TABLE alias (
      dataset TEXT NOT NULL, record BLOB NOT NULL, target BLOB NOT NULL, PRIMARY KEY (dataset, record)) WITHOUT ROWID;
    CREATE INDEX alias_target ON alias (dataset, target, record);
    CREATE TABLE duplicate (
      dataset TEXT NOT NULL, first BLOB NOT NULL, second BLOB NOT NULL, kind TEXT NOT NULL, score INTEGER NOT NULL,
      rank INTEGER NOT NULL, state TEXT NOT NULL, found_ms INTEGER NOT NULL, decided_ms INTEGER, decision TEXT,
      taken BLOB, PRIMARY KEY (dataset, first, second)) WITHOUT ROWID;
    CREATE INDEX duplicate_second ON duplicate (dataset, second);
    CREATE INDEX duplicate_rank ON duplicate (rank, dataset, first, second, state);
    CREATE INDEX duplicate_state ON duplicate (state, rank, dataset, first, second);

    """

  private static let backups = """
    CREATE TABLE backup (
      id INTEGER PRIMARY KEY, made_ms INTEGER NOT NULL, generation INTEGER NOT NULL, random INTEGER NOT NULL,
      position INTEGER NOT NULL);
    CREATE TABLE backup_stream (
      incarnation INTEGER NOT NULL, dataset TEXT NOT NULL, applied INTEGER NOT NULL,
      PRIMARY KEY (incarnation, dataset)) WITHOUT ROWID;
    """
}

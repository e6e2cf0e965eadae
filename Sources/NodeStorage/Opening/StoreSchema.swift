import Storage

/// The tables of a node's store; DESIGN.md says what each is for.
///
/// They begin with `_`, which no dataset's name does: the tables without it are the datasets.
enum StoreSchema {
  /// "Smpn".
  static let applicationID: Int32 = 0x536d_706e
  static let migrations = [
    first + RegistryTable.schema + audit.schema + AccessTables.node.schema, TerminalShelf.schema,
  ]

  /// Who looked at unmasked numbers, and who decided what.
  static let audit = AuditTable("_audit")

  private static let first = identity + streams + records + counts

  private static let identity = """
    CREATE TABLE _identity (
      one INTEGER PRIMARY KEY CHECK (one = 1), node TEXT NOT NULL, alive_ms INTEGER NOT NULL);
    CREATE TABLE _incarnation (
      generation INTEGER PRIMARY KEY, random INTEGER NOT NULL, parent_generation INTEGER, parent_random INTEGER,
      opened_ms INTEGER NOT NULL, is_spoken INTEGER NOT NULL DEFAULT 0, is_welcomed INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE _incarnation_end (
      generation INTEGER NOT NULL, stream INTEGER NOT NULL, last INTEGER NOT NULL, sealed INTEGER NOT NULL,
      head BLOB NOT NULL, PRIMARY KEY (generation, stream)) WITHOUT ROWID;
    CREATE TABLE _boot (ordinal INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, started_ms INTEGER NOT NULL);
    CREATE TABLE _clock_sample (
      boot INTEGER NOT NULL, uptime_ms INTEGER NOT NULL, wall_ms INTEGER NOT NULL, offset_ms INTEGER NOT NULL,
      round_trip_ms INTEGER NOT NULL, PRIMARY KEY (boot, uptime_ms)) WITHOUT ROWID;
    CREATE TABLE _document (name TEXT PRIMARY KEY, text TEXT NOT NULL, readable TEXT) WITHOUT ROWID;
    CREATE TABLE _skipped (dataset TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE _author (
      id INTEGER PRIMARY KEY, node TEXT NOT NULL, generation INTEGER NOT NULL, random INTEGER NOT NULL,
      UNIQUE (node, generation, random));
    CREATE TABLE _damage (
      id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, dataset TEXT, sequence INTEGER, what TEXT NOT NULL);

    """

  private static let streams = """
    CREATE TABLE _stream (
      id INTEGER PRIMARY KEY, dataset TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, lane INTEGER NOT NULL,
      last INTEGER NOT NULL, earliest INTEGER NOT NULL, sealed INTEGER NOT NULL, acked INTEGER NOT NULL,
      answered INTEGER NOT NULL, overlay_through INTEGER NOT NULL, backed_up INTEGER,
      count_total INTEGER NOT NULL, bytes_total INTEGER NOT NULL, count_acked INTEGER NOT NULL, bytes_acked INTEGER NOT NULL,
      digest_count INTEGER NOT NULL, trimmed_bucket INTEGER NOT NULL, trimmed_count INTEGER NOT NULL,
      copy_count INTEGER NOT NULL, copy_bytes INTEGER NOT NULL, digest BLOB NOT NULL);
    CREATE TABLE _trimmed_key (
      stream INTEGER NOT NULL, bucket INTEGER NOT NULL, key INTEGER NOT NULL, content INTEGER NOT NULL,
      PRIMARY KEY (stream, bucket, key, content)) WITHOUT ROWID;
    CREATE TABLE _entry (
      id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, boot INTEGER NOT NULL, uptime_ms INTEGER NOT NULL,
      wall_ms INTEGER NOT NULL, checksum INTEGER NOT NULL, body BLOB NOT NULL);
    CREATE TABLE _seal (
      id INTEGER PRIMARY KEY, last INTEGER NOT NULL, offset_ms INTEGER NOT NULL, boot INTEGER NOT NULL,
      uptime_ms INTEGER NOT NULL, wall_ms INTEGER NOT NULL, checksum INTEGER NOT NULL);
    CREATE TABLE _mark (
      id INTEGER PRIMARY KEY, head BLOB NOT NULL, count INTEGER NOT NULL, bytes INTEGER NOT NULL,
      sealed_ms INTEGER, acked_ms INTEGER);
    CREATE TABLE _ack_mark (
      stream INTEGER NOT NULL, through INTEGER NOT NULL, generation INTEGER NOT NULL, random INTEGER NOT NULL,
      position INTEGER NOT NULL, PRIMARY KEY (stream, through)) WITHOUT ROWID;
    CREATE TABLE _ack_log (
      stream INTEGER NOT NULL, through INTEGER NOT NULL, started_ms INTEGER NOT NULL, at_ms INTEGER NOT NULL,
      PRIMARY KEY (stream, through)) WITHOUT ROWID;
    CREATE TABLE _held_back (
      id INTEGER PRIMARY KEY, code TEXT NOT NULL, reason TEXT NOT NULL, at_ms INTEGER NOT NULL, record BLOB,
      body BLOB NOT NULL);
    CREATE INDEX _held_back_record ON _held_back (record) WHERE record IS NOT NULL;
    CREATE TABLE _ledger (
      stream INTEGER NOT NULL, first INTEGER NOT NULL, reason INTEGER NOT NULL, last INTEGER NOT NULL,
      count INTEGER NOT NULL, at_ms INTEGER NOT NULL, words TEXT, PRIMARY KEY (stream, first, reason)) WITHOUT ROWID;
    CREATE TABLE _pressure (
      one INTEGER PRIMARY KEY CHECK (one = 1), at_ms INTEGER NOT NULL, trimmed INTEGER NOT NULL,
      thinned INTEGER NOT NULL);

    """

  private static let records = """
    CREATE TABLE _copy (
      one INTEGER PRIMARY KEY CHECK (one = 1), generation INTEGER, random INTEGER, position INTEGER,
      complete_generation INTEGER, complete_random INTEGER, complete_position INTEGER,
      rule_version INTEGER NOT NULL, stamp INTEGER NOT NULL, sweep_at INTEGER, shelves INTEGER NOT NULL,
      needs_rebuild INTEGER NOT NULL);
    CREATE TABLE _record (
      row INTEGER PRIMARY KEY, stream INTEGER NOT NULL, id BLOB NOT NULL, stamp INTEGER NOT NULL,
      base_kind INTEGER NOT NULL, checksum INTEGER NOT NULL, state BLOB NOT NULL, base BLOB, own BLOB);
    CREATE UNIQUE INDEX _record_id ON _record (stream, id);
    CREATE TABLE _edit (
      record INTEGER NOT NULL, sequence INTEGER NOT NULL, PRIMARY KEY (record, sequence)) WITHOUT ROWID;
    CREATE TABLE _import_source (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE _import_memory (
      record INTEGER NOT NULL, source INTEGER NOT NULL, memory BLOB NOT NULL, PRIMARY KEY (record, source)
    ) WITHOUT ROWID;
    CREATE TABLE _held_value (
      id INTEGER PRIMARY KEY, stream INTEGER NOT NULL, record BLOB NOT NULL, field TEXT NOT NULL,
      source INTEGER NOT NULL, value BLOB NOT NULL, at_ms INTEGER NOT NULL,
      UNIQUE (stream, record, field, source));
    CREATE TABLE _entered (
      key INTEGER PRIMARY KEY, content INTEGER NOT NULL, record BLOB NOT NULL, at_ms INTEGER NOT NULL);
    CREATE INDEX _entered_age ON _entered (at_ms);
    CREATE TABLE _conflict (
      stream INTEGER NOT NULL, record BLOB NOT NULL, field TEXT NOT NULL, state TEXT NOT NULL,
      PRIMARY KEY (stream, record, field)) WITHOUT ROWID;
    CREATE INDEX _conflict_state ON _conflict (state, stream, record, field);
    CREATE TABLE _recovered (
      id INTEGER PRIMARY KEY, stream INTEGER NOT NULL, record BLOB NOT NULL, state BLOB NOT NULL,
      at_ms INTEGER NOT NULL, generation INTEGER, random INTEGER);
    CREATE INDEX _recovered_record ON _recovered (stream, record);

    """

  /// Status is asked for every few seconds: what it counts is counted when it changes. (No statement on these
  /// tables says REPLACE, which would delete without the trigger.)
  private static let counts =
    """
    CREATE TABLE _count (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;

    """
    + ["_held_back", "_held_value", "_recovered", "_damage"].map { table in
      """
      INSERT INTO _count (name, value) VALUES ('\(table)', 0);
      CREATE TRIGGER \(table)_in AFTER INSERT ON \(table)
        BEGIN UPDATE _count SET value = value + 1 WHERE name = '\(table)'; END;
      CREATE TRIGGER \(table)_out AFTER DELETE ON \(table)
        BEGIN UPDATE _count SET value = value - 1 WHERE name = '\(table)'; END;

      """
    }.joined()
      + """
      INSERT INTO _count (name, value) VALUES ('_conflict', 0);
      CREATE TRIGGER _conflict_in AFTER INSERT ON _conflict WHEN NEW.state = 'open'
        BEGIN UPDATE _count SET value = value + 1 WHERE name = '_conflict'; END;
      CREATE TRIGGER _conflict_out AFTER DELETE ON _conflict WHEN OLD.state = 'open'
        BEGIN UPDATE _count SET value = value - 1 WHERE name = '_conflict'; END;
      CREATE TRIGGER _conflict_set AFTER UPDATE OF state ON _conflict WHEN NEW.state <> OLD.state
        BEGIN
          UPDATE _count SET value = value + (NEW.state = 'open') - (OLD.state = 'open') WHERE name = '_conflict';
        END;

      """
}

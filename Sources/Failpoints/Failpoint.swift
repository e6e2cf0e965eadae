/// A named place at which a daemon of a debug build can be made to end itself with SIGKILL, so that a test sees what is
/// on the disk just then (ADR 0035).
///
/// Its name in `SIMPUL_FAILPOINT` is the case's value.
package enum Failpoint: String, CaseIterable, Sendable {
  // Both daemons.
  /// The tables of a new format are made, and the format is not noted.
  case schemaBeforeCommit = "schema_before_commit"
  /// This opening's incarnation is on the disk, and nobody has heard of it.
  case storeOpened = "store_opened"
  /// A checkpoint is about to write a page of the log into the store's own file; the N-th passing has written N - 1.
  case checkpointPage = "checkpoint_page"

  // An office.
  /// Rows or an edit are appended, and not committed.
  case intakeBeforeCommit = "intake_before_commit"
  /// They are on the disk, and whoever gave them is not answered.
  case intakeCommitted = "intake_committed"
  /// A file's rows are on the disk, and the file still lies where it was dropped.
  case fileRecorded = "file_recorded"
  /// The file lies in `done/` or `failed/`, and the spool does not know it yet.
  case fileMoved = "file_moved"
  /// A batch is sealed on the disk, and not sent.
  case batchSealed = "batch_sealed"
  /// An ack has come, and is not stored.
  case ackReceived = "ack_received"
  /// An ack is on the disk, and nothing was trimmed for it.
  case ackStored = "ack_stored"
  /// Acknowledged entries are deleted, and that is not committed.
  case trimBeforeCommit = "trim_before_commit"
  /// What a welcome decides is on the disk, and the session does not go on from it yet.
  case welcomeStored = "welcome_stored"
  /// A part of the feed is in the copy, and the copy's cursor has not moved; neither is committed.
  case feedBeforeCursor = "feed_before_cursor"
  /// A part of the feed is on the disk, and the centre does not know.
  case feedApplied = "feed_applied"
  /// The centre has enrolled the new key, which has replaced the old one, and the settings do not say so yet.
  case keyReplaced = "key_replaced"

  // The centre.
  /// A batch has come, and nothing was done with it.
  case batchReceived = "batch_received"
  /// Batches are applied, with their streams' positions, and not committed.
  case batchBeforeCommit = "batch_before_commit"
  /// Batches are on the disk, and not acknowledged.
  case batchCommitted = "batch_committed"
  /// A page of the feed is read, and not sent.
  case feedLoaded = "feed_loaded"
  /// What a hello decides is on the disk, and the office has no welcome.
  case helloAdmitted = "hello_admitted"
  /// A new key is enrolled, and its owner has not heard.
  case keyEnrolled = "key_enrolled"
  /// The fleet's definitions are on the disk, and nobody works by them yet.
  case definitionsInstalled = "definitions_installed"
  /// A backup is written, and not sent.
  case backupMade = "backup_made"
  /// A backup counts, and who made it has not heard.
  case backupConfirmed = "backup_confirmed"

  /// Whether this build has failpoints.
  package static var isCompiledIn: Bool {
    #if DEBUG
      true
    #else
      false
    #endif
  }

  /// Says that the program is at this place. Costs a load where no failpoint is armed; empty in a release build.
  package func pass() {
    #if DEBUG
      if FailpointSwitch.isArmed { FailpointSwitch.passed(self) }
    #endif
  }
}

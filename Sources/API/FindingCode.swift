/// Everything that `doctor` can find, by its stable word; docs/findings.md says what each means and what to do.
package enum FindingCode: String, Sendable, CaseIterable {
  // Where no daemon answers.

  case configuration
  case notJoined = "not_joined"
  case unitNotRunning = "unit_not_running"
  case daemonUnreachable = "daemon_unreachable"

  // An office's way to the centre.

  case nameResolution = "name_resolution"
  case tcpRefused = "tcp_refused"
  case tcpSilent = "tcp_silent"
  case tcpUnreachable = "tcp_unreachable"
  case keyRefused = "key_refused"
  case keyMismatch = "key_mismatch"
  case notSimpul = "not_simpul"
  case handshakeUndecided = "handshake_undecided"
  case handshakeTimeout = "handshake_timeout"
  case handshakeBroken = "handshake_broken"
  case noSession = "no_session"
  case revoked
  case fenced
  case unknownHistory = "unknown_history"
  case duplicateSession = "duplicate_session"
  case sessionRefused = "session_refused"

  // An office's machine.

  case clock
  case clockSuspect = "clock_suspect"
  case diskFull = "disk_full"
  case diskLow = "disk_low"
  case bufferFull = "buffer_full"
  case storeDamaged = "store_damaged"
  case storeFailing = "store_failing"

  // An office's work.

  case backlogStuck = "backlog_stuck"
  case heldBack = "held_back"
  case heldValues = "held_values"
  case recovered
  case conflictsOpen = "conflicts_open"
  case definitionsMissing = "definitions_missing"
  case spoolUnreadable = "spool_unreadable"
  case spoolNotWritable = "spool_not_writable"
  case spoolStalled = "spool_stalled"
  case spoolWaiting = "spool_waiting"
  case spoolFailed = "spool_failed"
  case spoolWithoutLease = "spool_without_lease"
  case columnsMisspelt = "columns_misspelt"
  case terminalUnknown = "terminal_unknown"
  case terminalLines = "terminal_lines"
  case terminalSilent = "terminal_silent"

  // The centre.

  case notReady = "not_ready"
  case backupOld = "backup_old"
  case fleetFile = "fleet_file"
  case officeRefused = "office_refused"
  case strangerRefused = "stranger_refused"

  // An office as the centre sees it.

  case nodeOffline = "node_offline"
  case nodeFenced = "node_fenced"
  case backlogOld = "backlog_old"
  case clockOff = "clock_off"
  case quarantine
  case backlogHeld = "backlog_held"

  // What the centre noticed of an office's disk, key or session; also `duplicate_session`.

  case nodeRestored = "node_restored"
  case nodeReplaced = "node_replaced"
  case nodeCopied = "node_copied"
  case nodeTrimmed = "node_trimmed"
  case nodeUnknownHistory = "node_unknown_history"
  case oldKeyUsed = "old_key_used"
}

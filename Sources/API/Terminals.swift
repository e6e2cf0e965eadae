/// An attendance terminal as an office's agent knows it.
package struct TerminalReply: Sendable, Codable, Equatable {
  /// Lines of it that are no events.
  package struct Shelf: Sendable, Codable, Equatable {
    /// `unknown_terminal` or `unreadable`.
    package var reason: String
    package var count: Int
    package var firstAt: String
    package var lastAt: String

    package init(reason: String, count: Int, firstAt: String, lastAt: String) {
      self.reason = reason
      self.count = count
      self.firstAt = firstAt
      self.lastAt = lastAt
    }
  }

  package var serial: String
  /// By whom it was made one of the office's: `settings`, `command`, or `none`.
  package var adoption: String
  /// When it called last; absent while it has not called since the agent started.
  package var heardAt: String?
  /// When it handed in punches last, since the agent started.
  package var punchesAt: String?
  /// Punches taken since the agent started, those that were there already among them.
  package var accepted: Int
  package var duplicates: Int
  package var shelf: [Shelf]
  // What it says of itself.
  package var firmware: String?
  package var address: String?
  package var users: Int?
  /// All that it has, sent or not.
  package var punches: Int?

  package init(serial: String, adoption: String, accepted: Int = 0, duplicates: Int = 0, shelf: [Shelf] = []) {
    self.serial = serial
    self.adoption = adoption
    self.accepted = accepted
    self.duplicates = duplicates
    self.shelf = shelf
  }
}

/// `GET /api/v1/terminals`, by serial number.
package struct TerminalsReply: Sendable, Codable, Equatable {
  package var terminals: [TerminalReply]

  package init(terminals: [TerminalReply]) { self.terminals = terminals }
}

/// What was ordered of a terminal, and what became of the lines that lay on the shelf of it.
package struct TerminalOrderReply: Sendable, Codable, Equatable {
  package var terminal: TerminalReply
  /// Lines that became events, those that were there already among them.
  package var accepted: Int
  package var duplicates: Int
  /// Lines that could not be read, and stay on the shelf.
  package var unreadable: Int
  /// Lines that were given up.
  package var discarded: Int

  package init(
    terminal: TerminalReply, accepted: Int = 0, duplicates: Int = 0, unreadable: Int = 0, discarded: Int = 0
  ) {
    self.terminal = terminal
    self.accepted = accepted
    self.duplicates = duplicates
    self.unreadable = unreadable
    self.discarded = discarded
  }
}

package import Datasets
import GRDB
import Storage

extension CentreStore {
  /// Makes an invitation for `node` and withdraws the open ones it had. A node that is known already may be
  /// invited again: that is how its key is renewed.
  ///
  /// - Parameter publicKey: the invitation's own, Z85.
  /// - Throws: `EnrolmentError`.
  package func invite(
    _ node: NodeName, publicKey: String, expires: Timestamp, now: Timestamp
  ) async throws -> InvitationID {
    try await write(now: now) { session in
      guard node != .centre else { throw EnrolmentError.notInvitable("\(node) is the centre's own name") }
      try session.checkNewKey(publicKey)
      try session.insertNode(node)
      try session.withdrawInvitations(of: node)
      try session.run(
        "INSERT INTO invitation (node, public_key, created_ms, expires_ms) VALUES (?, ?, ?, ?)",
        [.text(node.text), .text(publicKey), .integer(now.milliseconds), .integer(expires.milliseconds)])
      return InvitationID(number: session.database.lastInsertedRowID)
    }
  }

  /// Enrols `publicKey` under the invited node's name and uses the invitation up. The same key again is
  /// answered the same way, also with a later invitation of the node: the first answer may have been lost.
  ///
  /// A fenced node gets a fresh start: its older keys are revoked and the fence is lifted.
  /// - Throws: `EnrolmentError`.
  package func enrol(_ invitation: InvitationID, publicKey: String, now: Timestamp) async throws -> NodeName {
    try await write(now: now) { session in
      let found = try session.first(
        "SELECT node, expires_ms, used_by, withdrawn_ms FROM invitation WHERE id = ?",
        [.integer(invitation.number)]
      ) { (node: try $0.node(0), expires: $0.timestamp(1), usedBy: $0.text(2), isWithdrawn: !$0.isNull(3)) }
      guard let found else { throw EnrolmentError.unknownInvitation }
      if found.isWithdrawn { throw EnrolmentError.withdrawn }
      if let usedBy = found.usedBy {
        guard usedBy == publicKey else { throw EnrolmentError.used }
        return found.node
      }
      if found.expires <= now { throw EnrolmentError.expired }
      let isEnrolled = try session.isEnrolled(publicKey, of: found.node)
      if !isEnrolled { try session.checkNewKey(publicKey) }
      try session.run(
        "UPDATE invitation SET used_ms = ?, used_by = ? WHERE id = ?",
        [.integer(now.milliseconds), .text(publicKey), .integer(invitation.number)])
      if !isEnrolled { try session.enrol(publicKey, of: found.node) }
      return found.node
    }
  }

  /// Takes every key and open invitation of `node` back, at once. What it has recorded by the time that it
  /// joins again is held until somebody lets it in (`acceptBacklog`).
  ///
  /// - Returns: false when there is no such node.
  @discardableResult
  package func revoke(_ node: NodeName, now: Timestamp) async throws -> Bool {
    try await write(now: now) { session in
      try session.withdrawInvitations(of: node, isUsedToo: true)
      if try session.revokeKeys(of: node) > 0 {
        try session.run(
          "UPDATE node SET revoked_ms = ? WHERE name = ?", [.integer(now.milliseconds), .text(node.text)])
        try session.markRevoked(try session.standing(of: node)?.current)
      }
      session.memory.nodes[node] = nil
      return try session.first("SELECT 1 FROM node WHERE name = ?", [.text(node.text)]) { _ in true } ?? false
    }
  }

  /// Who may pass ZAP, by public key: a node's name, or `InvitationID.peerName` until an invitation expires.
  ///
  /// A used invitation stays among them: whoever lost the answer must be able to ask again, and `enrol` gives
  /// nobody else anything for it.
  package func authorisedKeys(now: Timestamp) async throws -> [String: String] {
    try await read { database in
      var names: [String: String] = [:]
      let open = try database.rows(
        """
        SELECT public_key, id FROM invitation WHERE withdrawn_ms IS NULL AND expires_ms > ?
        """, [.integer(now.milliseconds)]
      ) { ($0.text(0) ?? "", InvitationID(number: $0.integer(1))) }
      for (key, invitation) in open { names[key] = invitation.peerName }
      let keys = try database.rows("SELECT public_key, node FROM node_key WHERE revoked_ms IS NULL") {
        ($0.text(0) ?? "", $0.text(1) ?? "")
      }
      for (key, node) in keys { names[key] = node }
      return names
    }
  }

  /// The newest revoked keys with the node that they were of: whoever still knocks with one is to be reported.
  package func formerKeys(limit: Int = 1_000) async throws -> [String: String] {
    try await read { database in
      let keys = try database.rows(
        "SELECT public_key, node FROM node_key WHERE revoked_ms IS NOT NULL ORDER BY revoked_ms DESC LIMIT ?",
        [.integer(Int64(limit))]
      ) { ($0.text(0) ?? "", $0.text(1) ?? "") }
      return Dictionary(keys, uniquingKeysWith: { first, _ in first })
    }
  }
}

extension WriteSession {
  func insertNode(_ node: NodeName) throws {
    try run(
      "INSERT INTO node (name, created_ms) VALUES (?, ?) ON CONFLICT DO NOTHING",
      [.text(node.text), .integer(now.milliseconds)])
  }

  /// - Parameter isUsedToo: also those whose holder may still ask for a lost answer.
  func withdrawInvitations(of node: NodeName, isUsedToo: Bool = false) throws {
    try run(
      """
      UPDATE invitation SET withdrawn_ms = ? WHERE node = ? AND withdrawn_ms IS NULL
        AND (used_ms IS NULL OR ?)
      """, [.integer(now.milliseconds), .text(node.text), .integer(isUsedToo ? 1 : 0)])
  }

  /// Whether the key speaks for `node` already. One of a fenced node does not count: both machines that ran as it
  /// may hold it.
  func isEnrolled(_ publicKey: String, of node: NodeName) throws -> Bool {
    try first(
      """
      SELECT 1 FROM node_key k JOIN node n ON n.name = k.node
      WHERE k.public_key = ? AND k.node = ? AND k.revoked_ms IS NULL AND n.fenced_ms IS NULL
      """, [.text(publicKey), .text(node.text)]
    ) { _ in true } ?? false
  }

  func enrol(_ publicKey: String, of node: NodeName) throws {
    try liftFence(of: node)
    let number = try counter("key") + 1
    try setCounter("key", to: number)
    try run(
      "INSERT INTO node_key (public_key, node, number, enrolled_ms) VALUES (?, ?, ?, ?)",
      [.text(publicKey), .text(node.text), .integer(number), .integer(now.milliseconds)])
  }

  /// What the hellos of a key came to. One that was enrolled for `node` and never welcomed says which disk is the
  /// node's: that was the admin's choice, since it came with an invitation.
  func history(of publicKey: String, of node: NodeName) throws -> KeyHistory {
    try first(
      """
      SELECT asked_ms IS NOT NULL FROM node_key
      WHERE public_key = ? AND node = ? AND welcomed_ms IS NULL AND revoked_ms IS NULL
      """, [.text(publicKey), .text(node.text)]
    ) { $0.integer(0) != 0 ? .asked : .enrolled } ?? .welcomed
  }

  /// Remembers that a hello of this key was sent back for all the parents that its node keeps.
  func markAsked(_ publicKey: String) throws {
    try run(
      "UPDATE node_key SET asked_ms = ? WHERE public_key = ? AND asked_ms IS NULL",
      [.integer(now.milliseconds), .text(publicKey)])
  }

  func markHeard(_ publicKey: String) throws {
    try run(
      "UPDATE node_key SET welcomed_ms = ? WHERE public_key = ? AND welcomed_ms IS NULL",
      [.integer(now.milliseconds), .text(publicKey)])
  }

  /// Ends the rotation of a node's key: the one that was enrolled later has been seen at work.
  ///
  /// - Returns: whether there were any.
  func revokeKeys(of node: NodeName, enrolledBefore publicKey: String) throws -> Bool {
    try run(
      """
      UPDATE node_key SET revoked_ms = ? WHERE node = ? AND revoked_ms IS NULL
        AND number < (SELECT number FROM node_key WHERE public_key = ? AND node = ? AND revoked_ms IS NULL)
      """,
      [.integer(now.milliseconds), .text(node.text), .text(publicKey), .text(node.text)]) > 0
  }

  @discardableResult
  func revokeKeys(of node: NodeName) throws -> Int {
    try run(
      "UPDATE node_key SET revoked_ms = ? WHERE node = ? AND revoked_ms IS NULL",
      [.integer(now.milliseconds), .text(node.text)])
  }

  func liftFence(of node: NodeName) throws {
    let lifted = try run(
      "UPDATE node SET fenced_ms = NULL, fence_reason = NULL WHERE name = ? AND fenced_ms IS NOT NULL",
      [.text(node.text)])
    guard lifted > 0 else { return }
    // Both machines that ran as this node hold the old key.
    try revokeKeys(of: node)
    memory.nodes[node] = nil
  }

  func fence(_ node: NodeName, reason: FenceReason) throws {
    try run(
      "UPDATE node SET fenced_ms = ?, fence_reason = ? WHERE name = ? AND fenced_ms IS NULL",
      [.integer(now.milliseconds), .text(reason.rawValue), .text(node.text)])
    memory.nodes[node] = nil
  }

  func checkNewKey(_ publicKey: String) throws {
    guard publicKey.utf8.count == 40 else {
      throw EnrolmentError.notInvitable("a public key has 40 characters of Z85")
    }
    let isTaken = try first(
      """
      SELECT 1 FROM node_key WHERE public_key = ?1
      UNION ALL SELECT 1 FROM invitation WHERE public_key = ?1
      """, [.text(publicKey)]
    ) { _ in true }
    if isTaken != nil { throw EnrolmentError.keyTaken }
  }
}

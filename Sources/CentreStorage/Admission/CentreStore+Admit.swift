package import Datasets
import Replication
import Storage
package import Wire

extension CentreStore {
  /// Looks a node's hello up: on which line it stands, how far its streams are applied, where its feed goes
  /// on.
  ///
  /// What it accepts is on disk when it returns: the incarnation is the node's current one from then on, and
  /// the keys that it had before the one that spoke are revoked (keys rotate without a gap). The first hello of a
  /// key says which disk is the node's (ADR 0027). What it found is kept as notices.
  ///
  /// - Parameters:
  ///   - publicKey: with which the hello came, Z85; nil when that is not known.
  ///   - hasAnswered: whether the sender has given a sign of life since the hello came. Without one nothing out of the
  ///     ordinary is believed (ADR 0014): that the disk runs twice, was set back, copied or replaced.
  package func admit(
    node: NodeName, hello: Hello, publicKey: String? = nil, hasAnswered: Bool = true, now: Timestamp
  ) async throws -> Admission {
    do {
      return try await write(now: now) { session in
        if let publicKey, try session.isRevoked(publicKey) {
          // It came in before the revocation and waited.
          return Admission(refusing: .revoked, "this node's key was revoked")
        }
        let key = try publicKey.map { try session.history(of: $0, of: node) } ?? .welcomed
        var admission = try Greeting(session, node: node, hello: hello, key: key, hasAnswered: hasAnswered)
          .admission()
        if case .welcomed = admission.decision {
          // Not for a week after it is over: it is told as that of an office that stands outside.
          try session.forget(.unknownHistory, of: node)
          try session.holdBacklog(of: node, hello)
          if let publicKey {
            try session.markHeard(publicKey)
            admission.hasRevokedKeys = try session.revokeKeys(of: node, enrolledBefore: publicKey)
          }
        }
        // A refused hello leaves nothing behind, or its lineage would be half known at the next; a fence
        // stays.
        switch admission.decision {
        case .refused(let refusal) where refusal.code != .fenced: throw RefusedAdmission(admission: admission)
        case .doubted: throw RefusedAdmission(admission: admission)
        case .refused, .welcomed: break
        }
        for finding in admission.findings { try session.note(finding, of: node) }
        return admission
      }
    } catch let refused as RefusedAdmission {
      let admission = refused.admission
      if admission.asksForAllParents || !admission.findings.isEmpty {
        try await write(now: now) { session in
          if admission.asksForAllParents, let publicKey { try session.markAsked(publicKey) }
          for finding in admission.findings { try session.note(finding, of: node) }
        }
      }
      return admission
    }
  }

  /// What `node` may read now, for its feed.
  package func reading(_ node: NodeName) -> [(definition: DatasetDefinition, read: Access)] {
    catalogues.current.reading(node)
  }

  package func ruleVersion(of node: NodeName) -> UInt64 { catalogues.current.ruleVersion(of: node) }

  /// All that a session tells `node` when it changes: its documents, and the versions of what it may read and
  /// write.
  package func rules(of node: NodeName) -> (documents: [Document], read: UInt64, rights: UInt64) {
    let catalogue = catalogues.current
    return (catalogue.documents(of: node), catalogue.ruleVersion(of: node), catalogue.rightsVersion(of: node))
  }

  /// Whether there is a definition of the dataset.
  package func isInstalled(_ dataset: DatasetName) -> Bool { catalogues.current.datasets[dataset] != nil }

  /// A dataset that nobody has defined yet may be one of records.
  package func lane(of dataset: DatasetName) -> DatasetDefinition.Lane {
    catalogues.current.datasets[dataset]?.definition.lane ?? .record
  }
}

/// Undoes what a refused hello had stored.
private struct RefusedAdmission: Error {
  let admission: Admission
}

extension Admission {
  init(refusing code: Refusal.Code, _ reason: String, _ findings: [HelloFinding] = []) {
    self.init(decision: .refused(Refusal(code: code, reason: reason)), findings: findings)
  }
}

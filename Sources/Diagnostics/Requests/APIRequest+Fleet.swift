package import API

extension APIRequest {
  package static var status: APIRequest { APIRequest(.get, ["status"]) }
  package static var doctor: APIRequest { APIRequest(.get, ["doctor"]) }
  package static var nodes: APIRequest { APIRequest(.get, ["nodes"]) }
  /// Also the offices that were never invited.
  package static var allNodes: APIRequest {
    APIRequest(.get, ["nodes"], query: [APIRequest.QueryItem("all", "true")])
  }
  package static var streams: APIRequest { APIRequest(.get, ["streams"]) }
  package static func node(_ name: String) -> APIRequest { APIRequest(.get, ["nodes", name]) }

  /// - Parameter validHours: 1 to 720.
  /// - Parameter replaces: also where the office is connected just now.
  package static func invitation(_ node: String, validHours: Int, replaces: Bool = false) throws -> APIRequest {
    let request = InvitationRequest(validHours: validHours, replace: replaces ? true : nil)
    return APIRequest(.post, ["nodes", node, "invitation"], body: try .json(request))
  }

  package static func revocation(_ node: String, reason: String) throws -> APIRequest {
    APIRequest(.post, ["nodes", node, "revocation"], body: try .json(RevocationRequest(reason: reason)))
  }

  package static var tokens: APIRequest { APIRequest(.get, ["tokens"]) }

  package static func newToken(_ request: TokenRequest) throws -> APIRequest {
    APIRequest(.post, ["tokens"], body: try .json(request))
  }

  package static func tokenRevocation(_ name: String) -> APIRequest {
    APIRequest(.post, ["tokens", name, "revocation"])
  }

  package static func signInLink(_ name: String) -> APIRequest { APIRequest(.post, ["tokens", name, "sign-in"]) }

  package static var terminals: APIRequest { APIRequest(.get, ["terminals"]) }
  package static func adoption(_ serial: String) -> APIRequest { APIRequest(.put, ["terminals", serial]) }
  package static func release(_ serial: String) -> APIRequest { APIRequest(.delete, ["terminals", serial]) }
  package static func shelfDiscard(_ serial: String) -> APIRequest {
    APIRequest(.delete, ["terminals", serial, "shelf"])
  }

  package static func digest(_ dataset: String, node: String?) -> APIRequest {
    APIRequest(.get, ["datasets", dataset, "digest"], query: items([("node", node)]))
  }

  package static func ledger(_ page: Page, dataset: String?, node: String?) -> APIRequest {
    APIRequest(.get, ["ledger"], query: page.items + items([("dataset", dataset), ("node", node)]))
  }

  package static func quarantine(_ page: Page, dataset: String?, node: String?) -> APIRequest {
    APIRequest(.get, ["quarantine"], query: page.items + items([("dataset", dataset), ("node", node)]))
  }

  package static func quarantined(_ id: String) -> APIRequest { APIRequest(.get, ["quarantine", id]) }

  package static func acceptBacklog(_ node: String, reason: String) throws -> APIRequest {
    APIRequest(.post, ["nodes", node, "backlog"], body: try .json(DecisionRequest(reason: reason)))
  }

  package static func requeue(_ id: String, reason: String) throws -> APIRequest {
    APIRequest(.post, ["quarantine", id, "requeue"], body: try .json(DecisionRequest(reason: reason)))
  }

  package static func mend(_ id: String, _ request: MendRequest) throws -> APIRequest {
    APIRequest(.post, ["quarantine", id, "mend"], body: try .json(request))
  }

  /// - Parameters:
  ///   - version: of the record as whoever decides saw it.
  ///   - isCorrection: a monotone field may go back.
  package static func take(_ id: String, version: String?, isCorrection: Bool, reason: String) throws -> APIRequest {
    APIRequest(
      .post, ["quarantine", id, "take"], query: items([("correction", isCorrection ? "true" : nil)]),
      body: try .json(DecisionRequest(reason: reason)), version: version)
  }

  package static func discard(_ id: String, reason: String) throws -> APIRequest {
    APIRequest(.post, ["quarantine", id, "discard"], body: try .json(DecisionRequest(reason: reason)))
  }

  package static var backup: APIRequest { APIRequest(.post, ["backup"]) }

  package static func backupConfirmation(_ id: String, sha256: String) throws -> APIRequest {
    APIRequest(.post, ["backup", id, "confirmation"], body: try .json(BackupConfirmation(sha256: sha256)))
  }

  static func items(_ pairs: [(String, String?)]) -> [QueryItem] {
    pairs.compactMap { name, value in value.map { QueryItem(name, $0) } }
  }
}

/// Which part of a long list.
package struct Page: Sendable, Equatable {
  /// 1 to 1000.
  package var limit: Int
  /// Where the page before said that the next begins; nil for the first.
  package var cursor: String?

  package init(limit: Int = 100, cursor: String? = nil) {
    self.limit = limit
    self.cursor = cursor
  }

  var items: [APIRequest.QueryItem] { APIRequest.items([("limit", String(limit)), ("cursor", cursor)]) }
}

package import API

extension APIRequest {
  /// - Parameters:
  ///   - action: only entries of this `action`.
  ///   - caller: only entries of this one.
  package static func audit(_ page: Page, action: String?, caller: String?) -> APIRequest {
    APIRequest(.get, ["audit"], query: page.items + items([("action", action), ("caller", caller)]))
  }

  package static var auditExport: APIRequest { APIRequest(.get, ["audit", "export"]) }

  package static var fleetKey: APIRequest { APIRequest(.get, ["fleet-key"]) }

  package static func fleetKeyRotation(_ request: FleetKeyRotation) throws -> APIRequest {
    APIRequest(.post, ["fleet-key", "rotation"], body: try .json(request))
  }
}

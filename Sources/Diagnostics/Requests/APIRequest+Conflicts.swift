package import API

extension APIRequest {
  /// - Parameter state: `open`, `settled` or `all`.
  package static func conflicts(_ page: Page, state: String, dataset: String?) -> APIRequest {
    APIRequest(
      .get, ["conflicts"], query: [QueryItem("state", state)] + page.items + items([("dataset", dataset)]))
  }

  package static func conflict(_ id: String) -> APIRequest { APIRequest(.get, ["conflicts", id]) }

  package static func resolution(_ id: String, _ decision: ResolutionRequest) throws -> APIRequest {
    APIRequest(.post, ["conflicts", id, "resolution"], body: try .json(decision))
  }
}

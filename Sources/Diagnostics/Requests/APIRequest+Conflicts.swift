package import API

extension APIRequest {
  /// - Parameter state: `open`, `settled` or `all`.
  package static func conflicts(_ page: Page, state: String, dataset: String?) -> APIRequest {
    APIRequest(
      .get, ["conflicts"], query: [QueryItem("state", state)] + page.items + items([("dataset", dataset)]))
  }

  package static func conflict(_ id: String) -> APIRequest { APIRequest(.get, ["conflicts", id]) }

  /// - Parameter isCorrection: a monotone field may go back.
  package static func resolution(
    _ id: String, _ decision: ResolutionRequest, isCorrection: Bool = false
  ) throws -> APIRequest {
    APIRequest(
      .post, ["conflicts", id, "resolution"], query: items([("correction", isCorrection ? "true" : nil)]),
      body: try .json(decision))
  }
}

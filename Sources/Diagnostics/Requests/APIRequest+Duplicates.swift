package import API

extension APIRequest {
  /// - Parameter state: `open`, `merged`, `distinct` or `all`.
  package static func duplicates(_ page: Page, state: String, dataset: String?) -> APIRequest {
    APIRequest(
      .get, ["duplicates"], query: [QueryItem("state", state)] + page.items + items([("dataset", dataset)]))
  }

  package static func duplicate(_ id: String) -> APIRequest { APIRequest(.get, ["duplicates", id]) }

  package static func merge(_ id: String, _ request: MergeRequest) throws -> APIRequest {
    APIRequest(.post, ["duplicates", id, "merge"], body: try .json(request))
  }

  package static func undoMerge(_ id: String, reason: String) throws -> APIRequest {
    APIRequest(.post, ["duplicates", id, "undo"], body: try .json(DecisionRequest(reason: reason)))
  }

  package static func keepApart(_ id: String, reason: String) throws -> APIRequest {
    APIRequest(.post, ["duplicates", id, "distinct"], body: try .json(DecisionRequest(reason: reason)))
  }

  package static func split(_ dataset: String, _ record: String, _ request: SplitRequest) throws -> APIRequest {
    APIRequest(.post, ["datasets", dataset, "records", record, "split"], body: try .json(request))
  }
}

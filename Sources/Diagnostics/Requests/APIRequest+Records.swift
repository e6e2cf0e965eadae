package import API

extension APIRequest {
  package static var datasets: APIRequest { APIRequest(.get, ["datasets"]) }

  package static func records(_ dataset: String, _ page: Page, _ filter: RecordFilter) -> APIRequest {
    APIRequest(.get, ["datasets", dataset, "records"], query: page.items + filter.items)
  }

  package static var exportKey: APIRequest { APIRequest(.get, ["export-key"]) }

  package static func record(_ dataset: String, _ id: String) -> APIRequest {
    APIRequest(.get, ["datasets", dataset, "records", id])
  }

  package static func history(_ dataset: String, _ id: String) -> APIRequest {
    APIRequest(.get, ["datasets", dataset, "records", id, "history"])
  }

  /// - Parameters:
  ///   - id: a record's, an event's, or the NIK that a record shows.
  ///   - node: whether this office has it; nil for all.
  package static func trace(_ dataset: String, _ id: String, node: String? = nil) -> APIRequest {
    APIRequest(.get, ["datasets", dataset, "records", id, "trace"], query: items([("node", node)]))
  }

  /// A new record, or new values for the one whose identity these fields have.
  package static func upsert(_ dataset: String, _ fields: [String: JSONValue], source: String?) throws
    -> APIRequest
  {
    intake(dataset, try .json(fields), source: source)
  }

  /// Rows of a file.
  ///
  /// - Parameter body: nil where it is sent as it is read.
  package static func intake(
    _ dataset: String, _ body: Body?, source: String?, isDryRun: Bool = false
  ) -> APIRequest {
    APIRequest(
      .post, ["datasets", dataset, "records"],
      query: items([("source", source), ("dry_run", isDryRun ? "true" : nil)]), body: body)
  }

  /// - Parameter isCorrection: a monotone field may go back.
  package static func edit(
    _ dataset: String, _ id: String, _ fields: [String: JSONValue], version: String?, isCorrection: Bool
  ) throws -> APIRequest {
    APIRequest(
      .patch, ["datasets", dataset, "records", id],
      query: items([("correction", isCorrection ? "true" : nil)]),
      body: try .json(fields), version: version)
  }

  package static func deletion(_ dataset: String, _ id: String, version: String?) -> APIRequest {
    APIRequest(.delete, ["datasets", dataset, "records", id], version: version)
  }

  package static func restoration(_ dataset: String, _ id: String, version: String?) -> APIRequest {
    APIRequest(.post, ["datasets", dataset, "records", id, "restoration"], version: version)
  }
}

/// Which records of a dataset.
package struct RecordFilter: Sendable, Equatable {
  /// Words to look for.
  package var text: String?
  package var fields: [FieldAssignment]

  package init(text: String? = nil, fields: [FieldAssignment] = []) {
    self.text = text
    self.fields = fields
  }

  var items: [APIRequest.QueryItem] {
    APIRequest.items([("q", text)])
      + fields.map { APIRequest.QueryItem($0.field, ValueText.parameter($0.value)) }
  }
}

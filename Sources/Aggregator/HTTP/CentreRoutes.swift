import API
import CentreStorage
import Datasets
package import HTTPServing
import HTTPTypes
package import Hummingbird
import Logging
import Settings

/// The aggregator's HTTP: the same on the admin socket and over TCP, where all but the open routes need a token.
package struct CentreRoutes: Sendable {
  let context: CentreContext
  let realm: HTTPRealm

  package init(context: CentreContext, realm: HTTPRealm) {
    self.context = context
    self.realm = realm
  }

  package func router() -> Router<BasicRequestContext> {
    Router(
      routes, realm: realm, access: context.access, audit: context.audit, language: context.settings.language)
  }

  var routes: [Route] {
    (openRoutes + statusRoutes + nodeRoutes + recordRoutes + editRoutes + conflictRoutes + asideRoutes
      + duplicateRoutes + backupRoutes + traceRoutes + fleetKeyRoutes + context.access.routes + context.audit.routes)
      .described(title: "Simpul aggregator", home: .centre, schemas: Self.schemas + Schema.access)
  }

  /// What anybody may see: nobody's data.
  private var openRoutes: [Route] {
    [
      Route(.get, "/healthz", "Whether the process answers.", answer: .text("text/plain"), admits: .everybody) { _ in
        .text("ok\n")
      },
      Route(
        .get, "/readyz", "Whether it can do its work; says why not.", answer: .json(.named("ReadyReply")),
        refusals: [503], admits: .everybody, handle: ready),
      Route(.get, "/metrics", "Prometheus metrics.", answer: .text("text/plain"), admits: .everybody) { _ in
        .text(await CentreMetricsText(context).text(), type: PrometheusText.mediaType)
      },
      Route(
        .get, "/", "The offices and their states as a page.",
        query: [.init("lang", .words(["id", "en"]), "The page's language.")], answer: .text("text/html"),
        admits: .everybody, handle: page),
    ]
  }

  private func ready(_ call: HTTPCall) async throws -> Response {
    let problems = await context.readiness.problems().map { $0(call.language) }
    return try .json(
      ReadyReply(ready: problems.isEmpty, why: problems), status: problems.isEmpty ? .ok : .serviceUnavailable
    )
  }

  private func page(_ call: HTTPCall) async throws -> Response {
    let language = call.query("lang").flatMap { Language(rawValue: $0) } ?? context.settings.language
    let fleet = context.fleet()
    // The regency that the offices are of: the first two parts of any one's region.
    let regency = fleet.profiles.first.flatMap { RegionCode($0.region.text.prefix(5)) }
    let place = regency.flatMap { fleet.regions.name(of: $0) }
    let view = FleetPage(try await context.pictures.recent(), place: place, language: language)
    let headers: HTTPFields = [
      .contentSecurityPolicy:
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'",
      .xContentTypeOptions: "nosniff",
    ]
    return .text(try view.html(), type: "text/html; charset=utf-8", headers: headers)
  }

  // MARK: What several handlers need

  func definition(_ call: HTTPCall) throws -> DefinitionDocument {
    try definition(called: call.parameter("dataset"), call)
  }

  /// - Parameter written: a dataset's name, as the caller wrote it.
  func definition(called written: String, _ call: HTTPCall) throws -> DefinitionDocument {
    let fleet = context.fleet()
    guard let document = DatasetName(written).flatMap({ fleet.dataset($0) }) else {
      throw HTTPProblem.unknownDataset(
        written, among: fleet.datasets.map(\.definition.name), language: call.language)
    }
    return document
  }

  /// The definition of a dataset whose records can be edited.
  func editable(_ call: HTTPCall) throws -> DefinitionDocument {
    let document = try definition(call)
    guard document.definition.kind == .record else { throw HTTPProblem.notEditable(call.language) }
    return document
  }

  /// Takes elements that match, page by page, until there are enough or too many were looked at: then `next`
  /// tells
  /// where to go on, although the page is short.
  func scan<Element, Cursor>(
    limit: Int, after: Cursor?, scanMax: Int = 10_000, matches: (Element) -> Bool,
    cursor: (Element) -> Cursor,
    page: (Cursor?, Int) async throws -> Page<Element, Cursor>
  ) async throws -> (elements: [Element], next: Cursor?) {
    var found: [Element] = []
    var after = after
    var scanned = 0
    repeat {
      let part = try await page(after, 500)
      for (index, element) in part.elements.enumerated() where matches(element) {
        found.append(element)
        let isLast = index == part.elements.count - 1 && part.next == nil
        if found.count == limit { return (found, isLast ? nil : cursor(element)) }
      }
      scanned += part.elements.count
      after = part.next
    } while after != nil && scanned < scanMax
    return (found, after)
  }
}

/// `GET /readyz`.
struct ReadyReply: Encodable {
  let ready: Bool
  /// In the caller's language.
  let why: [String]
}

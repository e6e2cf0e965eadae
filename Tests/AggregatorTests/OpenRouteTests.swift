import API
import Datasets
import Foundation
import HTTPServing
import HTTPTypes
import RouterSupport
import Settings
import TestSupport
import Testing
import Wire

@testable import Aggregator
@testable import CentreStorage

@Suite struct OpenRouteTests {
  @Test func `what is open to everybody holds nothing of anybody`() async throws {
    try await Centre.with { centre in
      try await centre.fill()
      for path in ["/healthz", "/readyz", "/metrics", "/"] {
        let response = try await centre.ask(.get, path, realm: .network)
        #expect(response.status == .ok, "\(path)")
        for secret in ["7312040101900001", "MAPPANYUKKI", "Kemakmuran", id(1).description] {
          #expect(!response.text.contains(secret), "\(path) \(secret)")
        }
      }
    }
  }

  @Test func `readiness says why not`() async throws {
    try await Centre.with { centre in
      let response = try await centre.ask(.get, "/readyz")
      #expect(response.text == #"{"ready":true,"why":[]}"#)
    }
    try await Centre.with(bound: nil) { centre in
      let response = try await centre.ask(.get, "/readyz", headers: [.acceptLanguage: "en"])
      #expect(response.status == .serviceUnavailable)
      #expect(response.text.contains("replication socket is not open"))
      try centre.store.close()
      // The last answer is good for two seconds; a closed store cannot write.
      let other = Readiness(store: centre.store, boundEndpoint: { "tcp://127.0.0.1:1" }, now: { start })
      #expect(await other.problems().map(\.english) == ["the storage cannot write; see the log (journalctl)"])
    }
  }

  @Test func `every route is described and every description is served`() async throws {
    try await Centre.with { centre in
      let document = try await centre.ask(.get, "/openapi.json").decoded(JSONValue.self)
      guard case .object(let top) = document, case .object(let paths)? = top["paths"] else {
        Issue.record("no paths")
        return
      }
      var described: Set<String> = []
      for (path, operations) in paths {
        guard case .object(let methods) = operations else { continue }
        for method in methods.keys { described.insert("\(method.uppercased()) \(path)") }
      }
      let routes = CentreRoutes(context: centre.context, realm: .admin).routes
      #expect(described == Set(routes.map { "\($0.method.rawValue) \($0.path)" }))
      // References lead somewhere.
      guard case .object(let components)? = top["components"],
        case .object(let schemas)? = components["schemas"]
      else {
        Issue.record("no schemas")
        return
      }
      let text = String(decoding: try JSONEncoder().encode(document), as: UTF8.self).replacingOccurrences(
        of: "\\/", with: "/")
      for part in text.components(separatedBy: "#/components/schemas/").dropFirst() {
        let name = String(part.prefix { $0 != "\"" })
        #expect(schemas[name] != nil, "\(name)")
      }
    }
  }

  @Test func `events begin with the whole and end when the client has had enough`() async throws {
    try await Centre.with { centre in
      try await centre.fill()
      var context = centre.context
      context.eventPace = EventPace(pollPeriod: .milliseconds(1), pollsPerHeartbeat: 2, pollsMax: 5)
      let response = try await centre.ask(.get, "/api/v1/events", context: context)
      #expect(response.headers[.contentType] == "text/event-stream; charset=utf-8")
      #expect(response.text.hasPrefix("retry: 5000\n\nevent: node\ndata: {"))
      #expect(response.text.contains(#"event: conflicts\#ndata: {"open":1,"settled":1}\#n\#n"#))
      #expect(response.text.components(separatedBy: ": \n\n").count == 3)
      #expect(try await centre.ask(.head, "/api/v1/events", context: context).status == .ok)
      // All seats were given back.
      let seats = (0..<EventSeats.countMax).map { _ in context.eventSeats.take() }
      #expect(seats.allSatisfy { $0 != nil })
      #expect(try await centre.ask(.get, "/api/v1/events", context: context).status == .serviceUnavailable)
    }
  }
}

@Suite struct MetricsRouteTests {
  @Test func `a store that cannot be read leaves the other numbers`() async throws {
    try await Centre.with { centre in
      try centre.store.close()
      let metrics = try StrictExposition(try await centre.ask(.get, "/metrics", realm: .network).text)
      #expect(metrics.value("simpul_store_readable") == 0)
      #expect(metrics.value("simpul_nodes") == nil)
      #expect(metrics.value("process_start_time_seconds") != nil)
    }
  }

  @Test func `metrics are well-formed and hold what happened`() async throws {
    try await Centre.with { centre in
      try await centre.fill()
      centre.context.metrics.countRefusal("unknown_key")
      let response = try await centre.ask(.get, "/metrics", realm: .network)
      #expect(response.headers[.contentType] == PrometheusText.mediaType)
      let metrics = try StrictExposition(response.text)
      #expect(metrics.value(#"simpul_nodes{state="offline"}"#) == 2)
      #expect(metrics.value(#"simpul_nodes{state="absent"}"#) == 36)
      #expect(metrics.value(#"simpul_conflicts{state="open"}"#) == 1)
      #expect(metrics.value(#"simpul_records_applied_total{dataset="population"}"#) == 3)
      #expect(metrics.value(#"simpul_records_applied_total{dataset="camera"}"#) == 0)
      #expect(metrics.value("simpul_batches_applied_total") == 2)
      #expect(metrics.value(#"simpul_sessions_refused_total{reason="unknown_key"}"#) == 1)
      #expect(metrics.value(#"simpul_sessions_refused_total{reason="fenced"}"#) == 0)
      #expect(metrics.value("simpul_feed_position") == Double(try await centre.store.feedEnd()))
      #expect(metrics.value("process_start_time_seconds") == 1_790_000_000)
      #expect(try #require(metrics.value("process_resident_memory_bytes")) > 0)
      #expect(try #require(metrics.value("process_open_fds")) > 0)
      #expect(metrics.types["simpul_link_received_bytes_total"] == "counter")
    }
  }
}

/// Reads the text exposition format and throws at anything that it does not allow.
struct StrictExposition {
  private(set) var types: [String: String] = [:]
  private var values: [String: Double] = [:]

  func value(_ series: String) -> Double? { values[series] }

  init(_ text: String) throws {
    guard text.hasSuffix("\n") else { throw TestFailure("no line feed at the end") }
    var helped: Set<String> = []
    var family = ""
    for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
      if line.hasPrefix("# HELP ") {
        family = String(line.dropFirst(7).prefix { $0 != " " })
        guard helped.insert(family).inserted, line.count > family.count + 8 else { throw TestFailure(line) }
      } else if line.hasPrefix("# TYPE ") {
        let words = line.split(separator: " ").map(String.init)
        guard words.count == 4, words[2] == family, ["counter", "gauge"].contains(words[3]),
          types[family] == nil,
          (words[3] == "counter") == family.hasSuffix("_total")
        else { throw TestFailure(line) }
        types[family] = words[3]
      } else {
        try sample(line, family)
      }
    }
    guard helped == Set(types.keys) else { throw TestFailure("a family lacks its type") }
  }

  private mutating func sample(_ line: String, _ family: String) throws {
    let pattern = /([a-zA-Z_:][a-zA-Z0-9_:]*)(\{.+\})? (-?[0-9.e+]+)/
    let label = /[a-z_]+="(?:[^"\\\n]|\\["\\n])*"/
    guard let match = line.wholeMatch(of: pattern), String(match.1) == family, types[family] != nil,
      let value = Double(match.3)
    else { throw TestFailure(line) }
    if let labels = match.2?.dropFirst().dropLast() {
      let rest = labels.replacing(label, with: "")
      guard rest.allSatisfy({ $0 == "," }), rest.count == labels.matches(of: label).count - 1 else {
        throw TestFailure(line)
      }
    }
    let series = family + (match.2.map(String.init) ?? "")
    guard values.updateValue(value, forKey: series) == nil else { throw TestFailure("twice: \(line)") }
  }
}

@Suite struct FleetPageTests {
  @Test func `the page shows all 38 offices and nobody's data`() async throws {
    try await Centre.with { centre in
      try await centre.fill()
      let response = try await centre.ask(.get, "/", realm: .network)
      let html = response.text
      #expect(response.headers[.contentType] == "text/html; charset=utf-8")
      #expect(response.headers[.contentSecurityPolicy]?.contains("default-src 'none'") == true)
      #expect(html.components(separatedBy: "<tr>").count - 2 == 38)
      for profile in try ShippedFleet.load().profiles {
        #expect(html.contains(">\(profile.node)<"), "\(profile.node)")
        #expect(html.contains(profile.title.indonesian.replacingOccurrences(of: "&", with: "&amp;")))
      }
      #expect(html.contains("<html lang=\"id\">"))
      #expect(html.contains("Kabupaten Soppeng"))
      #expect(html.contains("belum bergabung"))
      #expect(html.contains("http-equiv=\"refresh\" content=\"10\""))
      #expect(!html.contains("<script"))
      #expect(html.firstMatch(of: /[0-9]{16}/) == nil)
    }
  }

  @Test func `the page speaks English when asked`() async throws {
    try await Centre.with { centre in
      let html = try await centre.ask(.get, "/?lang=en", realm: .network).text
      #expect(html.contains("<html lang=\"en\">"))
      #expect(html.contains("not joined yet"))
      #expect(html.contains("href=\"/?lang=id\""))
      #expect(
        try await centre.ask(.get, "/?lang=%3Cscript%3E", realm: .network).text.contains("<html lang=\"id\">")
      )
    }
  }

  private func picture(_ title: String, _ entry: NodeEntry) throws -> FleetPicture {
    let region = try #require(RegionCode("73.12"))
    let profile = NodeProfile(
      node: entry.node, title: BilingualText(id: title, en: title), kind: "skpd", region: region, roles: [])
    return FleetPicture(
      at: start,
      overview: FleetOverview(
        nodes: [entry], newest: [entry.node: start.advanced(byMilliseconds: -7_200_000)],
        openConflicts: 12_345,
        settledConflicts: 0, quarantined: 0, missing: 0, feedEnd: 1),
      profiles: [profile], presences: [:])
  }

  @Test func `texts are escaped and states have words and shapes`() throws {
    let entry = NodeEntry(
      node: Names.node("bpbd"), state: .fenced, fenceReason: "<b>",
      lastSeen: start.advanced(byMilliseconds: -180_000),
      report: NodeReport(backlogChanges: 1_234_567), version: nil, incarnation: nil, cursor: nil)
    let html = try FleetPage(try picture("Kantor <A> & \"B\"", entry), place: "X & Y", language: .indonesian)
      .html()
    #expect(html.contains("Kantor &lt;A&gt; &amp; &quot;B&quot;"))
    #expect(html.contains("X &amp; Y"))
    #expect(html.contains("▲"))
    #expect(html.contains("ditahan"))
    #expect(html.contains("1.234.567"))
    #expect(html.contains("12.345"))
    #expect(html.contains("3 menit lalu"))
    #expect(html.contains("2 jam lalu"))
    #expect(html.contains("21 September 2026"))
  }

  @Test(arguments: [
    (0, "baru saja", "just now"), (9_999, "baru saja", "just now"), (-50_000, "baru saja", "just now"),
    (10_000, "10 detik lalu", "10 seconds ago"), (60_000, "1 menit lalu", "1 minute ago"),
    (7_200_000, "2 jam lalu", "2 hours ago"), (86_400_000, "1 hari lalu", "1 day ago"),
  ])
  func `ages are words`(milliseconds: Int64, indonesian: String, english: String) {
    let words = AgeWords.text(since: start.advanced(byMilliseconds: -milliseconds), now: start)
    #expect(words == BilingualText(id: indonesian, en: english))
  }
}

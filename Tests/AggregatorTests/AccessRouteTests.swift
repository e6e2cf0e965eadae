import API
import CentreStorage
import Datasets
import Foundation
import HTTPServing
import HTTPTypes
import Replication
import RouterSupport
import Testing

@testable import Aggregator

/// Who may call what of the centre over TCP.
@Suite struct AccessRouteTests {
  /// Every route, the least that it needs, and whether a token of one office may call it. Whoever adds a route says
  /// here who may.
  private static let table: [String: (least: String, isOffices: Bool)] = [
    "GET /healthz": ("everybody", false), "GET /readyz": ("everybody", false), "GET /metrics": ("everybody", false),
    "GET /": ("everybody", false), "GET /sign-in": ("everybody", false), "POST /sign-in": ("everybody", false),
    "POST /sign-out": ("viewer", true), "GET /openapi.json": ("viewer", true),
    "GET /api/v1/status": ("viewer", false), "GET /api/v1/streams": ("viewer", true),
    "GET /api/v1/doctor": ("viewer", false), "GET /api/v1/alerts": ("viewer", true),
    "GET /api/v1/events": ("viewer", false), "GET /api/v1/nodes": ("viewer", true),
    "GET /api/v1/nodes/{node}": ("viewer", true), "POST /api/v1/nodes/{node}/invitation": ("admin", false),
    "POST /api/v1/nodes/{node}/revocation": ("admin", false), "POST /api/v1/nodes/{node}/backlog": ("admin", false),
    "GET /api/v1/datasets": ("viewer", true), "GET /api/v1/datasets/{dataset}/records": ("viewer", true),
    "GET /api/v1/datasets/{dataset}/records/{record}": ("viewer", true),
    "GET /api/v1/datasets/{dataset}/records/{record}/history": ("viewer", true),
    "GET /api/v1/datasets/{dataset}/digest": ("viewer", true),
    "POST /api/v1/datasets/{dataset}/records": ("operator", false),
    "PATCH /api/v1/datasets/{dataset}/records/{record}": ("operator", false),
    "DELETE /api/v1/datasets/{dataset}/records/{record}": ("operator", false),
    "POST /api/v1/datasets/{dataset}/records/{record}/restoration": ("operator", false),
    "POST /api/v1/datasets/{dataset}/records/{record}/split": ("operator", false),
    "GET /api/v1/conflicts": ("viewer", true), "GET /api/v1/conflicts/{conflict}": ("viewer", true),
    "POST /api/v1/conflicts/{conflict}/resolution": ("operator", false), "GET /api/v1/quarantine": ("viewer", true),
    "GET /api/v1/quarantine/{entry}": ("viewer", true), "POST /api/v1/quarantine/{entry}/requeue": ("operator", false),
    "POST /api/v1/quarantine/{entry}/mend": ("operator", false),
    "POST /api/v1/quarantine/{entry}/discard": ("operator", false), "GET /api/v1/ledger": ("viewer", true),
    "GET /api/v1/duplicates": ("viewer", true), "GET /api/v1/duplicates/{pair}": ("viewer", true),
    "POST /api/v1/duplicates/{pair}/merge": ("operator", false),
    "POST /api/v1/duplicates/{pair}/undo": ("operator", false),
    "POST /api/v1/duplicates/{pair}/distinct": ("operator", false), "POST /api/v1/backup": ("admin", false),
    "POST /api/v1/backup/{backup}/confirmation": ("admin", false), "GET /api/v1/tokens": ("admin", false),
    "POST /api/v1/tokens": ("admin", false), "POST /api/v1/tokens/{token}/revocation": ("admin", false),
    "POST /api/v1/tokens/{token}/sign-in": ("admin", false),
    "GET /api/v1/datasets/{dataset}/records/{record}/trace": ("viewer", false),
    "GET /api/v1/fleet-key": ("viewer", false), "GET /api/v1/export-key": ("viewer", true),
    "POST /api/v1/fleet-key/rotation": ("admin", false),
    "GET /api/v1/audit": ("admin", false), "GET /api/v1/audit/head": ("admin", false),
    "GET /api/v1/audit/export": ("admin", false),
  ]

  private static func word(_ admission: Route.Admission) -> String {
    switch admission {
    case .everybody: "everybody"
    case .atLeast(let role): role.rawValue
    }
  }

  private func path(_ route: Route) -> String {
    let values = [
      "{dataset}": "population", "{record}": "\(id(9))", "{node}": "bpbd", "{entry}": "1", "{token}": "nobody",
      "{conflict}": "population%2F\(id(9))%2Fnama", "{pair}": "population%2F\(id(8))%2F\(id(9))", "{backup}": "1",
    ]
    return values.reduce(route.path) { $0.replacing($1.key, with: $1.value) }
  }

  @Test func `every route says who may call it`() async throws {
    try await Centre.with { centre in
      let routes = CentreRoutes(context: centre.context, realm: .network).routes
      let names = routes.map { "\($0.method) \($0.path)" }
      #expect(Set(names).symmetricDifference(Self.table.keys).sorted() == [])
      for (name, route) in zip(names, routes) {
        #expect(Self.table[name]?.least == Self.word(route.admits), "\(name)")
        #expect(Self.table[name]?.isOffices == route.isOfficeAware, "\(name)")
      }
    }
  }

  @Test func `without a token nothing but the open routes is served`() async throws {
    try await Centre.with { centre in
      try await centre.fill()
      for route in CentreRoutes(context: centre.context, realm: .network).routes where route.admits != .everybody {
        let answer = try await centre.ask(route.method, path(route), realm: .network, reason: "ingin tahu", body: "{}")
        #expect(answer.status == .unauthorized, "\(route.method) \(route.path)")
        #expect(answer.headers[.wwwAuthenticate] == #"Bearer realm="simpul""#)
        #expect(try answer.problem().message.contains("simpulctl tokens create"))
      }
      #expect(try await centre.ask(.get, "/anything", realm: .network).status == .unauthorized)
    }
  }

  @Test func `each role calls what it may and is told what it lacks`() async throws {
    try await Centre.with { centre in
      var context = centre.context
      context.eventPace = EventPace(pollPeriod: .milliseconds(1), pollsPerHeartbeat: 2, pollsMax: 2)
      let routes = CentreRoutes(context: context, realm: .network).routes
      for role in Role.allCases {
        let token = try await centre.token(role)
        for route in routes {
          guard case .atLeast(let least) = route.admits else { continue }
          let answer = try await centre.ask(
            route.method, path(route), realm: .network, headers: token, body: "{}", context: context)
          let problem = try? answer.problem()
          if role >= least {
            #expect(answer.status != .unauthorized && problem?.error != "role", "\(role) \(route.path)")
          } else {
            #expect(answer.status == .forbidden && problem?.error == "role", "\(role) \(route.path)")
            #expect(problem?.message.contains(least.rawValue) == true)
          }
        }
      }
    }
  }

  @Test func `a token of one office is refused whatever concerns the whole fleet, also an admin's`() async throws {
    try await Centre.with { centre in
      let token = try await centre.token(.admin, office: "bpbd")
      for route in CentreRoutes(context: centre.context, realm: .network).routes
      where route.admits != .everybody && !route.isOfficeAware {
        let answer = try await centre.ask(route.method, path(route), realm: .network, headers: token, body: "{}")
        #expect(answer.status == .forbidden, "\(route.method) \(route.path)")
        #expect(try answer.problem().error == "office_limit")
        #expect(try answer.problem().message.contains("hanya untuk kantor bpbd"))
      }
    }
  }

  @Test func `events end when the token is revoked`() async throws {
    try await Centre.with { centre in
      var context = centre.context
      context.eventPace = EventPace(pollPeriod: .milliseconds(1), pollsPerHeartbeat: 1_000_000, pollsMax: 1_000_000)
      let token = try await centre.token(.viewer)
      async let events = centre.ask(.get, "/api/v1/events", realm: .network, headers: token, context: context)
      // Whether it comes before the first event or after a thousand: the answer ends.
      #expect(try await centre.ask(.post, "/api/v1/tokens/viewer-all/revocation").status == .ok)
      #expect([.ok, .unauthorized].contains(try await events.status))
    }
  }
}

/// What a token of one office sees of the centre's data: what that office's copy may hold.
@Suite struct OfficeLimitTests {
  /// As `fill`, and a person of kecamatan Citta, whom a partner agency may see in part.
  private func filled(_ body: (Centre) async throws -> Void) async throws {
    try await Centre.with { centre in
      try await centre.fill()
      var citta = try await centre.office("kec-citta", random: 70)
      try await centre.apply(
        citta,
        try citta.batch(
          population,
          [
            edit(
              id(3), person("BASO TANG", nik: "7312080101900003", address: "Jl. Citta 3", region: "73.12.08.2001"),
              at: 0)
          ]))
      try await centre.apply(citta, try citta.batch(attendance, [punch(pin: "3", second: 3)]))
      var bpbd = try await centre.office("bpbd", random: 80)
      try await centre.apply(bpbd, try bpbd.batch(attendance, [punch(pin: "8", second: 8)]))
      try await body(centre)
    }
  }

  private func ids(_ centre: Centre, _ uri: String, _ token: HTTPFields) async throws -> [String] {
    let answer = try await centre.ask(.get, uri, realm: .network, headers: token)
    #expect(answer.status == .ok, "\(uri): \(answer.text)")
    return try answer.decoded(RecordsReply.self).records.map(\.id)
  }

  @Test func `a kecamatan sees the records of its region alone`() async throws {
    try await filled { centre in
      let citta = try await centre.token(.viewer, office: "kec-citta")
      let lalabata = try await centre.token(.viewer, office: "kec-lalabata")
      let all = try await centre.token(.viewer)
      let base = "/api/v1/datasets/population/records"
      #expect(try await ids(centre, base, citta) == ["\(id(3))"])
      #expect(try await ids(centre, base, lalabata) == ["\(id(1))", "\(id(2))"])
      #expect(try await ids(centre, base, all).count == 3)
      #expect(try await ids(centre, base + "?q=baso", lalabata) == [])
      #expect(try await ids(centre, base + "?kode_wilayah=73.12.08.2001", lalabata) == [])
      for (record, status) in [(id(3), HTTPResponse.Status.ok), (id(1), .notFound)] {
        for part in ["", "/history"] {
          let answer = try await centre.ask(.get, "\(base)/\(record)\(part)", realm: .network, headers: citta)
          #expect(answer.status == status, "\(record)\(part)")
        }
      }
    }
  }

  @Test func `pages of an office's records go on to the end, by cursors that tell of no other record`() async throws {
    try await filled { centre in
      let token = try await centre.token(.viewer, office: "kec-lalabata")
      var seen: [String] = []
      var cursor = ""
      repeat {
        let uri = "/api/v1/datasets/population/records?limit=1&cursor=\(cursor)"
        let page = try await centre.ask(.get, uri, realm: .network, headers: token).decoded(RecordsReply.self)
        seen += page.records.map(\.id)
        cursor = page.next ?? ""
        #expect(cursor.isEmpty || PageCursor(cursor) == nil)
      } while !cursor.isEmpty
      #expect(seen == ["\(id(1))", "\(id(2))"])
      let foreign = PageCursor(["\(id(1))"]).text
      let answer = try await centre.ask(
        .get, "/api/v1/datasets/population/records?cursor=\(foreign)", realm: .network, headers: token)
      #expect(answer.status == .badRequest)
    }
  }

  @Test func `a partner sees some fields, in records, history and conflicts, and cannot guess others by filters`()
    async throws
  {
    try await filled { centre in
      let token = try await centre.token(.operator, office: "bpbd")
      let base = "/api/v1/datasets/population/records"
      let one = try await centre.ask(.get, "\(base)/\(id(1))", realm: .network, headers: token)
      let fields = try one.decoded(RecordReply.self).fields
      #expect(Set(fields.keys) == ["nik", "nama", "kode_wilayah", "status_hidup"])
      #expect(fields["nik"] == .string("731204******0001"))
      let history = try await centre.ask(.get, "\(base)/\(id(1))/history", realm: .network, headers: token)
      #expect(history.status == .ok && !history.text.contains("Kemakmuran") && history.text.contains("MAPPANYUKKI"))
      #expect(try await ids(centre, base + "?alamat=Jl.%20Samudra%202", token) == [])
      #expect(try await ids(centre, base + "?q=Samudra", token) == [])
      #expect(try await ids(centre, base + "?nama=SITI%20AMINAH", token) == ["\(id(2))"])
      let conflicts = try await centre.ask(.get, "/api/v1/conflicts", realm: .network, headers: token)
      let found = try conflicts.decoded(ConflictsReply.self).conflicts
      #expect(found.map(\.field) == ["nama"])
      for (field, status) in [("nama", HTTPResponse.Status.ok), ("alamat", .notFound)] {
        let uri = "/api/v1/conflicts/population%2F\(id(1))%2F\(field)"
        #expect(try await centre.ask(.get, uri, realm: .network, headers: token).status == status)
      }
      let all = try await centre.token(.operator)
      let whole = try await centre.ask(.get, "/api/v1/conflicts", realm: .network, headers: all)
      #expect(Set(try whole.decoded(ConflictsReply.self).conflicts.map(\.field)) == ["nama", "alamat"])
    }
  }

  @Test func `of events an office sees its own, a personnel office all`() async throws {
    try await filled { centre in
      let base = "/api/v1/datasets/attendance/records"
      let expected: [(office: String, pins: Set<String>)] = [
        ("bpbd", ["8"]), ("kec-citta", ["3"]), ("bkpsdm", ["3", "8"]), ("dinkes", []),
      ]
      for (office, pins) in expected {
        let token = try await centre.token(.operator, office: office)
        let answer = try await centre.ask(.get, base, realm: .network, reason: "cek", headers: token)
        let found = try answer.decoded(RecordsReply.self).records.map { $0.fields["pin"] }
        #expect(found.count == pins.count && found.allSatisfy { value in pins.contains { value == .string($0) } })
      }
    }
  }

  @Test func `the office's own node, streams, ledger, quarantine and digest, and no other's`() async throws {
    try await filled { centre in
      let token = try await centre.token(.viewer, office: "kec-citta")
      func ask(_ uri: String) async throws -> RouterAnswer {
        try await centre.ask(.get, uri, realm: .network, headers: token)
      }
      #expect(try await ask("/api/v1/nodes").decoded(NodesReply.self).nodes.map(\.node) == ["kec-citta"])
      #expect(try await ask("/api/v1/nodes/kec-citta").status == .ok)
      #expect(try await ask("/api/v1/nodes/bpbd").status == .forbidden)
      let streams = try await ask("/api/v1/streams").decoded(StreamsReply.self).streams
      #expect(!streams.isEmpty && streams.allSatisfy { $0.node == "kec-citta" })
      for path in ["ledger", "quarantine", "datasets/population/digest"] {
        #expect(try await ask("/api/v1/\(path)").status == .ok, "\(path)")
        #expect(try await ask("/api/v1/\(path)?node=kec-citta").status == .ok, "\(path)")
        let other = try await ask("/api/v1/\(path)?node=bpbd")
        #expect(other.status == .forbidden && other.text.contains("office_limit"), "\(path)")
      }
      let digest = try await ask("/api/v1/datasets/population/digest").decoded(DigestReply.self)
      #expect(digest.count == 1)
      let datasets = try await ask("/api/v1/datasets").decoded(DatasetsReply.self).datasets.map(\.id)
      #expect(datasets.contains("population"))
    }
  }

  @Test func `a merged record is shown to an office as the person it is now, and not as what it was`() async throws {
    try await filled { centre in
      let token = try await centre.token(.viewer, office: "kec-lalabata")
      _ = try await centre.store.merge(
        population, id(2), into: id(1), match: PersonMatch(kind: .similar, score: 90), reason: "uji", now: start)
      let path = "/api/v1/datasets/population/records/\(id(2))"
      let followed = try await centre.ask(.get, path, realm: .network, headers: token)
      #expect(try followed.decoded(RecordReply.self).id == id(1).description)
      for own in [path + "?alias=own", path + "/history"] {
        #expect(try await centre.ask(.get, own, realm: .network, headers: token).status == .notFound, "\(own)")
      }
      #expect(
        try await centre.ask(
          .get, path + "?alias=own", realm: .network, headers: try await centre.token(.viewer)
        ).status == .ok)
    }
  }

  @Test func `what the centre holds back of one office is in no other's history`() async throws {
    try await filled { centre in
      // It may not write people of Lalabata.
      var other = try await centre.office("kec-ganra", random: 71)
      try await centre.apply(
        other,
        try other.batch(
          population,
          [edit(id(1), person("ORANG LAIN", nik: "7312040101900001", address: "Jl. Palsu 9"), at: 1)]))
      let path = "/api/v1/datasets/population/records/\(id(1))/history"
      let all = try await centre.ask(.get, path, realm: .network, headers: try await centre.token(.viewer))
      #expect(all.text.contains("ORANG LAIN"))
      let token = try await centre.token(.viewer, office: "kec-lalabata")
      let own = try await centre.ask(.get, path, realm: .network, headers: token)
      #expect(own.status == .ok && !own.text.contains("ORANG LAIN"))
    }
  }

  @Test func `a pair of records is shown to an office that may read both`() async throws {
    try await filled { centre in
      let lalabata = try await centre.token(.viewer, office: "kec-lalabata")
      let citta = try await centre.token(.viewer, office: "kec-citta")
      let inside = "/api/v1/duplicates/population%2F\(id(1))%2F\(id(2))"
      let across = "/api/v1/duplicates/population%2F\(id(1))%2F\(id(3))"
      #expect(try await centre.ask(.get, inside, realm: .network, headers: lalabata).status == .ok)
      #expect(try await centre.ask(.get, across, realm: .network, headers: lalabata).status == .notFound)
      #expect(try await centre.ask(.get, across, realm: .network, headers: citta).status == .notFound)
      // A partner who reads some fields would learn from how alike they are what the others say.
      let partner = try await centre.token(.operator, office: "bpbd")
      #expect(try await centre.ask(.get, inside, realm: .network, headers: partner).status == .notFound)
      #expect(
        try await centre.ask(.get, across, realm: .network, headers: try await centre.token(.viewer)).status == .ok)
      #expect(try await centre.ask(.get, "/api/v1/duplicates", realm: .network, headers: citta).status == .ok)
    }
  }
}

extension Centre {
  /// Makes a token and says how it is shown.
  func token(_ role: Role, office: String? = nil) async throws -> HTTPFields {
    let limit = office.map { #", "office": "\#($0)""# } ?? ""
    let body = #"{"name": "\#(role.rawValue)-\#(office ?? "all")", "role": "\#(role.rawValue)"\#(limit)}"#
    let answer = try await ask(.post, "/api/v1/tokens", body: body)
    #expect(answer.status == .ok, "\(answer.text)")
    return [.authorization: "Bearer \(try answer.decoded(NewTokenReply.self).token)"]
  }
}

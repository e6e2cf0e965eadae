import API
import Datasets
import HTTPServing
import HTTPTypes
import Hummingbird
import Replication
import RouterSupport
import Storage
import Testing
import Wire

@Suite struct CallTests {
  private func reason(_ text: String) throws -> HTTPFields {
    [try #require(HTTPField.Name("Simpul-Reason")): text]
  }

  @Test func `a slash inside a segment is no separator`() async throws {
    let route = Fixture.echo("/api/v1/conflicts/{conflict}") { $0.parameter("conflict") }
    let response = try await Fixture.ask([route], .get, "/api/v1/conflicts/population%2F9f2c%2Falamat%20x")
    #expect(response.text == "population/9f2c/alamat x")
    #expect(try await Fixture.ask([route], .get, "/api/v1/conflicts/a/b").status == .notFound)
    #expect(try await Fixture.ask([route], .get, "/api/v1/conflicts/%FF").status == .badRequest)
  }

  @Test(arguments: [("", 100), ("?limit=1", 1), ("?limit=1000", 1000), ("?limit=99999999999999999999", 1000)])
  func `a limit is held between 1 and 1000`(query: String, limit: Int) async throws {
    let response = try await Fixture.ask([Fixture.echo { "\(try $0.limit())" }], .get, "/echo\(query)")
    #expect(response.text == "\(limit)")
  }

  @Test(arguments: ["limit=0", "limit=-1", "limit=x", "cursor=%21", "cursor=AAAA"])
  func `a page that cannot be read is refused`(query: String) async throws {
    let route = Fixture.echo { call in
      _ = try call.cursor { $0.parts.first }
      return "\(try call.limit())"
    }
    let response = try await Fixture.ask([route], .get, "/echo?\(query)")
    #expect(response.status == .badRequest)
    #expect(try response.problem().field == query.split(separator: "=").first.map(String.init))
  }

  @Test func `the query is decoded and reserved names are left out`() async throws {
    let route = Fixture.echo { call in
      call.query(except: ["q"]).map { "\($0.name)=\($0.value)" }.joined(separator: "|") + "#"
        + (call.query("q") ?? "")
    }
    let response = try await Fixture.ask([route], .get, "/echo?nama=A%26B%20C&q=a%3Db&x=")
    #expect(response.text == "nama=A&B C|x=#a=b")
  }

  @Test func `a version is taken with and without quotes`() async throws {
    let definition = try Fixture.people()
    let version = RecordVersion(of: .empty, record: RecordID(high: 1, low: 2), definition: definition).text
    let route = Fixture.echo { "\(try $0.ifMatch()?.text ?? "none")" }
    for tag in ["\"\(version)\"", version, "W/\"\(version)\""] {
      #expect(try await Fixture.ask([route], .get, "/echo", headers: [.ifMatch: tag]).text == version)
    }
    #expect(try await Fixture.ask([route], .get, "/echo", headers: [.ifMatch: "*"]).text == "none")
    let foreign = try await Fixture.ask([route], .get, "/echo", headers: [.ifMatch: "\"abc\""])
    #expect(foreign.status == .preconditionFailed)
  }

  @Test func `a reason is trimmed, bounded and free of control characters`() async throws {
    let route = Fixture.echo { "\($0.reason ?? "none")" }
    #expect(
      try await Fixture.ask([route], .get, "/echo", headers: reason("  cek data Bu Ani – KK ")).text
        == "cek data Bu Ani – KK")
    #expect(try await Fixture.ask([route], .get, "/echo", headers: reason("   ")).text == "none")
    let long = try await Fixture.ask(
      [route], .get, "/echo", headers: reason(String(repeating: "x", count: 501)))
    #expect(long.status == .badRequest)
    #expect(try await Fixture.ask([route], .get, "/echo", headers: reason("a\u{85}b")).status == .badRequest)
  }

  @Test func `identifiers are disclosed on the admin socket with a reason alone`() async throws {
    let definition = try Fixture.people()
    let nik = try name("nik")
    let route = Fixture.echo { "\($0.rendering(definition).isShown(nik))" }
    #expect(try await Fixture.ask([route], .get, "/echo").text == "false")
    #expect(try await Fixture.ask([route], .get, "/echo", headers: reason("cek")).text == "true")
    // Over TCP without a token nobody gets that far.
    #expect(
      try await Fixture.ask([route], .get, "/echo", realm: .network, headers: reason("cek")).status == .unauthorized)
  }

  @Test func `a body must be the JSON that is expected`() async throws {
    struct Body: Decodable { let validHours: Int? }
    let route = Fixture.echo("/echo", .post) { call in
      "\(try await call.decoded(Body.self, bytesMax: 64, isOptional: true).validHours ?? 0)"
    }
    #expect(try await Fixture.ask([route], .post, "/echo", body: #"{"valid_hours":5}"#).text == "5")
    #expect(try await Fixture.ask([route], .post, "/echo").text == "0")
    #expect(try await Fixture.ask([route], .post, "/echo", body: "{").status == .badRequest)
    let csv = try await Fixture.ask([route], .post, "/echo", headers: [.contentType: "text/csv"], body: "a,b")
    #expect(csv.status == .unsupportedMediaType)
    let long = try await Fixture.ask([route], .post, "/echo", body: String(repeating: " ", count: 65) + "{}")
    #expect(long.status == .contentTooLarge)
    #expect(try long.problem().error == "too_large")
  }

  @Test func `a filter takes values as people write them and only of fields that there are`() async throws {
    let definition = try Fixture.people()
    let route = Fixture.echo { call in
      let filter = try RecordFilter(call, definition: definition, except: ["variants"])
      return filter.equals.map { "\($0.field)=\($0.value.text)" }.joined(separator: "|")
        + "#\(filter.search ?? "")"
    }
    let query = "sex=perempuan&lahir=05-08-1968&anak=3&hidup=true&q=and&limit=5&variants=true"
    let response = try await Fixture.ask([route], .get, "/echo?\(query)")
    #expect(response.text == "sex=P|lahir=1968-08-05|anak=3|hidup=true#and")
    for query in ["hobi=x", "anak=tiga", "nik=731204******0001", "lahir=31-02-2000", "lifecycle=deleted"] {
      let response = try await Fixture.ask([route], .get, "/echo?\(query)")
      #expect(response.status == .badRequest, "\(query)")
    }
  }
}

@Suite struct ProblemTests {
  private func answer(_ error: any Error, language: Language = .indonesian, wish: String? = nil) async throws
    -> RouterAnswer
  {
    let headers: HTTPFields = wish.map { [.acceptLanguage: $0] } ?? [:]
    return try await Fixture.ask(
      [Fixture.echo { _ in throw error }], .get, "/echo", language: language, headers: headers)
  }

  @Test func `each error has its status and word`() async throws {
    let nama = try name("nama")
    let table: [(any Error, Int, String)] = [
      (StoreError(.notFound, "x"), 404, "not_found"), (StoreError(.full, "x"), 507, "full"),
      (StoreError(.damaged, "x"), 500, "storage"), (EditRefusal.stale(fields: [nama]), 412, "stale"),
      (EditRefusal.foreignVersion, 412, "foreign_version"), (EditRefusal.gone, 410, "gone"),
      (EditRefusal.stepBack(field: nama), 422, "step_back"),
      (EditRefusal.unknownRecord, 404, "unknown_record"),
      (QuarantineReason(.writeRule, id: "a", en: "b"), 403, "write_rule"),
      (QuarantineReason(.schema, id: "a", en: "b"), 422, "schema"),
      (FieldProblem(field: "nik", code: "masked", reason: BilingualText(id: "a", en: "b")), 422, "masked"),
      (HTTPError(.forbidden), 403, "refused"), (CancellationError(), 500, "internal"),
    ]
    for (error, status, word) in table {
      let response = try await answer(error)
      #expect(response.status.code == status, "\(error)")
      #expect(try response.problem().error == word)
      #expect(response.headers[.contentType] == "application/json; charset=utf-8")
    }
  }

  @Test func `what failed inside is not told`() async throws {
    struct Inner: Error, CustomStringConvertible { let description = "disk /var/secret 7312044101900001" }
    let text = try await answer(Inner()).text
    #expect(!text.contains("secret"))
    #expect(!text.contains("7312"))
  }

  @Test func `messages come in the language of the wish, else of the daemon`() async throws {
    #expect(try await answer(EditRefusal.gone).problem().message.contains("dihapus"))
    #expect(try await answer(EditRefusal.gone, wish: "en").problem().message.contains("deleted"))
    #expect(try await answer(EditRefusal.gone, language: .english).problem().message.contains("deleted"))
    #expect(
      try await answer(EditRefusal.gone, language: .english, wish: "id").problem().message.contains("dihapus")
    )
  }

  @Test func `an unknown address and a wrong method are JSON errors too`() async throws {
    let routes = [Fixture.echo { _ in "x" }]
    for response in [
      try await Fixture.ask(routes, .get, "/other"), try await Fixture.ask(routes, .delete, "/echo"),
    ] {
      #expect(response.status == .notFound)
      #expect(try response.problem().error == "not_found")
    }
    #expect(try await Fixture.ask(routes, .head, "/echo").status == .ok)
  }
}

@Suite struct OpenAPITests {
  @Test func `every route is described with its parameters, itself among them`() async throws {
    let routes = [
      Route(
        .get, "/api/v1/nodes/{node}", "One.", query: [.init("limit", .integer, "How many.")],
        headers: [.reason],
        answer: .json(.named("StatusReply")), refusals: [409]
      ) { _ in .text("") },
      Route(.post, "/api/v1/nodes/{node}", "Two.", body: .map(.anything), answer: .text("text/plain")) { _ in
        .text("")
      },
    ].described(title: "Test", home: .centre)
    let document = try await Fixture.ask(routes, .get, "/openapi.json").json()
    #expect(document["openapi"] == .string("3.1.0"))
    let path = try #require(document["paths"]?["/api/v1/nodes/{node}"])
    #expect(path["get"]?["operationId"] == .string("get-nodes-node"))
    #expect(path["get"]?["responses"]?["409"] != nil)
    guard case .array(let parameters)? = path["get"]?["parameters"] else {
      Issue.record("no parameters")
      return
    }
    #expect(
      parameters.compactMap { $0["name"] } == [.string("node"), .string("limit"), .string("Simpul-Reason")])
    #expect(parameters.first?["required"] == .boolean(true))
    #expect(path["post"]?["requestBody"] != nil)
    #expect(document["paths"]?["/openapi.json"]?["get"] != nil)
    #expect(document["components"]?["schemas"]?["ConflictReply"]?["properties"]?["siblings"] != nil)
  }
}

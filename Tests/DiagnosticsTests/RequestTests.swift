import API
import Datasets
import Diagnostics
import Foundation
import Testing

@Suite struct RequestTests {
  @Test func `a conflict id is one encoded segment`() {
    #expect(
      APIRequest.conflict("population/9f2c/alamat").target == "/api/v1/conflicts/population%2F9f2c%2Falamat")
    #expect(APIRequest.node("..").target == "/api/v1/nodes/%2E%2E")
    #expect(APIRequest.node("a b?é#%").target == "/api/v1/nodes/a%20b%3F%C3%A9%23%25")
  }

  @Test func `filters and pages become a query`() {
    let filter = RecordFilter(
      text: "siti & co", fields: [.init("rt", .string("003")), .init("telepon", .null)])
    #expect(
      APIRequest.records("population", Page(limit: 20, cursor: "a+b="), filter).target
        == "/api/v1/datasets/population/records?limit=20&cursor=a%2Bb%3D&q=siti%20%26%20co&rt=003&telepon=")
    #expect(
      APIRequest.conflicts(Page(), state: "open", dataset: nil).target
        == "/api/v1/conflicts?state=open&limit=100")
  }

  @Test func `the names of fields in a body stay as they are`() throws {
    let request = try APIRequest.upsert("population", ["no_kk": .string("7"), "rt": .null], source: "a")
    #expect(request.target == "/api/v1/datasets/population/records?source=a")
    #expect(
      request.body == .init(contentType: "application/json", bytes: Array(#"{"no_kk":"7","rt":null}"#.utf8)))
    let invitation = try APIRequest.invitation("kec-citta", validHours: 4)
    #expect(invitation.body?.bytes == Array(#"{"valid_hours":4}"#.utf8))
  }

  @Test(arguments: [
    ("a=b", FieldAssignment("a", .string("b"))), ("a=", FieldAssignment("a", .null)),
    ("a=b=c", FieldAssignment("a", .string("b=c"))), ("a:=5", FieldAssignment("a", .integer(5))),
    ("a:=[\"x\"]", FieldAssignment("a", .array([.string("x")]))), ("a:=", nil), (":=1", nil), ("=1", nil),
    ("a", nil),
    ("a:=tru", nil),
  ])
  func `an assignment is a text, nothing or JSON`(text: String, expected: FieldAssignment?) {
    #expect(FieldAssignment(text) == expected)
  }

  @Test(arguments: [
    (400, CommandFailure.Code.data), (401, .notPermitted), (403, .notPermitted), (404, .data), (409, .data),
    (410, .data), (412, .data), (413, .data), (422, .data), (429, .unreachable), (500, .problem),
    (502, .unreachable),
    (503, .unreachable), (504, .unreachable), (507, .problem), (302, .problem),
  ])
  func `a status gives an exit code`(status: Int, code: CommandFailure.Code) {
    #expect(CommandFailure.code(of: status) == code)
  }
}

@Suite struct EndpointTests {
  private func resolve(
    socket: String? = nil, url: String? = nil, tokenFile: String? = nil,
    _ environment: [String: String] = [:],
    existing: [String] = [], token: String = "t0ken\nmore"
  ) throws(CommandFailure) -> Endpoint {
    try Endpoint.resolve(
      .init(socket: socket, url: url, tokenFile: tokenFile, environment: environment), language: .english,
      exists: { existing.contains($0) }, read: { _ in Array(token.utf8) })
  }

  @Test func `an option wins over the environment, and that over the default sockets`() throws {
    let both = ["SIMPUL_SOCKET": "/e", "SIMPUL_URL": "http://e"]
    #expect(try resolve(socket: "/o", both) == .socket(path: "/o"))
    #expect(try resolve(url: "http://o/", both) == .url(base: "http://o", token: nil))
    #expect(try resolve(both) == .socket(path: "/e"))
    #expect(try resolve(["SIMPUL_URL": "https://e/simpul"]) == .url(base: "https://e/simpul", token: nil))
    #expect(try resolve(existing: Endpoint.defaultSockets) == .socket(path: "/run/simpul/aggregator.sock"))
    #expect(try resolve(existing: ["/run/simpul/agent.sock"]) == .socket(path: "/run/simpul/agent.sock"))
  }

  @Test func `the first line of the token file is the token`() throws {
    #expect(try resolve(url: "http://o", tokenFile: "/t") == .url(base: "http://o", token: "t0ken"))
    #expect(
      try resolve(["SIMPUL_URL": "http://e", "SIMPUL_TOKEN_FILE": "/t"])
        == .url(base: "http://e", token: "t0ken"))
  }

  @Test func `what cannot be used ends with the code of its kind`() {
    func code(_ body: () throws -> Endpoint) -> CommandFailure.Code? {
      do {
        _ = try body()
        return nil
      } catch { return (error as? CommandFailure)?.code }
    }
    #expect(code { try resolve() } == .unreachable)
    #expect(code { try resolve(url: "unix:/x") } == .usage)
    #expect(code { try resolve(url: "http://user:pw@host") } == .usage)
    #expect(code { try resolve(["SIMPUL_URL": "host:80"]) } == .configuration)
    #expect(code { try resolve(url: "http://o", tokenFile: "/t", token: "\nx") } == .configuration)
    #expect(code { try resolve(url: "http://o", tokenFile: "/t", token: "a b") } == .configuration)
  }
}

import Collectors
import Datasets
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Terminals

/// `/iclock/…`: what attendance terminals on the office's network call. They sign in by nothing but their serial number.
struct TerminalRoutes: Sendable {
  private let desk: TerminalDesk

  /// A form comes as a whole; lines come in pieces and have no bound.
  private static let formBytesMax = 8 << 20

  init(desk: TerminalDesk) { self.desk = desk }

  /// Also answers what is none of the protocol, so that terminals and people who try get a word.
  func router() -> Router<BasicRequestContext> {
    let router = Router(context: BasicRequestContext.self)
    for method in [HTTPRequest.Method.get, .post, .head, .put, .patch, .delete, .options] {
      for path in ["/", "/**"] {
        router.on(RouterPath(path), method: method) { request, _ in await answer(request) }
      }
    }
    return router
  }

  private func answer(_ request: Request) async -> Response {
    guard [.get, .post].contains(request.method) else { return Self.text(.methodNotAllowed, "ERROR") }
    do { return try await answered(request) } catch let problem as TerminalRequest.Problem {
      return Self.text(problem == .unknownPath ? .notFound : .badRequest, "ERROR")
    } catch {
      // The terminal keeps what it was not told to be taken, and says it again.
      desk.logger.error("a terminal's request could not be carried out: \(error)")
      return Self.text(.serviceUnavailable, "ERROR")
    }
  }

  private func answered(_ request: Request) async throws -> Response {
    var body = request.body.makeAsyncIterator()
    let first = try await body.next().map { [UInt8](buffer: $0) } ?? []
    var form: AttlogForm?
    if AttlogForm.mayBegin(first) {
      var whole = first
      while let next = try await body.next() {
        whole += [UInt8](buffer: next)
        guard whole.count <= Self.formBytesMax else { return Self.text(.contentTooLarge, "ERROR") }
      }
      form = AttlogForm(whole)
    }
    let terminal = try TerminalRequest(
      method: request.method.rawValue, path: request.uri.path, query: TerminalFields(query: request.uri.query ?? ""),
      form: form.map { TerminalFields(serial: $0.serialNumber, table: $0.table, stamp: $0.stamp) })
    desk.note(terminal.serial)
    switch terminal.subject {
    case .handshake:
      let stamp = desk.standing[terminal.serial]?.stamp ?? .beginning
      return Self.text(.ok, TerminalHandshake(serial: terminal.serial, stamp: stamp).text)
    case .upload(.attendanceLog, let stamp):
      var upload = desk.upload(of: terminal.serial)
      try await upload.push(form?.data ?? first)
      while let next = try await body.next() { try await upload.push([UInt8](buffer: next)) }
      try await upload.finish()
      desk.note(upload.tally, of: terminal.serial, stamp: stamp)
      return Self.text(.ok, "OK:\(upload.tally.lines)")
    case .poll(let figures):
      if let figures { desk.note(terminal.serial) { $0.figures = figures } }
      return Self.text(.ok, "OK")
    case .upload, .results, .ping:
      // Nothing of it is kept: it was not asked for, and most of it is biometric (UU 27/2022 art. 4).
      while try await body.next() != nil {}
      return Self.text(.ok, "OK")
    }
  }

  private static func text(_ status: HTTPResponse.Status, _ text: String) -> Response {
    Response(
      status: status, headers: [.contentType: "text/plain"], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }
}

import API
import Datasets
import Foundation
import HTTPServing
import HTTPTypes
import Hummingbird
import Logging
import Machine
import NIOCore
import ServiceLifecycle
import Testing

@Suite struct ListenerTests {
  private let echo = Fixture.echo("/echo/{text}") { "\($0.parameter("text"))|\($0.reason ?? "none")" }

  @Test func `over a real connection segments and reasons arrive as they were sent`() async throws {
    let answer = try await listening { path in
      try UnixSocket.ask(
        path,
        "GET /echo/a%2Fb%20%C3%A9 HTTP/1.1\r\nHost: localhost\r\nSimpul-Reason: cek – Bu Ani\r\n"
          + "Connection: close\r\n\r\n")
    }
    #expect(answer.hasSuffix("a/b é|cek – Bu Ani"))
  }

  @Test func `the admin socket replaces what a killed daemon left and is closed to others`() async throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("s-\(UUID().uuidString)")
      .path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let path = directory + "/admin.sock"
    // A socket file that nobody listens on.
    close(try UnixSocket.bound(to: path))
    let answer = try await listening(at: path) { path in
      let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber
      #expect(mode?.intValue == 0o660)
      return try UnixSocket.ask(
        path, "GET /echo/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    }
    #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
    #expect(answer.hasSuffix("x|none"))
  }

  @Test func `a socket on which another process answers is not taken from it`() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("l-\(UUID().uuidString)").path
    let descriptor = try UnixSocket.bound(to: path)
    defer { close(descriptor) }
    #expect(listen(descriptor, 1) == 0)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let error = #expect(throws: ListenFailure.self) {
      _ = try HTTPListener.service(
        router: Router([echo], realm: .admin, audit: try Fixture.trail(), language: .indonesian),
        address: .socket(path: path),
        logger: Logger(label: "test"))
    }
    #expect(error?.text.english.contains("admin_socket: \(path): another process listens") == true)
    #expect(error?.text.indonesian.contains("admin_socket: \(path): proses lain mendengarkan") == true)
    #expect(FileManager.default.fileExists(atPath: path))
  }

  @Test func `a request that stops in the middle does not keep its connection for ever`() async throws {
    // Returns only once the other end has closed.
    let answer = try await listening(idleLimit: .milliseconds(50)) { path in
      try UnixSocket.ask(path, "GET /echo/x HTTP/1.1\r\nHost: local")
    }
    #expect(answer.isEmpty)
  }

  @Test func `another file of the socket's name is left alone`() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("f-\(UUID().uuidString)").path
    try Data("precious".utf8).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let error = #expect(throws: ListenFailure.self) {
      _ = try HTTPListener.service(
        router: Router([echo], realm: .admin, audit: try Fixture.trail(), language: .indonesian),
        address: .socket(path: path),
        logger: Logger(label: "test"))
    }
    #expect(error?.reason == .noSocket && error?.needsOwner == true)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
  }

  @Test func `an address that is not this machine's names the setting`() throws {
    let error = #expect(throws: ListenFailure.self) {
      _ = try HTTPListener.service(
        router: Router([echo], realm: .network, audit: try Fixture.trail(), language: .indonesian),
        // RFC 5737: nobody's.
        address: .tcp(host: "192.0.2.1", port: 7381), logger: Logger(label: "test"))
    }
    #expect(error?.text.indonesian.hasPrefix("http.listen: 192.0.2.1:7381: alamat ini bukan milik mesin ini") == true)
    #expect(error?.needsOwner == false)
  }
}

extension ListenerTests {
  /// Serves on a Unix socket while `body` runs.
  fileprivate func listening(
    at path: String? = nil, idleLimit: TimeAmount = .seconds(120), _ body: (String) throws -> String
  ) async throws -> String {
    let path =
      path ?? FileManager.default.temporaryDirectory.appendingPathComponent("l-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let (listening, continuation) = AsyncStream.makeStream(of: Int.self)
    let service = try HTTPListener.service(
      router: Router([echo], realm: .admin, audit: try Fixture.trail(), language: .indonesian),
      address: .socket(path: path),
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), idleLimit: idleLimit,
      onListening: { continuation.yield($0) })
    // Ended as a daemon ends it: cancelling drops connections that were just accepted, on which NIO insists.
    let server = ServiceGroup(
      services: [service], logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    return try await withThrowingTaskGroup(of: Void.self) { group in
      // A service that cannot listen ends the wait, and asking it fails the test.
      group.addTask {
        defer { continuation.finish() }
        try await server.run()
      }
      _ = await listening.first { _ in true }
      let outcome = Result { try body(path) }
      await server.triggerGracefulShutdown()
      return try outcome.get()
    }
  }
}

/// Just enough of unix(7).
private enum UnixSocket {
  struct Failure: Error {
    let code = errno
  }

  static func bound(to path: String) throws -> Int32 {
    try opened(path) { bind($0, $1, $2) }
  }

  /// Sends `request` and reads up to the end.
  static func ask(_ path: String, _ request: String) throws -> String {
    let descriptor = try opened(path) { connect($0, $1, $2) }
    defer { close(descriptor) }
    let bytes = Array(request.utf8)
    guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
      throw Failure()
    }
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count >= 0 else { throw Failure() }
      if count == 0 { return String(decoding: answer, as: UTF8.self) }
      answer += buffer.prefix(count)
    }
  }

  private static func opened(
    _ path: String, _ call: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) throws -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw Failure() }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) {
      $0.copyBytes(from: Array(path.utf8).prefix($0.count - 1))
    }
    // A test that would wait for ever fails instead.
    var limit = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        call(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0 else {
      close(descriptor)
      throw Failure()
    }
    return descriptor
  }
}

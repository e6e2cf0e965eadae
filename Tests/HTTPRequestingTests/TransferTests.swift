import Dispatch
import Glibc
import HTTPRequesting
import HTTPTypes
import Synchronization
import TestSupport
import Testing

@Suite struct TransferTests {
  private static let limit = Duration.seconds(30)

  private func answer(
    _ request: OutgoingRequest, bytesMax: Int = 1 << 20
  ) async -> Result<(head: HTTPResponse, body: [UInt8]), HTTPFailure> {
    do { return .success(try await request.answer(bytesMax: bytesMax)) } catch { return .failure(error) }
  }

  @Test func `a request is sent as it is written, and its answer is read as it is`() async throws {
    let asked = Mutex("")
    let server = try RawServer { connection in
      let text = connection.read(upTo: "{}")
      asked.withLock { $0 = text }
      connection.send(
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 201 Created\r\nX-One:  a \r\nx-one: b\r\n"
          + "Content-Length: 4\r\n\r\nhalo")
    }
    var request = OutgoingRequest(.patch, url: server.url + "/a/../b?x=%20", timeMax: Self.limit)
    request.headers[.contentType] = "application/json"
    request.headers.set("Simpul-Reason", "cek")
    request.body = .bytes(Array("{}".utf8))
    let (head, body) = try await request.answer(bytesMax: 4)
    #expect(head.status == .created)
    #expect(try head.headerFields[values: #require(HTTPField.Name("X-One"))] == ["a", "b"])
    #expect(head.headerFields.value("Link") == nil)
    #expect(body == Array("halo".utf8))
    let text = asked.withLock { $0 }
    #expect(text.hasPrefix("PATCH /a/../b?x=%20 HTTP/1.1\r\n"))
    #expect(text.contains("\r\nSimpul-Reason: cek\r\n"))
    #expect(text.contains("\r\nContent-Length: 2\r\n"))
    #expect(!text.contains("Expect"))
  }

  @Test func `a request without a body says so where a body is usual`() async throws {
    let asked = Mutex<[String]>([])
    let server = try RawServer { connection in
      let text = connection.read(upTo: "\r\n\r\n")
      asked.withLock { $0.append(text) }
      connection.send("HTTP/1.1 204 No Content\r\n\r\n")
    }
    for method in [HTTPRequest.Method.get, .delete, .post] {
      #expect(try await OutgoingRequest(method, url: server.url, timeMax: Self.limit).answer(bytesMax: 0).body == [])
    }
    let texts = asked.withLock { $0 }
    #expect(texts.map { $0.contains("Content-Length: 0\r\n") } == [false, false, true])
    #expect(texts.map { $0.split(separator: " ").first } == ["GET", "DELETE", "POST"])
  }

  @Test func `a body without a known length arrives whole, in memory of a piece`() async throws {
    let received = Mutex((bytes: 0, isChunked: false))
    let server = try RawServer { connection in
      var head = ""
      while !head.contains("\r\n\r\n"), let bytes = connection.read() { head += String(decoding: bytes, as: UTF8.self) }
      var text = String(head.drop { $0 != "\r\n" })
      received.withLock { $0.isChunked = head.contains("Transfer-Encoding: chunked") }
      // With the head may have come the body's first piece.
      var count = head.utf8.count { $0 == UInt8(ascii: "z") }
      while !text.hasSuffix("0\r\n\r\n"), let bytes = connection.read() {
        count += bytes.count { $0 == UInt8(ascii: "z") }
        text = String((text + String(decoding: bytes.suffix(8), as: UTF8.self)).suffix(16))
      }
      received.withLock { $0.bytes = count }
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    }
    let left = Mutex(300)
    var request = OutgoingRequest(.post, url: server.url, timeMax: Self.limit)
    request.body = .pieces {
      left.withLock { left -> [UInt8]? in
        guard left > 0 else { return nil }
        left -= 1
        return [UInt8](repeating: UInt8(ascii: "z"), count: left == 5 ? 0 : 100_000)
      }
    }
    #expect(try await request.answer(bytesMax: 0).head.status == .ok)
    #expect(received.withLock { $0.bytes } == 299 * 100_000)
    #expect(received.withLock { $0.isChunked })
  }

  @Test func `a body that cannot be read ends the request with its own reason`() async throws {
    struct Torn: Error {}
    let server = try RawServer { connection in while connection.read() != nil {} }
    var request = OutgoingRequest(.post, url: server.url, timeMax: Self.limit)
    request.body = .pieces { throw Torn() }
    guard case .failure(.body(let cause)) = await answer(request) else { throw TestFailure("it was sent") }
    #expect(cause is Torn)
  }

  @Test func `pieces of an answer come as they are sent`() async throws {
    let goesOn = DispatchSemaphore(value: 0)
    let server = try RawServer { connection in
      _ = connection.read(upTo: "\r\n\r\n")
      connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsatu\r\n")
      goesOn.wait()
      connection.send("3\r\ndua\r\n0\r\n\r\n")
    }
    let transfer = try await HTTPTransfer.begin(OutgoingRequest(url: server.url, timeMax: Self.limit))
    #expect(transfer.head.status == .ok)
    #expect(try await transfer.next() == Array("satu".utf8))
    goesOn.signal()
    #expect(try await transfer.next() == Array("dua".utf8))
    #expect(try await transfer.next() == nil)
  }

  @Test func `an answer that ends early is none`() async throws {
    for text in ["", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "HTTP/1.1 200 OK\r\nContent-Le"] {
      let server = try RawServer { connection in
        _ = connection.read(upTo: "\r\n\r\n")
        connection.send(text)
      }
      guard case .failure(.closedEarly) = await answer(OutgoingRequest(url: server.url, timeMax: Self.limit)) else {
        throw TestFailure("taken for whole: \(text)")
      }
    }
  }

  @Test func `what is no HTTP is no answer`() async throws {
    let server = try RawServer { connection in
      _ = connection.read(upTo: "\r\n\r\n")
      connection.send("SSH-2.0-OpenSSH_9.2\r\n")
    }
    guard case .failure = await answer(OutgoingRequest(url: server.url, timeMax: Self.limit)) else {
      throw TestFailure("taken for an answer")
    }
  }

  @Test func `more than the caller takes is refused`() async throws {
    let server = try RawServer { connection in
      _ = connection.read(upTo: "\r\n\r\n")
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123456789")
    }
    guard case .failure(.tooLarge) = await answer(OutgoingRequest(url: server.url, timeMax: Self.limit), bytesMax: 8)
    else { throw TestFailure("taken") }
  }

  @Test func `silence ends a request, however long it may take in all`() async throws {
    let server = try RawServer { connection in while connection.read() != nil {} }
    var request = OutgoingRequest(url: server.url, timeMax: .seconds(3600))
    request.silenceMax = .milliseconds(50)
    guard case .failure(.timedOut) = await answer(request) else { throw TestFailure("answered") }
  }

  @Test func `a request has its time, and connecting has its own`() async throws {
    let server = try RawServer { connection in while connection.read() != nil {} }
    var request = OutgoingRequest(url: server.url, timeMax: .milliseconds(50))
    request.silenceMax = .seconds(3600)
    guard case .failure(.timedOut) = await answer(request) else { throw TestFailure("answered") }
    let silent = try SilentPort()
    var other = OutgoingRequest(url: "http://127.0.0.1:\(silent.port)", timeMax: .seconds(3600))
    other.connectTimeMax = .milliseconds(50)
    guard case .failure(.connectTimedOut) = await answer(other) else { throw TestFailure("connected") }
  }

  @Test func `a task that is cancelled waits no longer`() async throws {
    let hasCome = DispatchSemaphore(value: 0)
    let server = try RawServer { connection in
      _ = connection.read(upTo: "\r\n\r\n")
      hasCome.signal()
      while connection.read() != nil {}
    }
    let url = server.url
    let task = Task { await answer(OutgoingRequest(url: url, timeMax: .seconds(3600))) }
    await withCheckedContinuation { continuation in
      Thread.detach {
        hasCome.wait()
        continuation.resume()
      }
    }
    task.cancel()
    guard case .failure(.cancelled) = await task.value else { throw TestFailure("it went on") }
  }

  @Test func `why nobody is reached is told apart`() async throws {
    let socket = OutgoingRequest(url: "http://localhost/", socketPath: "/nirgends/s", timeMax: Self.limit)
    guard case .failure(.unreachable(ENOENT)) = await answer(socket) else { throw TestFailure("reached") }
    let name = OutgoingRequest(url: "http://tidak-ada.invalid/", timeMax: Self.limit)
    guard case .failure(.unknownHost) = await answer(name) else { throw TestFailure("found") }
    let file = OutgoingRequest(url: "file:///etc/passwd", timeMax: Self.limit)
    guard case .failure(.other) = await answer(file) else { throw TestFailure("read") }
    let closed = OutgoingRequest(url: "http://127.0.0.1:\(try ClosedPort().port)/", timeMax: Self.limit)
    guard case .failure(.unreachable(ECONNREFUSED)) = await answer(closed) else { throw TestFailure("reached") }
  }

  @Test func `a refusal that comes before the whole body was sent is the answer, and the rest is not sent`()
    async throws
  {
    let (head, body, left) = try await refused(with: "penuh")
    #expect(head.status.code == 507)
    #expect(body == Array("penuh".utf8))
    #expect(left > 0)
  }

  @Test func `a refusal that ends too early is the answer all the same`() async throws {
    let (head, _, _) = try await refused(with: "pen")
    #expect(head.status.code == 507)
  }

  /// Sends 30 MiB to a server that refuses them once it has seen the beginning.
  ///
  /// - Returns: the answer, and how many MiB were not asked for.
  private func refused(with text: String) async throws -> (head: HTTPResponse, body: [UInt8], left: Int) {
    let server = try RawServer { connection in
      // The head, and what of the body has come with it.
      _ = connection.read()
      connection.send("HTTP/1.1 507 Insufficient Storage\r\nContent-Length: 5\r\nConnection: close\r\n\r\n" + text)
      // A server that closed with the body unread would have its own answer thrown away (RFC 9112, section 9.6).
      connection.endSending()
      while connection.read() != nil {}
    }
    let piece = [UInt8](repeating: 0x41, count: 1 << 20)
    let left = Mutex(30)
    var request = OutgoingRequest(.post, url: server.url, timeMax: Self.limit)
    request.body = .pieces {
      left.withLock { left in
        left -= 1
        return left < 0 ? nil : piece
      }
    }
    let (head, body) = try await request.answer(bytesMax: 64)
    return (head, body, left.withLock { $0 })
  }

  @Test func `what failed stays failed: half a body is never taken for a whole one`() async throws {
    let server = try RawServer { connection in
      _ = connection.read(upTo: "\r\n\r\n")
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
    }
    let transfer = try await HTTPTransfer.begin(OutgoingRequest(url: server.url, timeMax: Self.limit))
    #expect(try await transfer.next() == Array("half".utf8))
    for _ in 0..<2 { await #expect(throws: HTTPFailure.self) { try await transfer.next() } }
  }

  @Test func `a certificate that the machine does not trust is refused and told as such`() async throws {
    let server = try SelfSignedServer()
    guard case .failure(.untrusted(let words)) = await answer(OutgoingRequest(url: server.url, timeMax: Self.limit))
    else { throw TestFailure("trusted") }
    #expect(words.contains("certificate"))
  }
}

/// A thread of its own, for what blocks.
private enum Thread {
  static func detach(_ body: @escaping @Sendable () -> Void) { DispatchQueue(label: "test").async(execute: body) }
}

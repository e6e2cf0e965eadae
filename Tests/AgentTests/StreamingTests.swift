import Datasets
import Foundation
import Glibc
import HTTPTypes
import NodeStorage
import RouterSupport
import Testing

@testable import Agent

/// Bodies as networks deliver them: in pieces of any size, and sometimes not to their end.
@Suite struct StreamingTests {
  @Test(arguments: [1, 7, 333, 70_000])
  func `rows do not depend on where the body is cut`(pieceBytes: Int) async throws {
    let office = try await Office()
    var body = "No. KK;NIK;Nama Penduduk;kode_wilayah;Alamat\r\n"
    for index in 0..<250 {
      let nik = index % 50 == 49 ? "12" : Fixture.nik(index + 1)
      body += ";\(nik);\"WARGA; \(index)\";73.12.04.1001;\"JL. A; NO. \(index)\"\r\n"
    }
    let text = body
    try await office.listen { port in
      let bytes = Array(text.utf8)
      let answer = try await Connection.use(port: port) { connection in
        try connection.send(
          "POST /api/v1/datasets/population/records HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\n"
            + "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
        for start in stride(from: 0, to: bytes.count, by: pieceBytes) {
          let piece = Array(bytes[start..<min(start + pieceBytes, bytes.count)])
          try connection.send(String(piece.count, radix: 16) + "\r\n", piece, "\r\n")
        }
        try connection.send("0\r\n\r\n")
        return try connection.readToEnd()
      }
      #expect(answer.hasPrefix("HTTP/1.1 200"))
      #expect(answer.contains(#""accepted":245"#))
      #expect(answer.contains(#""rejected_total":5"#))
      #expect(answer.contains(#""line":51,"#))
    }
    let streams = try await office.store.streams()
    #expect(streams.first { $0.dataset == Fixture.population }?.last.value == 245)
  }

  @Test func `half of a body leaves whole batches and no half row`() async throws {
    let office = try await Office("dinkes")
    let rows = (0..<3_000).map {
      #"{"device": "BX1", "pin": "\#($0)", "time": "2026-11-02T07:00:00+08:00", "status": 0}"# + "\n"
    }.joined()
    // Cut within the last row, which would be a good one if it ended there.
    let half = Array(rows.utf8).dropLast(4)
    try await office.listen { port in
      try await Connection.use(port: port) { connection in
        try connection.send(
          "POST /api/v1/datasets/attendance/records HTTP/1.1\r\nHost: localhost\r\n"
            + "Content-Type: application/x-ndjson\r\nContent-Length: \(rows.utf8.count + 1000)\r\n\r\n")
        try connection.send("", Array(half), "")
      }
      // The connection is closed: the request ends, and with it the counting.
      await waitUntil(within: .seconds(20)) { !office.counters.all.isEmpty }
      #expect(office.counters.all.first?.counts.accepted == 2_000)
      let streams = try await office.store.streams()
      #expect(streams.first { $0.dataset == Fixture.attendance }?.last.value == 2_000)
    }
    try await office.application().asking { client in
      // Sent again as a whole, it is all there once.
      let answer = try await client.post(
        "/api/v1/datasets/attendance/records", rows, type: "application/x-ndjson")
      #expect(answer.integer("accepted") == 3_000)
      #expect(answer.integer("duplicates") == 2_000)
    }
  }
}

/// One TCP connection to this machine, closed when it goes.
private final class Connection {
  private let descriptor: Int32

  struct Failure: Error {
    let what: String
  }

  init(port: Int) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw Failure(what: "connect") }
  }

  deinit { close(descriptor) }

  /// Runs `body` on a thread of its own, for it blocks.
  static func use<Result: Sendable>(
    port: Int, _ body: @escaping @Sendable (Connection) throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(with: Swift.Result { try body(try Connection(port: port)) })
      }
    }
  }

  func send(_ head: String, _ body: [UInt8] = [], _ tail: String = "") throws {
    var rest = (Array(head.utf8) + body + Array(tail.utf8))[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw Failure(what: "send") }
      rest = rest.dropFirst(count)
    }
  }

  func readToEnd() throws -> String {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count >= 0 else { throw Failure(what: "recv") }
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += buffer.prefix(count)
    }
  }
}

/// Looks until the condition holds or the time is over; the caller then checks it.
private func waitUntil(within limit: Duration, _ condition: () -> Bool) async {
  let deadline = ContinuousClock.now + limit
  while !condition(), ContinuousClock.now < deadline {
    try? await Task.sleep(for: .milliseconds(5))
  }
}

import Datasets
import Foundation
import Settings
import TestSupport
import Testing

@testable import Diagnostics

/// Attendance terminals on the office's network, against the programs themselves.
@Suite(.serialized) struct TerminalTests {
  private static let own = "CKJF200360188"
  private static let stranger = "0316144680030"

  private static func punch(_ pin: Int) -> String { "\(pin)\t2026-11-02 07:00:\(pin % 50 + 10)\t0\t1\t0\t0\t0" }

  private static func upload(_ serial: String, _ lines: [String]) -> String {
    let body = lines.joined(separator: "\r\n") + "\r\n"
    return "POST /iclock/cdata.aspx?SN=\(serial)&table=ATTLOG&Stamp=9999 HTTP/1.1\r\nHost: 10.0.0.1:8081\r\n"
      + "User-Agent: iClock Proxy/1.09\r\nConnection: close\r\nContent-Type: application/push;charset=UTF-8\r\n"
      + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }

  private static func get(_ target: String) -> String {
    "GET \(target) HTTP/1.1\r\nHost: 10.0.0.1:8081\r\nUser-Agent: iClock Proxy/1.09\r\nConnection: close\r\n\r\n"
  }

  @Test func `what a terminal was told to be taken reaches the centre, though the agent is killed at once`()
    async throws
  {
    try await RealFleet.run { fleet in
      let port = try #require(try FreePorts.find(1).first)
      let allowed = try #require(TerminalSerial(Self.own))
      let office = try await fleet.open("setda") { settings in
        var attendance = AgentSettings.Attendance(listen: HostPort(host: "127.0.0.1", port: port))
        attendance.allow = [allowed]
        settings.collectors.attendance = attendance
      }
      let handshake = try RawHTTP.ask(port: port, Self.get("/iclock/cdata?SN=\(Self.own)&options=all"))
      #expect(
        handshake.hasPrefix("HTTP/1.1 200 OK\r\n") && handshake.contains("\r\n\r\nGET OPTION FROM: \(Self.own)\n"))
      let headers = handshake.lowercased()
      #expect(headers.contains("\r\ncontent-length: ") && !headers.contains("transfer-encoding"))
      // Terminals set their clock by it.
      #expect(headers.contains("\r\ndate: "))

      // Nothing of it can have been sent when the agent dies.
      await office.relay.cut(.silent)
      let lines = (1...40).map { Self.punch($0) }
      #expect(try RawHTTP.ask(port: port, Self.upload(Self.own, lines + ["nonsense"])).hasSuffix("\r\n\r\nOK:41"))
      #expect(try RawHTTP.ask(port: port, Self.upload(Self.stranger, [Self.punch(1)])).hasSuffix("\r\n\r\nOK:1"))
      try await fleet.kill(office.name.text)
      try await office.relay.heal()
      try await fleet.start(office)
      try await eventually("the punches are at the centre") {
        try await fleet.query("SELECT count(DISTINCT pin) FROM attendance WHERE device = '\(Self.own)'") == ["40"]
      }
      #expect(try await fleet.query("SELECT count(*) FROM attendance") == ["40"])
      #expect(try RawHTTP.ask(port: port, Self.upload(Self.own, lines)).hasSuffix("\r\n\r\nOK:40"))

      #expect(try await fleet.problems(of: office).isSuperset(of: ["terminal_unknown", "terminal_lines"]))
      let adopted = try await fleet.control(office, ["terminals", "adopt", Self.stranger, "--reason", "front door"])
      #expect(adopted.end.isSuccess && adopted.output.contains("1 punches were taken"), "\(adopted.output)")
      try await eventually("the adopted terminal's punch is at the centre") {
        try await fleet.query("SELECT count(*) FROM attendance WHERE device = '\(Self.stranger)'") == ["1"]
      }
      #expect(try await !fleet.problems(of: office).contains("terminal_unknown"))
      #expect(try await fleet.query("SELECT count(*) FROM attendance") == ["41"])
      let list = try await fleet.control(office, ["terminals", "list"])
      #expect(list.output.contains(Self.own) && list.output.contains(Self.stranger), "\(list.output)")
    }
  }

  @Test func `an agent whose terminal port is taken names its setting`() async throws {
    try await RealFleet.run { fleet in
      let listener = try LoopbackListener()
      let taken = listener.port
      let office = try await fleet.open("setda")
      await fleet.stop(office)
      let path = fleet.layout.configuration(of: office.name)
      let text = try String(contentsOfFile: path, encoding: .utf8)
      try (text + "\n[collectors.attendance]\nlisten = \"127.0.0.1:\(taken)\"\n")
        .write(toFile: path, atomically: true, encoding: .utf8)
      let (end, output) = try await fleet.run("simpul-agent", ["run", "--config", path])
      #expect(!end.isSuccess && output.contains("collectors.attendance.listen"), "\(output)")
      #expect(listener.descriptor >= 0)
    }
  }
}

/// One request over a connection of its own, byte by byte as a terminal writes it.
private enum RawHTTP {
  /// - Returns: all that comes until the other side closes.
  static func ask(port: Int, _ request: String) throws -> String {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw TestFailure("no socket: errno \(errno)") }
    defer { close(descriptor) }
    // A test that would wait for ever fails instead.
    var limit = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
    let isConnected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard isConnected else { throw TestFailure("port \(port) does not answer: errno \(errno)") }
    let bytes = Array(request.utf8)
    guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
      throw TestFailure("the request was not taken: errno \(errno)")
    }
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count >= 0 else { throw TestFailure("no whole answer: errno \(errno)") }
      if count == 0 { return String(decoding: answer, as: UTF8.self) }
      answer += buffer.prefix(count)
    }
  }
}

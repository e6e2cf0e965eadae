import API
import Datasets
import Foundation
import HTTPServing
import HTTPTypes
import Hummingbird
import Logging
import Replication
import RouterSupport
import Terminals
import TestSupport
import Testing
import Wire

@testable import Agent
@testable import NodeStorage

@Suite struct TerminalRouteTests {
  private static let serial = "CKJF200360188"

  private static func punch(_ pin: Int, at second: Int = 0) -> String {
    let time = String(format: "%02d:%02d:%02d", second / 3600 % 24, second / 60 % 60, second % 60)
    return "\(pin)\t2026-11-02 \(time)\t0\t1\t0\t0\t0"
  }

  private static func upload(
    _ serial: String = TerminalRouteTests.serial, table: String = "ATTLOG", stamp: String = "9999"
  ) -> String {
    "/iclock/cdata?SN=\(serial)&table=\(table)&Stamp=\(stamp)"
  }

  private static func terminal(_ serial: String = TerminalRouteTests.serial) throws -> TerminalSerial {
    try #require(TerminalSerial(serial))
  }

  private static func events(_ office: Office) async throws -> Int {
    Int(try await office.store.status().backlogChanges)
  }

  private static func onShelf(_ office: Office, _ reason: TerminalShelf.Reason) async throws -> [String] {
    try await office.store.terminals.lines(of: terminal(), reason, limit: 10_000)
      .map { String(decoding: $0.bytes, as: UTF8.self) }
  }

  @Test func `a terminal is greeted, and asked for all that it has until an upload of it was taken`() async throws {
    let office = try await Office(terminals: [Self.serial])
    try await office.terminalApplication().asking { client async throws in
      let handshake = "/iclock/cdata.aspx?SN=\(Self.serial)&options=all&pushver=2.2.14"
      let first = try await client.get(handshake)
      #expect(first.status == .ok && first.headers[.contentType] == "text/plain")
      #expect(first.text.hasPrefix("GET OPTION FROM: \(Self.serial)\n") && first.text.contains("\nATTLOGStamp=0\n"))
      #expect(try await client.post(Self.upload(stamp: "41"), Self.punch(1), type: nil).text == "OK:1")
      #expect(try await client.get(handshake).text.contains("\nATTLOGStamp=41\n"))
      office.disk.fillUp(afterQuestions: 0)
      #expect(
        try await client.post(Self.upload(stamp: "42"), Self.punch(2), type: nil).status == .serviceUnavailable)
      #expect(try await client.get(handshake).text.contains("\nATTLOGStamp=41\n"))
    }
  }

  @Test func `a batch with a bad line is acknowledged, the line is kept and the rest is there`() async throws {
    let office = try await Office(terminals: [Self.serial])
    try await office.terminalApplication().asking { client async throws in
      let bad = "9\t1999-12-31 23:59:59\t0\t1"
      let body = [Self.punch(1), bad, Self.punch(2), "", "nonsense"].joined(separator: "\r\n")
      let answer = try await client.post(Self.upload(), body, type: "application/x-www-form-urlencoded")
      #expect(answer.status == .ok && answer.text == "OK:4")
      #expect(try await Self.events(office) == 2)
      #expect(try await Self.onShelf(office, .unreadable) == [bad, "nonsense"])
      #expect(try await client.post(Self.upload(), body).text == "OK:4")
      #expect(try await Self.events(office) == 2, "the same batch makes nothing")
      #expect(try await Self.onShelf(office, .unreadable).count == 2)
      let facts = try #require(office.context.terminals?.standing[try Self.terminal()])
      #expect(facts.accepted == 4 && facts.duplicates == 2)
    }
  }

  @Test func `punches that come as a form or by names are read`() async throws {
    let office = try await Office(terminals: [Self.serial])
    try await office.terminalApplication().asking { client async throws in
      let form = "SN=\(Self.serial)&table=ATTLOG&Stamp=9999&data=1%092026-11-02+07%3A00%3A00%090%091%0A"
      #expect(try await client.post("/iclock/cdata", form, type: nil).text == "OK:1")
      #expect(try await client.post(Self.upload(), "Time=2026-11-02 07:00:01\tPIN=1", type: nil).text == "OK:1")
      #expect(try await Self.events(office) == 2)
    }
  }

  @Test func `an unknown terminal's punches wait, and become events when it is adopted`() async throws {
    let office = try await Office(terminals: [])
    try await office.terminalApplication().asking { client async throws in
      let body = (1...3).map { Self.punch($0) }.joined(separator: "\n") + "\nnonsense\n"
      #expect(try await client.post(Self.upload(), body, type: nil).text == "OK:4")
      #expect(try await Self.events(office) == 0)
    }
    try await office.application().asking { client async throws in
      let waiting = try #require(try await client.get("/api/v1/terminals").list("terminals").first)
      #expect(waiting["serial"] as? String == Self.serial && waiting["adoption"] as? String == "none")
      let counts = (waiting["shelf"] as? [[String: Any]] ?? []).map { $0["count"] as? Int }
      #expect(counts == [4])
      #expect(try await client.get("/api/v1/doctor").text.contains("simpulctl terminals adopt \(Self.serial)"))
      let adopted = try await client.send(.put, "/api/v1/terminals/\(Self.serial)", reason: "pintu depan")
      #expect(adopted.status == .ok && adopted.integer("accepted") == 3 && adopted.integer("unreadable") == 1)
      #expect(adopted.object("terminal")["adoption"] as? String == "command")
      #expect(try await Self.events(office) == 3)
      #expect(try await Self.onShelf(office, .unknownTerminal).isEmpty)
      #expect(try await Self.onShelf(office, .unreadable) == ["nonsense"])
      let codes = try await client.get("/api/v1/doctor").list("findings").compactMap { $0["code"] as? String }
      #expect(codes.contains("terminal_lines") && !codes.contains("terminal_unknown"))
      let again = try await client.send(.put, "/api/v1/terminals/\(Self.serial)")
      #expect(again.integer("accepted") == 0 && again.integer("unreadable") == 1)
      #expect(try await client.send(.delete, "/api/v1/terminals/\(Self.serial)/shelf").integer("discarded") == 1)
      #expect(try await Self.onShelf(office, .unreadable).isEmpty)
      let audit = try await client.get("/api/v1/audit").text
      #expect(audit.contains("terminal_adopt") && audit.contains(Self.serial))
    }
    try await office.terminalApplication().asking { client async throws in
      #expect(try await client.post(Self.upload(), Self.punch(4), type: nil).text == "OK:1")
      #expect(try await Self.events(office) == 4)
    }
    try await office.application().asking { client async throws in
      let released = try await client.send(.delete, "/api/v1/terminals/\(Self.serial)")
      #expect(released.object("terminal")["adoption"] as? String == "none")
      #expect(try await client.send(.delete, "/api/v1/terminals/\(Self.serial)").status == .conflict)
    }
    try await office.terminalApplication().asking { client async throws in
      #expect(try await client.post(Self.upload(), Self.punch(5), type: nil).text == "OK:1")
      #expect(try await Self.events(office) == 4)
    }
  }

  @Test func `what waits of a terminal that the settings name meanwhile is taken in after a start`() async throws {
    let office = try await Office(terminals: [Self.serial])
    try await office.store.terminals.put(
      [Array(Self.punch(1).utf8)], of: Self.terminal(), .unknownTerminal, now: Fixture.clock)
    let desk = try #require(office.context.terminals)
    let running = Task { await desk.run() }
    defer { running.cancel() }
    try await eventually("the line is an event") { try await Self.events(office) == 1 }
    try await eventually("it lies there no longer") { try await Self.onShelf(office, .unknownTerminal).isEmpty }
  }

  @Test func `a full store says no, and everything is there once there is room`() async throws {
    let office = try await Office(terminals: [Self.serial])
    try await office.terminalApplication().asking { client async throws in
      office.disk.fillUp(afterQuestions: 1)
      // The first piece is stored, the second is not.
      let body = (0..<TerminalUpload.pieceLinesMax + 5).map { Self.punch($0) }.joined(separator: "\n")
      #expect(try await client.post(Self.upload(), body, type: nil).status == .serviceUnavailable)
      #expect(try await Self.events(office) == TerminalUpload.pieceLinesMax)
      #expect(try await client.post(Self.upload("STRANGER"), Self.punch(1), type: nil).status == .serviceUnavailable)
      office.disk.emptyOut()
      #expect(try await client.post(Self.upload(), body, type: nil).text == "OK:\(TerminalUpload.pieceLinesMax + 5)")
      #expect(try await Self.events(office) == TerminalUpload.pieceLinesMax + 5)
    }
  }

  @Test func `a year of punches passes in one upload`() async throws {
    let office = try await Office(terminals: [Self.serial])
    try await office.terminalApplication().asking { client async throws in
      let body = (0..<50_000).map { Self.punch($0 % 300, at: $0) }.joined(separator: "\n")
      #expect(try await client.post(Self.upload(), body, type: nil).text == "OK:50000")
      #expect(try await Self.events(office) == 50_000)
    }
  }

  @Test func `nothing biometric is kept, whatever it comes as`() async throws {
    let office = try await Office(terminals: [Self.serial])
    let template = String(repeating: "QUJD", count: 400)
    try await office.terminalApplication().asking { client async throws in
      for body in ["FP PIN=1\tFID=0\tTMP=QUJD", "USER PIN=1\tPasswd=123", "1\tTMP=\(template)", "\(template)"] {
        #expect(try await client.post(Self.upload(), body, type: nil).text == "OK:1")
        #expect(try await client.post(Self.upload("STRANGER"), body, type: nil).text == "OK:1")
        #expect(try await client.post(Self.upload(table: "OPERLOG"), body, type: nil).text == "OK")
        #expect(try await client.post(Self.upload(table: "BIODATA"), body, type: nil).text == "OK")
      }
      #expect(try await office.store.terminals.summaries().isEmpty)
      #expect(try await Self.events(office) == 0)
    }
  }

  @Test func `what is none of the protocol is answered and breaks nothing`() async throws {
    let office = try await Office(terminals: [Self.serial])
    try await office.terminalApplication().asking { client async throws in
      #expect(try await client.get("/").status == .notFound)
      #expect(try await client.get("/iclock/nothing?SN=X").status == .notFound)
      #expect(try await client.get("/iclock/cdata").status == .badRequest)
      #expect(try await client.post("/iclock/cdata?SN=X", "x", type: nil).status == .badRequest)
      for method in [HTTPRequest.Method.head, .put, .delete, .options] {
        #expect(try await client.send(method, Self.upload()).status == .methodNotAllowed)
      }
      #expect(try await client.get("/iclock/getrequest?SN=\(Self.serial)&INFO=Ver%201,2,,4,10.0.0.9").text == "OK")
      #expect(try await client.post("/iclock/devicecmd?SN=\(Self.serial)", "ID=1&Return=0", type: nil).text == "OK")
      #expect(try await client.get("/iclock/ping?SN=\(Self.serial)").text == "OK")
      #expect(try await client.post(Self.upload(table: "options"), "~DeviceName=X903", type: nil).text == "OK")
      #expect(try await client.post(Self.upload(), "", type: nil).text == "OK:0")
    }
    try await office.application().asking { client async throws in
      let terminal = try #require(
        try await client.get("/api/v1/terminals").list("terminals").first { $0["serial"] as? String == Self.serial })
      #expect(terminal["adoption"] as? String == "settings" && terminal["punches"] as? Int == 4)
      #expect(terminal["address"] as? String == "10.0.0.9" && terminal["heard_at"] != nil)
      #expect(try await client.send(.put, "/api/v1/terminals/a%20b").status == .unprocessableContent)
      #expect(try await client.send(.delete, "/api/v1/terminals/\(Self.serial)").status == .conflict)
    }
  }

  @Test func `an agent without terminals says how they are configured`() async throws {
    let office = try await Office()
    try await office.application().asking { client async throws in
      let answer = try await client.get("/api/v1/terminals")
      #expect(answer.status == .conflict && answer.string("message")?.contains("[collectors.attendance]") == true)
    }
  }

  @Test func `an adopted terminal that has not called for a day is a finding, one of the night is none`() async throws {
    let now = Timestamp(milliseconds: 1_795_000_000_000)
    func codes(hoursSilent: Int64?, startedHoursAgo: Int64) throws -> [String] {
      var store = NodeStoreStatus(incarnation: Incarnation(generation: 1, random: 1))
      store.diskFreeBytes = 1 << 40
      store.quotaBytes = 1 << 30
      let serial = try Self.terminal()
      var terminal = TerminalDesk.Terminal(serial: serial, adoption: .settings)
      terminal.facts = hoursSilent.map {
        TerminalStanding.Facts(serial: serial, heardAt: now.advanced(byMilliseconds: -$0 * 3_600_000))
      }
      var diagnosis = Diagnosis(
        node: Fixture.node("kec-lalabata"), phase: .established, store: store, reserveBytes: 1, hasDefinitions: true,
        startedAt: now.advanced(byMilliseconds: -startedHoursAgo * 3_600_000), now: now)
      diagnosis.terminals = [terminal]
      return diagnosis.findings.map(\.code.rawValue)
    }
    #expect(try codes(hoursSilent: 15, startedHoursAgo: 100) == [])
    #expect(try codes(hoursSilent: 25, startedHoursAgo: 100) == ["terminal_silent"])
    #expect(try codes(hoursSilent: nil, startedHoursAgo: 2) == ["terminal_silent"])
    #expect(try codes(hoursSilent: nil, startedHoursAgo: 0) == [])
  }
}

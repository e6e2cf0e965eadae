import Datasets
import Terminals
import Testing

/// What terminals have been seen to ask.
@Suite struct TerminalRequestTests {
  private func request(
    _ path: String, _ query: String, method: String = "GET", form: TerminalFields? = nil
  ) throws -> TerminalRequest {
    try TerminalRequest(method: method, path: path, query: TerminalFields(query: query), form: form)
  }

  @Test(arguments: [
    "/iclock/cdata", "/iclock/cdata/", "/iclock/cdata.aspx", "/ICLOCK/CData.ASPX", "/iClock/cdata.aspx/", "/cdata",
  ])
  func `a handshake is known by its path, however it is spelt`(path: String) throws {
    let handshake = try request(path, "SN=0316144680030&options=all&language=73&pushver=2.2.14")
    #expect(handshake.subject == .handshake)
    #expect(handshake.serial.text == "0316144680030")
    #expect(try request(path, "sn=X1").serial.text == "X1")
  }

  @Test func `an upload names its table and how far it goes`() throws {
    func upload(_ query: String) throws -> TerminalRequest.Subject {
      try request("/iclock/cdata", query, method: "POST").subject
    }
    #expect(
      try upload("SN=X1&table=ATTLOG&Stamp=9999") == .upload(.attendanceLog, stamp: TerminalStamp("9999"))
    )
    #expect(try upload("SN=X1&table=attlog") == .upload(.attendanceLog, stamp: nil))
    #expect(try upload("SN=X1&table=OPERLOG&OpStamp=1") == .upload(.operationLog, stamp: nil))
    #expect(try upload("SN=X1&table=options") == .upload(.options, stamp: nil))
    #expect(try upload("SN=X1&table=BIODATA") == .upload(.other("BIODATA"), stamp: nil))
  }

  @Test func `what a form says of itself stands for what the query does not say`() throws {
    let form = TerminalFields(serial: "X1", table: "ATTLOG", stamp: "17")
    #expect(
      try request("/iclock/cdata", "", method: "POST", form: form).subject
        == .upload(.attendanceLog, stamp: TerminalStamp("17")))
    #expect(try request("/iclock/cdata", "SN=X2", method: "POST", form: form).serial.text == "X2")
  }

  @Test func `a poll says what the terminal has`() throws {
    let poll = try request("/iclock/getrequest", "SN=X1&INFO=Ver%206.39,8,19,71,192.168.131.150,10,7")
    let figures = TerminalFigures("Ver 6.39,8,19,71,192.168.131.150,10,7")
    #expect(poll.subject == .poll(figures))
    #expect(figures.firmware == "Ver 6.39" && figures.userCount == 8 && figures.punchCount == 71)
    #expect(figures.address == "192.168.131.150")
    #expect(TerminalFigures(",,,x").firmware == nil && TerminalFigures(",,,x").punchCount == nil)
    #expect(try request("/iclock/getrequest.aspx", "SN=X1").subject == .poll(nil))
    #expect(try request("/iclock/devicecmd", "SN=X1", method: "POST").subject == .results)
    #expect(try request("/iclock/ping", "SN=X1").subject == .ping)
  }

  @Test(arguments: [
    ("GET", "/", "SN=X1", TerminalRequest.Problem.unknownPath), ("GET", "", "SN=X1", .unknownPath),
    ("GET", "/iclock/", "SN=X1", .unknownPath), ("GET", "/.aspx", "SN=X1", .unknownPath),
    ("GET", "/iclock/cdata", "", .noSerial), ("GET", "/iclock/cdata", "SN=", .noSerial),
    ("GET", "/iclock/cdata", "SN=a%0Ab", .badSerial), ("GET", "/iclock/cdata", "SN=a;b", .badSerial),
    ("GET", "/iclock/cdata", "SN=" + String(repeating: "9", count: 65), .badSerial),
    ("POST", "/iclock/cdata", "SN=X1", .noTable), ("POST", "/iclock/cdata", "SN=X1&table=", .noTable),
  ])
  func `what is none of the protocol has its reason`(
    method: String, path: String, query: String, problem: TerminalRequest.Problem
  ) {
    #expect(throws: problem) { try request(path, query, method: method) }
  }

  @Test func `a query that is badly encoded is read as far as it goes`() {
    let fields = TerminalFields(query: "&=x&SN=a%2&Stamp&%zz=1&table=A+B&sn=later")
    #expect(fields["sn"] == "a%2" && fields["stamp"] == "" && fields["table"] == "A B" && fields["x"] == nil)
  }
}

import Datasets
import Terminals
import Testing

@Suite struct TerminalHandshakeTests {
  @Test func `old and new firmware read the same settings by their own names`() throws {
    let serial = try #require(TerminalSerial("0316144680030"))
    let stamp = try #require(TerminalStamp("787974259"))
    let lines = TerminalHandshake(serial: serial, stamp: stamp).text.split(separator: "\n").map(String.init)
    #expect(lines.first == "GET OPTION FROM: 0316144680030")
    #expect(lines.contains("Stamp=787974259") && lines.contains("ATTLOGStamp=787974259"))
    #expect(lines.contains("OpStamp=9999") && lines.contains("OPERLOGStamp=9999"))
    #expect(lines.contains("PhotoStamp=9999") && lines.contains("ATTPHOTOStamp=9999"))
    #expect(lines.contains("TimeZone=8") && lines.contains("Realtime=1") && lines.contains("Encrypt=None"))
    #expect(lines.contains("TransFlag=TransData AttLog"), "nothing biometric is asked for")
    #expect(lines.contains("ServerVer=2.2.14") && lines.contains("PushProtVer=2.2.14"))
  }

  @Test(arguments: ["", "x", "1\nRealtime=0", "-1", "12345678901", "１"])
  func `a stamp that is no number is none`(text: String) {
    #expect(TerminalStamp(text) == nil)
  }
}

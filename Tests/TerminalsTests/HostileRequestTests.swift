import Datasets
import Terminals
import Testing

/// Whoever is on the office's network may send anything.
@Suite struct HostileRequestTests {
  private static let queries = [
    "SN=0316144680030&options=all&language=73&pushver=2.2.14", "SN=X1&table=ATTLOG&Stamp=9999",
    "SN=X1&INFO=Ver%206.39,8,19,71,192.168.131.150,10,7", "sn=%41%zz&&==&table=%00",
  ]
  private static let paths = ["/iclock/cdata", "/iclock/getrequest.aspx", "/iclock/devicecmd/", "/iclock/ping"]

  @Test func `requests that are nearly right never trap, and what is taken can stand in a line`() {
    var random = SystemRandomNumberGenerator()
    func mutated(_ text: String) -> String {
      var bytes = Array(text.utf8)
      for _ in 0..<Int.random(in: 0...4, using: &random) where !bytes.isEmpty {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0...3, using: &random) {
        case 0: bytes[place] = .random(in: .min ... .max, using: &random)
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(bytes[place], at: place)
        default: bytes.removeSubrange(place...)
        }
      }
      return String(decoding: bytes, as: UTF8.self)
    }
    var taken = 0
    for round in 0..<4000 {
      let query = TerminalFields(query: mutated(Self.queries[round % 4]))
      let path = mutated(Self.paths[round / 4 % 4])
      guard let request = try? TerminalRequest(method: round % 8 < 4 ? "GET" : "POST", path: path, query: query)
      else { continue }
      taken += 1
      let stamp = query["stamp"].flatMap { TerminalStamp($0) } ?? .beginning
      let lines = TerminalHandshake(serial: request.serial, stamp: stamp).text.split(separator: "\n")
      #expect(lines.count == 17 && lines.allSatisfy { $0.utf8.allSatisfy { (0x20...0x7E).contains($0) } })
    }
    #expect(taken > 100)
  }
}

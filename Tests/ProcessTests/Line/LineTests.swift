import API
import Datasets
import Foundation
import TestSupport
import Testing

@testable import Diagnostics

/// What a thin line carries first, and how much an office may send (protocol.md, "Session"; ADR 0026).
@Suite(.serialized, .needs(ThinLine.needs)) struct LineTests {
  /// A dataset of the first lane; none of those that are shipped is.
  private static let alarm = """
    id = "siaga"
    kind = "event"
    version = 1
    title = { id = "Siaga", en = "Alarm" }
    key = ["nomor"]
    lane = "incident"
    [[write]]
    roles = ["*"]
    [fields.nomor]
    title = { id = "Nomor", en = "Number" }
    type = "integer"
    required = true
    personal = "none"
    """
  /// What protocol.md promises.
  private static let incidentLimit: Duration = .seconds(5)

  @Test func `an incident passes a backlog in both directions of a line of 2 Mbit a second`() async throws {
    let rate = 2_000_000
    try await LineFleet.run(.wire(bitsPerSecond: rate)) { fleet in
      try Self.alarm.write(toFile: fleet.agents + "/datasets/siaga.toml", atomically: true, encoding: .utf8)
    } _: { fleet in
      // Its profile allows five times what the line carries: what the line does is what counts.
      let office = try await fleet.open("bkpsdm", .far)
      let neighbour = try await fleet.open("setda", .beside)
      var dice = Dice(seed: 7)
      try await fleet.line.cut()
      let (punches, looks, others) = (20_000, 6_000, 36_000)
      try await fleet.record(LineFleet.looks(looks, &dice), of: "camera", at: office)
      try await fleet.record(LineFleet.punches(punches, &dice), of: "attendance", at: office)
      // The personnel office reads every office's scans: these wait for it at the centre.
      try await fleet.record(LineFleet.punches(others, &dice), of: "attendance", at: neighbour)
      try await eventually("the neighbour's are at the centre") {
        try await neighbour.status().backlog?.changes == 0
      }
      let (sent, received) = (try await fleet.line.sentBytes(), try await fleet.line.receivedBytes())
      try await fleet.line.heal()

      var waits: [Duration] = []
      var receivedThen: [Int] = []
      for number in 1...3 {
        try await eventually("both directions are busy") {
          let left = try await office.status().backlog?.changes ?? 0
          let come = try await fleet.line.receivedBytes() - received
          return left < UInt64(punches + looks) * UInt64(10 - 2 * number) / 10 && come > 150_000 * number
        }
        try await fleet.record(["{\"nomor\":\(number)}"], of: "siaga", at: office)
        let start = ContinuousClock.now
        try await eventually("incident \(number) is at the centre", within: .seconds(60)) {
          try await fleet.centre.records("siaga", Page(limit: 10)).records.count == number
        }
        waits.append(ContinuousClock.now - start)
        receivedThen.append(try await fleet.line.receivedBytes() - received)
        #expect(try await office.status().backlog?.changes ?? 0 > 1000, "there is still a backlog to pass")
      }
      let start = ContinuousClock.now
      // Lane by lane: the samples, though recorded first, wait for the events.
      var samples: UInt64 = 0
      try await eventually("the events have gone", within: .seconds(120)) {
        let streams = try await office.status().streams ?? []
        guard streams.contains(where: { $0.dataset == "attendance" && $0.applied == $0.last }) else { return false }
        samples = streams.first { $0.dataset == "camera" }?.applied ?? 0
        return true
      }
      #expect(samples < UInt64(looks / 2), "samples wait for events")
      try await eventually("everything has come over", within: .seconds(120)) {
        guard try await office.status().backlog?.changes == 0 else { return false }
        let here = try await office.digest("attendance")
        let there = try await fleet.centre.digest("attendance", node: NodeName("bkpsdm"))
        return here.count == punches + others && here.digest == there.digest
      }
      let up = try await fleet.line.sentBytes() - sent
      let down = try await fleet.line.receivedBytes() - received
      #expect(receivedThen[1] < down * 9 / 10, "the feed was still on its way when the second one came")
      let words = waits.map { "\(Int($0 / .milliseconds(1))) ms" }.joined(separator: ", ")
      print(
        "incidents at the centre after \(words); \(up) bytes up and \(down) down, the rest of them in "
          + "\(ContinuousClock.now - start)")
      for wait in waits { #expect(wait < Self.incidentLimit) }
    }
  }

  @Test func `an office sends as much as its hours allow, most of it is used, and a change holds at once`() async throws
  {
    let cap = 500_000
    let hours = """
      [uplink]
      limit_bps = 100000000
      [[uplink.hours]]
      days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
      start = "00:00"
      end = "24:00"
      limit_bps = \(cap)
      """
    func rewrite(_ fleet: LineFleet, _ hours: String) throws {
      let path = fleet.agents + "/skpd/setda.toml"
      let text = try String(contentsOfFile: path, encoding: .utf8)
      let head = text[..<(text.firstRange(of: "[uplink]")?.lowerBound ?? text.endIndex)]
      try (head + hours + "\n").write(toFile: path, atomically: true, encoding: .utf8)
    }
    try await LineFleet.run(.wire(bitsPerSecond: nil)) { fleet in
      try rewrite(fleet, hours)
    } _: { fleet in
      let office = try await fleet.open("setda", .far)
      var dice = Dice(seed: 8)
      try await fleet.line.cut()
      try await fleet.record(LineFleet.punches(16_000, &dice), of: "attendance", at: office)
      let before = try await fleet.line.sentBytes()
      try await fleet.line.heal()
      try await eventually("the backlog flows") { try await fleet.line.sentBytes() > before + cap / 8 }
      let measured = try await rate(of: fleet.line, over: .seconds(10))
      print("\(Int(measured)) bit/s over 10 s, with all headers, of a cap of \(cap)")
      #expect(measured <= Double(cap) * 1.1)
      #expect(measured >= Double(cap) * 0.7)
      #expect(try await office.status().backlog?.changes ?? 0 > 0, "there was more to send all the time")

      try rewrite(fleet, "[uplink]\nlimit_bps = 100000000")
      var fastest = 0.0
      try await eventually("the rest goes without that limit") {
        fastest = max(fastest, try await rate(of: fleet.line, over: .milliseconds(250)))
        return try await office.status().backlog?.changes == 0
      }
      print("\(Int(fastest)) bit/s at most after the limit was lifted")
      #expect(fastest > Double(cap) * 2)
    }
  }

  /// Bit/s that leave the office, as the line counts them.
  private func rate(of line: ThinLine, over time: Duration) async throws -> Double {
    let (start, before) = (ContinuousClock.now, try await line.sentBytes())
    try await eventually("\(time) have passed") { ContinuousClock.now - start >= time }
    let bytes = try await line.sentBytes() - before
    return Double(bytes * 8) / ((ContinuousClock.now - start) / .seconds(1))
  }
}

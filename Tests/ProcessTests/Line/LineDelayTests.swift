import API
import Datasets
import Foundation
import TestSupport
import Testing

@testable import Diagnostics

/// A line by satellite: every answer comes a quarter of a second after what it answers.
@Suite(.serialized, .needs(ThinLine.relayNeeds)) struct LineDelayTests {
  private static let rate = 2_000_000
  private static let punches = 20_000
  /// Of the rate without delay.
  private static let leastShare = 0.8

  @Test func `a backlog goes over a round trip of 230 ms nearly as fast as over none`() async throws {
    try await LineFleet.run(.relay(seed: 5), silenceLimit: .seconds(6)) { fleet in
      let office = try await fleet.open("setda", .far)
      var dice = Dice(seed: 9)
      let near = try await drain(fleet, office, delay: 0, &dice)
      let far = try await drain(fleet, office, delay: 115, &dice)
      print("\(Int(near)) punches/s without delay, \(Int(far)) at 230 ms: \(far / near)")
      #expect(far >= near * Self.leastShare)
      #expect(try await fleet.centre.digest("attendance").count == 2 * Self.punches)
    }
  }

  /// Punches per second at which a backlog goes, in a session of its own, once it flows.
  ///
  /// - Parameter delay: one way, in milliseconds.
  private func drain(
    _ fleet: LineFleet, _ office: DemoDaemon, delay: Double, _ dice: inout Dice
  ) async throws -> Double {
    let relay = try fleet.line.relay
    try await relay.set(PacketRelay.Faults(dead: [.up, .down]))
    try await fleet.record(LineFleet.punches(Self.punches, &dice), of: "attendance", at: office)
    try await eventually("the session has ended") { try await office.status().state == "offline" }
    let before = try await relay.set(PacketRelay.Faults(delay: delay, rate: Self.rate)).up
    try await left(Self.punches * 9 / 10, at: office)
    let (start, startLeft) = (ContinuousClock.now, try await left(.max, at: office))
    let endLeft = try await left(Self.punches / 20, at: office)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    try await left(0, at: office)
    let after = try await relay.counts().up
    print(
      "delay \(delay) ms: \(seconds) s for \(startLeft - endLeft) punches; \(after.bytes - before.bytes) bytes, "
        + "\(after.full - before.full) of \(after.taken - before.taken) packets found the queue full")
    return Double(startLeft - endLeft) / seconds
  }

  /// Waits until no more than so many punches wait; returns how many do.
  @discardableResult
  private func left(_ count: Int, at office: DemoDaemon) async throws -> Int {
    var left = 0
    try await eventually("\(count) are left") {
      left = Int(try await office.status().backlog?.changes ?? 0)
      return left <= count
    }
    return left
  }
}

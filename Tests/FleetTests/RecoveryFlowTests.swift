import Agent
import Aggregator
import CentreStorage
import Collectors
import Datasets
import Foundation
import Machine
import NodeStorage
import Replication
import Sessions
import Settings
import TestSupport
import Testing
import Wire

/// The link, the centre or the node goes away in the middle, a key is revoked, a buffer is full.
@Suite(.serialized) struct RecoveryFlowTests {
  static func punches(_ range: Range<Int>) -> [[String: String]] {
    range.map { index in
      [
        "device": "X1", "pin": "\(index % 300)", "status": "\(index % 2)",
        "time": ZonedInstant(
          timestamp: Timestamp(milliseconds: 1_790_000_000_000 + Int64(index) * 1000), offsetMinutes: 480
        ).description,
      ]
    }
  }

  @Test func `what was accepted is at the centre once although the centre goes away again and again`() async throws {
    var fleet = try await Fleet()
    let directory = fleet.directory
    let port = String(fleet.endpoint.split(separator: ":").last ?? "")
    let office = try await Office("setda", of: fleet)
    try await eventually("the office is welcomed") { office.catalogue.current.profile != nil }
    let attendance = try #require(DatasetName("attendance"))
    var accepted = 0
    for round in 0..<4 {
      accepted += try await office.take("attendance", Self.punches(round * 1500..<(round + 1) * 1500)).accepted
      // The store is closed under whatever the hub is doing; batches that were not committed are sent again.
      await fleet.stop()
      fleet = try await Fleet(directory: directory, port: port)
    }
    #expect(accepted == 6000)
    let last = fleet
    try await eventually("all are at the centre", within: .seconds(60)) {
      try await last.store.digest(attendance).count == 6000
    }
    try await eventually("the node knows it") { try await office.store.status().backlogChanges == 0 }
    let here = try await office.store.digest(attendance)
    let there = try await last.store.digest(attendance, node: try last.node("setda"))
    #expect(here.digest == there.digest)
    await office.stop()
    await last.stop()
  }

  @Test func `a node that is reopened goes on where it was`() async throws {
    let fleet = try await Fleet()
    let attendance = try #require(DatasetName("attendance"))
    var office = try await Office("setda", of: fleet)
    let first = office
    try await eventually("the office is welcomed") { first.catalogue.current.profile != nil }
    for round in 0..<4 {
      await office.pauseLink()
      _ = try await office.take("attendance", Self.punches(round * 700..<(round + 1) * 700))
      await office.stop()
      office = try await Office("setda", of: fleet)
    }
    try await eventually("all are at the centre", within: .seconds(60)) {
      try await fleet.store.digest(attendance).count == 2800
    }
    await office.stop()
    await fleet.stop()
  }

  @Test func `a revoked node is told and heard no more, also on a live connection`() async throws {
    let fleet = try await Fleet()
    let office = try await Office("setda", of: fleet)
    let attendance = try #require(DatasetName("attendance"))
    try await eventually("the office is welcomed") { office.catalogue.current.profile != nil }
    _ = try await office.take("attendance", Self.punches(0..<10))
    try await eventually("they are at the centre") { try await fleet.store.digest(attendance).count == 10 }
    let node = try fleet.node("setda")
    await fleet.hub.revoked(node)
    #expect(try await fleet.store.revoke(node, now: MachineClock.wall()))
    try await fleet.hub.refreshAuthorised()
    try await eventually("the office knows that it is refused or cannot come in") { !(await office.isConnected) }
    _ = try await office.take("attendance", Self.punches(10..<20))
    #expect(try await fleet.store.digest(attendance).count == 10)
    #expect(try await office.store.status().backlogChanges == 10, "what was not sent is kept")
    await office.stop()
    await fleet.stop()
  }

  @Test func `a copy of a running machine begins anew from the last common place`() async throws {
    let fleet = try await Fleet()
    let attendance = try #require(DatasetName("attendance"))
    let first = try await Office("setda", of: fleet)
    try await eventually("the office is welcomed") { first.catalogue.current.profile != nil }
    _ = try await first.take("attendance", Self.punches(0..<10))
    try await eventually("they are acknowledged") { try await first.store.status().backlogChanges == 0 }
    await first.stop()
    let copy = first.directory + ".copy"
    try FileManager.default.copyItem(atPath: first.directory, toPath: copy)
    let running = try await Office("setda", of: fleet, random: 77)
    _ = try await running.take("attendance", Self.punches(10..<20))
    try await eventually("the running one goes on") { try await fleet.store.digest(attendance).count == 20 }
    await running.stop()
    // The older state goes on under the same incarnation, as a virtual machine that is set back does.
    try FileManager.default.removeItem(atPath: first.directory)
    try FileManager.default.moveItem(atPath: copy, toPath: first.directory)
    let resumed = try await Office("setda", of: fleet, random: 77)
    _ = try await resumed.take("attendance", Self.punches(30..<35))
    try await eventually("what it recorded is there beside what was") {
      try await fleet.store.digest(attendance).count == 25
    }
    try await eventually("it knows") { try await resumed.store.status().backlogChanges == 0 }
    let entry = try #require(try await fleet.store.node(try fleet.node("setda")))
    #expect(entry.state == .offline, "it is not fenced")
    #expect(entry.incarnation?.random != 77)
    await resumed.stop()
    await fleet.stop()
  }

  @Test func `a clone ends the session of the machine that it was copied from`() async throws {
    let fleet = try await Fleet()
    let first = try await Office("setda", of: fleet, random: 5)
    try await eventually("the office is welcomed") { first.catalogue.current.profile != nil }
    await first.stop()
    let copy = first.directory + ".copy"
    try FileManager.default.copyItem(atPath: first.directory, toPath: copy)
    let original = try await Office("setda", of: fleet, random: 6)
    try await eventually("it is back") { await original.isConnected }
    let node = try fleet.node("setda")
    // The clone says hello with a key of its own name and the parent whose child has spoken.
    let clone = try await Office("setda", of: fleet, directory: copy, random: 7)
    try await eventually("the office is fenced") { try await fleet.store.node(node)?.state == .fenced }
    try await eventually("neither reads on") {
      let isOriginalConnected = await original.isConnected
      let isCloneConnected = await clone.isConnected
      return !isOriginalConnected && !isCloneConnected
    }
    #expect(await fleet.hub.online()[node] == nil)
    await clone.stop()
    await original.stop()
    await fleet.stop()
  }

  @Test func `a second machine with the same disk and memory is refused while the first is alive, and reported`()
    async throws
  {
    let fleet = try await Fleet()
    let attendance = try #require(DatasetName("attendance"))
    let first = try await Office("setda", of: fleet)
    try await eventually("the office is welcomed") { first.catalogue.current.profile != nil }
    await first.stop()
    let copy = first.directory + ".copy"
    try FileManager.default.copyItem(atPath: first.directory, toPath: copy)
    // A snapshot of a running machine that was started beside it: key, disk and incarnation are the same.
    let original = try await Office("setda", of: fleet, random: 77)
    try await eventually("it is back") { await original.isConnected }
    let twin = try await Office("setda", of: fleet, directory: copy, random: 77)
    let node = try fleet.node("setda")
    try await eventually("it is reported") {
      try await fleet.store.fleetOverview(now: MachineClock.wall()).notices.contains {
        $0.node == node && $0.code == .duplicateSession
      }
    }
    #expect(await original.isConnected)
    #expect(await !twin.isConnected)
    _ = try await original.take("attendance", Self.punches(0..<10))
    try await eventually("the first goes on") { try await fleet.store.digest(attendance).count == 10 }
    #expect(try await fleet.store.node(node)?.state == .offline, "nobody is fenced for it")
    await twin.stop()
    await original.stop()
    await fleet.stop()
  }

  @Test func `a full buffer refuses rows and loses none that it took`() async throws {
    let fleet = try await Fleet()
    let attendance = try #require(DatasetName("attendance"))
    let office = try await Office(
      "setda", of: fleet, limits: NodeStoreLimits(quotaBytes: 1_500_000, reserveBytes: 0))
    try await eventually("the office is welcomed") { office.catalogue.current.profile != nil }
    await office.pauseLink()
    var accepted = 0
    var refusal: IntakeRefusal?
    for round in 0..<40 where refusal == nil {
      do {
        accepted += try await office.take("attendance", Self.punches(round * 500..<(round + 1) * 500)).accepted
      } catch let error as IntakeRefusal {
        refusal = error
      }
    }
    #expect(refusal?.code == .bufferFull)
    #expect(accepted > 0)
    try await office.resumeLink(of: fleet)
    let count = UInt64(accepted)
    try await eventually("everything that was taken is at the centre", within: .seconds(60)) {
      try await fleet.store.digest(attendance).count == count
    }
    await office.stop()
    await fleet.stop()
  }
}

import Datasets
import Foundation
import GRDB
import NodeStorage
import Simulation
import Storage
import Testing
import Wire

/// The real store on the simulated disk.
@Suite struct SimulatedDiskTests {
  @Test func `a store on it is byte for byte what it is on a file`() async throws {
    let directory = FileManager.default.temporaryDirectory.path + "/simulated-disk-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let disk = try SimulatedDisk()
    defer { disk.remove() }
    for path in [directory + "/agent.sqlite", disk.root + "agent.sqlite"] {
      // Once: GRDB looks for the log with the system's calls, and makes and drops a table where it finds none.
      let store = try await Fixture.open(path)
      for number in 0..<120 { try await Fixture.scan(number, in: store) }
      #expect(try await Fixture.pins(store).count == 120)
      try store.close()
      // What is in the log comes into the file, and the log goes with its last connection.
      let queue = try DatabaseQueue(path: path)
      _ = try await queue.writeWithoutTransaction { try $0.checkpoint(.truncate) }
      try queue.close()
    }
    let onFile = [UInt8](try Data(contentsOf: URL(fileURLWithPath: directory + "/agent.sqlite")))
    #expect(onFile.count > 100_000)
    #expect(disk.contents["agent.sqlite"] == onFile)
    #expect(Array(disk.contents.keys) == ["agent.sqlite"])
  }

  /// Opens the store and scans until the power goes.
  ///
  /// - Returns: the scans that were answered.
  private func scansUntilPowerGoes(_ disk: SimulatedDisk, atCall call: Int) async throws -> [Int] {
    var answered: [Int] = []
    disk.cutPower(afterCalls: call)
    var store: NodeStore?
    do {
      let opened = try await Fixture.open(disk.root + "agent.sqlite")
      store = opened
      for number in 0..<12 {
        try await Fixture.scan(number, in: opened)
        answered.append(number)
      }
      try opened.close()
    } catch {
      #expect(disk.isPowerOff, "call \(call): \(error)")
      try? store?.close()
    }
    return answered
  }

  @Test func `a power cut at any call leaves a store that opens and has what was answered`() async throws {
    var random = SplitMix64(seed: 29)
    var call = 1
    var cutCount = 0
    var isCut = true
    while isCut {
      let disk = try SimulatedDisk()
      let answered = try await scansUntilPowerGoes(disk, atCall: call)
      isCut = disk.isPowerOff
      cutCount += isCut ? 1 : 0
      disk.restart(&random)
      let store = try await Fixture.open(disk.root + "agent.sqlite", random: 9)
      let pins = Set(try await Fixture.pins(store))
      #expect(pins.isSuperset(of: answered.map(String.init)), "call \(call)")
      #expect(pins.count <= answered.count + 1, "call \(call)")
      try store.close()
      disk.remove()
      call += 1
    }
    #expect(cutCount > 60)
  }

  @Test func `a killed process keeps what it wrote, a machine without power may not`() async throws {
    let disk = try SimulatedDisk()
    defer { disk.remove() }
    let store = try await Fixture.open(disk.root + "agent.sqlite")
    try await Fixture.scan(1, in: store)
    disk.cutPower()
    await #expect(throws: StoreError.self) { try await Fixture.scan(2, in: store) }
    try? store.close()
    disk.restartProcess()
    let again = try await Fixture.open(disk.root + "agent.sqlite")
    #expect(try await Fixture.pins(again) == ["1"])
    try again.close()
  }

  @Test func `a full disk refuses and takes again what there is room for`() async throws {
    let disk = try SimulatedDisk()
    defer { disk.remove() }
    let store = try await Fixture.open(disk.root + "agent.sqlite")
    disk.limit(toBytes: 0)
    await #expect(throws: StoreError.self) { try await Fixture.scan(3, in: store) }
    disk.limit(toBytes: .max)
    try await Fixture.scan(4, in: store)
    #expect(try await Fixture.pins(store) == ["4"])
    try store.close()
  }

  @Test func `a sync that fails fails the commit, and what is not committed does not come back`() async throws {
    var random = SplitMix64(seed: 3)
    let disk = try SimulatedDisk()
    defer { disk.remove() }
    let store = try await Fixture.open(disk.root + "agent.sqlite")
    disk.failSyncs(1)
    await #expect(throws: StoreError.self) { try await Fixture.scan(1, in: store) }
    try await Fixture.scan(2, in: store)
    disk.cutPower()
    try? store.close()
    disk.restart(&random)
    let again = try await Fixture.open(disk.root + "agent.sqlite")
    #expect(try await Fixture.pins(again) == ["2"])
    try again.close()
  }

  @Test func `after a sync that failed and a restart of the program, what is answered outlives a power cut`()
    async throws
  {
    var random = SplitMix64(seed: 3)
    let disk = try SimulatedDisk()
    defer { disk.remove() }
    let store = try await Fixture.open(disk.root + "agent.sqlite")
    try await Fixture.scan(1, in: store)
    disk.failSyncs(1)
    await #expect(throws: StoreError.self) { try await Fixture.scan(2, in: store) }
    // Killed: its log holds the commit that failed, to be read by the next program and not to be found after a power cut.
    disk.cutPower()
    try? store.close()
    disk.restartProcess()
    let second = try await Fixture.open(disk.root + "agent.sqlite", random: 9)
    try await Fixture.scan(3, in: second)
    disk.cutPower()
    try? second.close()
    disk.restart(&random)
    let third = try await Fixture.open(disk.root + "agent.sqlite", random: 10)
    #expect(Set(try await Fixture.pins(third)).isSuperset(of: ["1", "3"]))
    try third.close()
  }

  @Test func `a disk that is set back holds what it held`() async throws {
    let disk = try SimulatedDisk()
    defer { disk.remove() }
    let store = try await Fixture.open(disk.root + "agent.sqlite")
    try await Fixture.scan(1, in: store)
    let copy = disk.contents
    try await Fixture.scan(2, in: store)
    disk.cutPower()
    try? store.close()
    disk.replace(with: copy)
    let again = try await Fixture.open(disk.root + "agent.sqlite")
    #expect(try await Fixture.pins(again) == ["1"])
    try again.close()
  }
}

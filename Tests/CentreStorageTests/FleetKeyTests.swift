import CentreStorage
import Datasets
import TestSupport
import Testing
import Wire

@Suite struct FleetKeyTests {
  private func welcome(_ test: TestStore, _ office: Office) async throws -> Welcome {
    guard
      case .welcomed(let welcome, _) = try await test.store.admit(
        node: office.node, hello: office.hello(), now: start
      ).decision
    else { throw TestFailure("\(office.node) was not welcomed") }
    return welcome
  }

  @Test func `a new version goes to those that write records, the newest first, also after a reopening`() async throws {
    let test = try await TestStore.ready()
    let writer = try await test.office("kec-citta")
    let reader = try await test.office("bkpsdm", random: 60)
    let before = try await welcome(test, writer)
    #expect(before.fleetKeys.map(\.version) == [1])
    let readerRights = test.store.rules(of: reader.node).rights
    #expect(
      try await test.store.rotateFleetKey(after: 1, secret: [UInt8](repeating: 5, count: 32), now: start) == 2)
    // Sessions that stand are told by this.
    #expect(test.store.rules(of: writer.node).rights != before.rightsVersion)
    #expect(test.store.rules(of: reader.node).rights == readerRights)
    let after = try await welcome(test, writer)
    #expect(after.fleetKeys.map(\.version) == [2, 1])
    #expect(after.fleetKeys.last == before.fleetKeys.first)
    #expect(after.rightsVersion == test.store.rules(of: writer.node).rights)
    #expect(try await welcome(test, reader).fleetKeys.isEmpty)
    #expect(try await test.store.fleetKeyHolders().map(\.text) == ["kec-citta"])
    try await test.reopen()
    #expect(test.store.rules(of: writer.node).rights == after.rightsVersion)
    #expect(try await welcome(test, writer).fleetKeys == after.fleetKeys)
    #expect(try await test.store.fleetKeyVersions().map(\.version) == [2, 1])
  }

  @Test func `an order that is repeated makes no second version, and a revoked office holds none`() async throws {
    let test = try await TestStore.ready()
    let office = try await test.office("kec-citta")
    let secret = [UInt8](repeating: 5, count: 32)
    #expect(try await test.store.rotateFleetKey(after: 1, secret: secret, now: start) == 2)
    #expect(try await test.store.rotateFleetKey(after: 1, secret: secret, now: start) == nil)
    #expect(try await test.store.fleetKeyVersions().count == 2)
    try await test.store.revoke(office.node, now: start)
    #expect(try await test.store.fleetKeyHolders().isEmpty)
  }
}

import Datasets
import Foundation
import NodeStorage
import Replication
import Storage
import Testing
import Wire

@Suite struct OpeningTests {
  @Test func `each opening mints the next incarnation with its parent and where that ended`() async throws {
    let temporary = try TemporaryStore()
    let first = try await temporary.open(random: 11)
    _ = try await first.record(
      Fixture.attendance, rows: (0..<3).map { Fixture.punch($0) }, now: Fixture.clock(1))
    try first.close()
    let second = try await temporary.open(random: 22)
    #expect(second.incarnation == Incarnation(generation: 2, random: 22))
    let hello = try await second.hello(
      softwareVersion: "1", clock: Fixture.clock(2), report: NodeReport())
    #expect(hello.lineage.map(\.incarnation.random) == [22, 11])
    #expect(hello.lineage.first?.parent == first.incarnation)
    let end = try #require(hello.lineage.first?.ends.first { $0.dataset == Fixture.attendance })
    #expect(end.last == Fixture.sequence(3))
    #expect(end.sealed == .start)
    let stream = try #require(hello.streams.first { $0.dataset == Fixture.attendance })
    #expect(stream.next == Fixture.sequence(4))
  }

  @Test func `a restart that neither spoke nor recorded leaves no incarnation behind`() async throws {
    let temporary = try TemporaryStore()
    for random in 1...200 { try await temporary.open(random: UInt64(random)).close() }
    let store = try await temporary.open(random: 999)
    let hello = try await store.hello(
      softwareVersion: "1", clock: Fixture.clock(2), report: NodeReport())
    #expect(hello.lineage.map(\.incarnation) == [Incarnation(generation: 1, random: 999)])
  }

  @Test func `an incarnation that has spoken stays, and hello goes back to the last that a welcome named`()
    async throws
  {
    let temporary = try TemporaryStore()
    for random: UInt64 in [1, 2, 3] {
      let store = try await temporary.open(random: random)
      _ = try await store.hello(softwareVersion: "1", clock: Fixture.clock(2), report: NodeReport())
      if random == 2 { try await store.welcomed(store.incarnation) }
      try store.close()
    }
    let store = try await temporary.open(random: 4)
    let hello = try await store.hello(
      softwareVersion: "1", clock: Fixture.clock(2), report: NodeReport())
    #expect(hello.lineage.map(\.incarnation.random) == [4, 3, 2])
    #expect(hello.lineage.map(\.incarnation.generation) == [4, 3, 2])
  }

  @Test func `the store of another node is refused by name`() async throws {
    let temporary = try TemporaryStore()
    try await temporary.open().close()
    let error = await #expect(throws: StoreError.self) { try await temporary.open(node: Fixture.otherNode) }
    #expect(error?.code == .unusable)
    #expect(error?.message.contains("kec-lalabata") == true)
  }

  @Test func `commits are durable: synchronous is FULL on the writer and a check writes`() async throws {
    let temporary = try TemporaryStore()
    let store = try await temporary.open()
    #expect(try await store.writerSynchronous() == 2)
    try await store.check(now: Fixture.clock(5))
  }

  @Test func `what was recorded is there after the store is opened again without having been closed`()
    async throws
  {
    let temporary = try TemporaryStore()
    let first = try await temporary.open(random: 1)
    _ = try await first.record(
      Fixture.attendance, rows: (0..<50).map { Fixture.punch($0) }, now: Fixture.clock(1))
    _ = try await first.add([Fixture.person(1)])
    // The first connection stays open, as if its process had been killed with its files as they are.
    let second = try await temporary.open(random: 2)
    #expect(try await second.stream(Fixture.attendance).last == Fixture.sequence(50))
    #expect(try await second.person(1)[Fixture.field("nama")] == .text("ORANG 1"))
    withExtendedLifetime(first) {}
  }

  @Test func `documents are kept, replaced and forgotten, and hello has their hashes`() async throws {
    let store = try await TemporaryStore().open()
    try await store.storeDocuments([
      Document(name: "population", text: "a"), Document(name: "profile", text: "b"),
    ])
    try await store.storeDocuments([
      Document(name: "population", text: ""), Document(name: "profile", text: "c"),
    ])
    #expect(try await store.documents() == [Document(name: "profile", text: "c")])
    let hello = try await store.hello(
      softwareVersion: "1", clock: Fixture.clock(2), report: NodeReport())
    #expect(hello.documents.map(\.name) == ["profile"])
  }

  @Test func `a dataset that is no longer given keeps its rows, and a reserved name is refused`() async throws {
    let temporary = try TemporaryStore()
    let store = try await temporary.open()
    _ = try await store.record(Fixture.attendance, rows: [Fixture.punch(1)], now: Fixture.clock(1))
    try await store.install([Fixture.cameraDefinition], profile: Fixture.profile)
    await #expect(throws: StoreError.self) { try await store.occurrences(Fixture.attendance) }
    try await store.install(Fixture.definitions, profile: Fixture.profile)
    #expect(try await store.occurrences(Fixture.attendance).elements.count == 1)
    var reserved = Fixture.cameraDefinition
    reserved.name = Fixture.dataset("camera_variant")
    let refused = try await store.install([reserved] + Fixture.definitions, profile: Fixture.profile)
    #expect(refused.map(\.dataset) == [reserved.name])
    #expect(try await store.occurrences(Fixture.attendance).elements.count == 1)
  }

  @Test func `a box that lost its power a hundred times while it was cut off can still greet the centre`()
    async throws
  {
    let temporary = try TemporaryStore()
    for random: UInt64 in 1...100 {
      let store = try await temporary.open(random: random)
      _ = try await store.record(
        Fixture.attendance, rows: [Fixture.punch(Int(random))], now: Fixture.clock(1))
      if random == 1 {
        _ = try await store.hello(softwareVersion: "1", clock: Fixture.clock(2), report: NodeReport())
        try await store.welcomed(store.incarnation)
      }
      try store.close()
    }
    let store = try await temporary.open(random: 101)
    let hello = try await store.hello(
      softwareVersion: "1", clock: Fixture.clock(2), report: NodeReport())
    #expect(hello.lineage.map(\.incarnation.random) == (1...101).reversed())
    #expect(try NodeMessage(bytes: NodeMessage.hello(hello).bytes) == .hello(hello))
  }

  @Test func `the last text that could be read is kept beside a newer one`() async throws {
    let store = try await TemporaryStore().open()
    try await store.storeDocuments([Document(name: "population", text: "a")])
    try await store.keepReadable([Document(name: "population", text: "a")])
    try await store.storeDocuments([Document(name: "population", text: "b")])
    // What was read meanwhile is not what lies there now.
    try await store.keepReadable([Document(name: "population", text: "a")])
    #expect(
      try await store.storedDocuments() == [StoredDocument(name: "population", text: "b", readable: "a")])
  }

  @Test func `nobody else may read the store, nor its log`() async throws {
    let temporary = try TemporaryStore()
    // Of an earlier version, or put there by hand.
    #expect(
      FileManager.default.createFile(
        atPath: temporary.path, contents: nil, attributes: [.posixPermissions: 0o644]))
    let store = try await temporary.open()
    _ = try await store.add([Fixture.person(1)])
    for suffix in ["", "-wal", "-shm"] {
      let attributes = try FileManager.default.attributesOfItem(atPath: temporary.path + suffix)
      #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600, "\(suffix)")
    }
  }
}

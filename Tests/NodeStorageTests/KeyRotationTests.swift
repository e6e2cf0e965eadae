import Datasets
import NodeStorage
import Replication
import Testing
import Wire

/// The fleet key gets a new version: who is known under the one before is nobody new.
@Suite struct KeyRotationTests {
  private static let second = FleetKey(version: 2, secret: [UInt8](repeating: 8, count: 32))

  private func rotated(_ source: String = ImportRun.defaultSource, kind: ImportRun.Kind = .file) -> ImportRun {
    // In any order: the newest makes ids.
    Fixture.run(source, kind: kind, keys: [Fixture.fleetKey, Self.second].compactMap(\.self))
  }

  private func version(_ id: RecordID?) -> UInt8? { id?.bytes.first }

  @Test func `people known under the first version keep their ids, new ones get the second's`() async throws {
    let store = try await TemporaryStore().open()
    let known = try await store.add([Fixture.person(1)])
    let again = try await store.add([Fixture.person(1, ["alamat": .text("JL. BARU")]), Fixture.person(2)], rotated())
    #expect(again.records.first == known.records.first)
    #expect(again.created == 1 && again.changed == 1)
    #expect(version(known.records.first) == 1)
    #expect(version(again.records.last) == 2)
  }

  @Test func `who was deleted does not come back under a new id`() async throws {
    let store = try await TemporaryStore().open()
    let id = try #require(try await store.add([Fixture.person(1)]).records.first)
    let view = try await store.person(1)
    _ = try await store.setLifecycle(
      Fixture.population, id: id, .deleted, version: view.version, reason: nil, now: Fixture.clock(3))
    let again = try await store.add([Fixture.person(1)], rotated(), at: 4)
    #expect(again.created == 0)
    #expect(again.records.allSatisfy { $0 == id })
  }

  @Test func `rows without a number of their own are told by their content under either version`() async throws {
    let store = try await TemporaryStore().open()
    let twins = (1...2).map { line in
      ImportRow(
        ValidRow(
          line: line,
          fields: [
            (Fixture.field("nama"), .text("BAYI")), (Fixture.field("nama_ibu"), .text("AMINAH")),
            (Fixture.field("kode_wilayah"), .text("73.12.04.1001")),
          ]))
    }
    let known = try await store.add(twins, Fixture.run("desa"))
    #expect(known.created == 2)
    let again = try await store.add(twins, rotated("desa"), at: 2)
    #expect(again.unchanged == 2 && again.records == known.records)
    // The third of them is new.
    let third = try await store.add(twins + [twins[0]], rotated("desa"), at: 3)
    #expect(third.created == 1 && version(third.records.last) == 2)
    #expect(try await store.add(twins + [twins[0]], rotated("desa"), at: 4).records == third.records)
  }

  @Test func `a request that is repeated after the rotation is the same request`() async throws {
    let store = try await TemporaryStore().open()
    let row = ImportRow(
      ValidRow(
        line: 1,
        fields: [(Fixture.field("nama"), .text("BAYI")), (Fixture.field("kode_wilayah"), .text("73.12.04.1001"))]))
    let first = try await store.add([row], Fixture.run(kind: .request(idempotencyKey: "k1")))
    let again = try await store.add([row], rotated(kind: .request(idempotencyKey: "k1")), at: 2)
    #expect(again.records == first.records && again.created == 0)
    #expect(
      version(try await store.add([row], rotated(kind: .request(idempotencyKey: "k2")), at: 3).records.first) == 2)
  }
}
